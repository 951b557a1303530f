// 附件1 and its template.
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
  type: 'integer' | 'text' | 'number'
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
/** What a report is asked with; the cover filter beside it. */
export type AnnexQuery = { as_of?: string; division?: string; by?: string[]; include_demo?: boolean } & Record<string, unknown>

export const draw = (query: AnnexQuery) => call<Annex>('POST', '/api/v1/reports/annex1', query)
/** The kept annex 1; other kinds of reports have pages of their own. */
export const listReports = (cursor?: string) =>
  call<Page<Listed>>('GET', `/api/v1/reports?kind=annex1&limit=50${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`)
export const getReport = (uid: string) => call<Annex>('GET', `/api/v1/reports/${uid}`)
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
