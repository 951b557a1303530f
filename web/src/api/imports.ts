// Files that are imported: sent, looked at, done by a job.
import { call, type Page } from './http'

export interface Upload {
  file: string
  name: string
  size: number
}
/** Which column fills which field. */
export interface Mapping {
  columns?: Record<string, string[]>
  constants?: Record<string, string>
  values?: Record<string, Record<string, string>>
  crs?: string
  axes?: string
  code_scheme?: string
}
export interface ImportForm {
  file: string
  what: 'covers' | 'pipes' | 'responsibilities'
  crs?: string
  axes?: string
  source?: string
  unit?: string
  area?: string
  kind?: string
  layer?: string
  map?: Mapping
  dry_run?: boolean
}
export interface Suggestion {
  target: string
  name: string
  column: string
  certainty: 'certain' | 'likely' | 'guess'
  reason: string
}
export interface Notice {
  code: string
  message: string
  rows: number
  values?: Record<string, number>
}
export interface RowFinding {
  code: string
  column: string
  value: string
  problem: string
  right: string
}
export interface Totals {
  read: number
  imported: number
  updated: number
  unchanged: number
  duplicates: number
  rejected: number
}
export interface Preview extends Totals {
  file: string
  source: string
  format: string
  layer: string
  crs: string
  mapping: Suggestion[]
  mapping_used: Mapping
  unused_columns: string[]
  notes: Notice[]
  refused?: { code: string; message: string }
  columns: string[]
  rows: number | null
  samples: {
    row: number
    cells: Record<string, unknown>
    well: Record<string, unknown> | null
    findings: RowFinding[]
  }[]
}
export interface ImportRun {
  uid: string
  job_uid: string | null
  source: string
  file_hash: string
  file_name: string
  what: string
  options: ImportForm
  dry_run: boolean
  state: 'running' | 'done' | 'failed' | 'cancelled'
  notes: Notice[]
  actor: string
  started_at: string
  ended_at: string | null
  totals: Totals
  job?: {
    uid: string
    state: string
    progress: { done?: number; total?: number | null; report?: Preview } | null
    error: string | null
  } | null
}
export interface ProblemRow {
  row: number
  verdict: 'duplicate' | 'rejected'
  findings: RowFinding[]
  cells: Record<string, unknown>
}

export function upload(file: File): Promise<Upload> {
  const form = new FormData()
  form.append('file', file)
  return call<Upload>('POST', '/api/v1/uploads', form)
}
export const preview = (form: ImportForm) => call<Preview>('POST', '/api/v1/imports/preview', form)
export const begin = (form: ImportForm) => call<{ import: string; job: string }>('POST', '/api/v1/imports', form)
export const listImports = (limit = 50) => call<Page<ImportRun>>('GET', `/api/v1/imports?limit=${limit}`)
export const getImport = (uid: string) => call<ImportRun>('GET', `/api/v1/imports/${uid}`)
export const problemRows = (uid: string, cursor?: string) =>
  call<Page<ProblemRow>>('GET', `/api/v1/imports/${uid}/rows?limit=100${cursor ? `&cursor=${cursor}` : ''}`)
export const errorsAddress = (uid: string, format: string) => `/api/v1/imports/${uid}/errors?format=${format}`
export const cancelImport = (uid: string) => call<unknown>('POST', `/api/v1/imports/${uid}/cancel`)
export const resumeImport = (uid: string) => call<unknown>('POST', `/api/v1/imports/${uid}/resume`)
