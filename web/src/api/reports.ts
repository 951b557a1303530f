// Reports: 附件1, 附件2, the indicators, the ranking; and the templates of the annexes.
import { call, type Page } from './http'
import type { components } from './schema'

export type Listed = components['schemas']['Listed']
export type Comparison = components['schemas']['Comparison']

export interface AnnexColumn {
  key: string
  zh: string
  en: string
  group_zh: string | null
  group_en: string | null
  type: 'integer' | 'text' | 'decimal'
}
export interface AnnexRow {
  key: string
  label: string
  /** Address of the covers behind each figure, by figure or column; null where there are none. */
  queries: Record<string, string | null>
  [column: string]: unknown
}
export interface AnnexCheck {
  row: string
  message_zh: string
  message_en: string
}
export interface Annex {
  uid: string
  title: string
  as_of: string
  division: string
  by: string[]
  include_demo: boolean
  query: string
  counted: string[]
  made_by: string
  made_at: string
  event_seq: number
  digest: string
  columns: AnnexColumn[]
  rows: AnnexRow[]
  total: AnnexRow
  checks: AnnexCheck[]
  notes: string[]
}
export type Kind = 'annex1' | 'annex2' | 'indicators'
export interface Closing { from: string; to: string; digest: string; closed_by: string; closed_name: string; closed_at: string }
/** A cell filled in by hand: the last value, by whom and when. */
export interface FilledCell { span: Span; row: string; cell: string; value: string; filled_by: string; filled_name: string; filled_at: string }
/** What every table about a period says of itself. */
export interface OfPeriod {
  kind: Kind
  uid: string | null
  title: string
  from: string
  /** First day after it. */
  to: string
  /** The moment looked at; the end of the period when it is over. */
  at: string
  over: boolean
  division: string
  by: string[]
  within: { unit?: string; area?: string; kind?: string }
  include_demo: boolean
  made_by: string | null
  made_at: string
  digest: string
  closing: Closing | null
  notes: string[]
}
export type Span = 'period' | 'cumulative'
export interface Annex2Column extends AnnexColumn {
  /** Filled in by hand, under the key `cell`. */
  manual: boolean
  figure: string | null
  cell: string | null
}
export interface Spanned {
  cells: Record<string, unknown>
  figures: Record<string, number>
  /** Address of the rows behind each figure. */
  queries: Record<string, string>
}
export interface Annex2Row extends Record<Span, Spanned> {
  key: string
  label: string
}
export interface Annex2 extends OfPeriod {
  columns: Annex2Column[]
  rows: Annex2Row[]
  total: Annex2Row
  cells: FilledCell[]
  checks: (AnnexCheck & { span: Span })[]
}
export interface Definition {
  key: string
  zh: string
  en: string
  formula: string
  /** Why it is not computed. */
  lacks: string | null
  lacks_en: string | null
  /** About covers and hazards, not about cases. */
  of_covers: boolean
  /** What it should reach, percent. */
  target: number | null
  counts: { numerator: string; numerator_zh: string; numerator_en: string; denominator: string; denominator_zh: string; denominator_en: string } | null
}
export interface ScoreItem { key: string; name: string; name_en: string; weight: number; indicator: string; scoring: 'share' | 'complement' }
export interface Score { pack: { version: number; effective_from: string; source: string; note: string }; items: ScoreItem[] }
export interface IndicatorRow {
  key: string
  label: string
  counts: Record<string, number>
  queries: Record<string, string>
  indicators: Record<string, { numerator: number; denominator: number; percent: number | null }>
  score: { items: Record<string, number | null>; total: number | null; judged: number; rank: number | null }
}
export interface Indicators extends OfPeriod {
  score: Score
  indicators: Definition[]
  rows: IndicatorRow[]
  total: IndicatorRow
}
export interface Rankings { from: string; to: string; at: string; over: boolean; score: Score; notes: string[]; rankings: { by: string[]; places: IndicatorRow[] }[] }
export const showStatistics = <T>(kind: 'annex2' | 'indicators' | 'ranking', query: string) => call<T>('GET', `/api/v1/statistics/${kind}?${query}`)
export const keepReport = (kind: 'annex2' | 'indicators', ask: Record<string, unknown>) => call<{ uid: string }>('POST', `/api/v1/reports/${kind}`, ask)
export const fillCell = (uid: string, cell: { row: string; column: string; span: Span; value: unknown }) => call<Annex2>('PUT', `/api/v1/reports/${uid}/cells`, cell)
export const closeReport = (uid: string) => call<OfPeriod>('POST', `/api/v1/reports/${uid}/close`, {})

/** What a report is asked with; the cover filter beside it. */
export type AnnexQuery = { as_of?: string; division?: string; by?: string[]; include_demo?: boolean } & Record<string, unknown>

export const draw = (query: AnnexQuery) => call<Annex>('POST', '/api/v1/reports/annex1', query)
/** The kept reports of a kind. */
export const listReports = (kind: Kind, cursor?: string) =>
  call<Page<Listed>>('GET', `/api/v1/reports?kind=${kind}&limit=50${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`)
export const getReport = <T = Annex>(uid: string) => call<T>('GET', `/api/v1/reports/${uid}`)
export const checkReport = (uid: string) => call<Comparison>('POST', `/api/v1/reports/${uid}/check`)
export const reportFile = (uid: string, format: string) => `/api/v1/reports/${uid}/file?format=${format}`

export interface TemplateColumn extends AnnexColumn {
  visible: boolean
  value: { field?: string; figure?: string; sum?: string[] }
}
export interface Described {
  template: {
    pack: { id: string; version: number; effective_from: string; source: string; note: string }
    title_zh: string
    title_en: string
    columns: TemplateColumn[]
  }
  versions: { version: number; effective_from: string; source: string }[]
  figures: [string, string, string][]
  fields: string[]
}
export const getTemplate = (key: string) => call<Described>('GET', `/api/v1/templates/${key}`)
export const putTemplate = (key: string, change: unknown) => call<unknown>('PUT', `/api/v1/templates/${key}`, change)
