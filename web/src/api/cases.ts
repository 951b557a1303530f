// Findings, cases, notices.
import { body, call, client, type Page } from './http'
import type { components } from './schema'

export type CaseItem = components['schemas']['CaseItem']
export type CaseFile = components['schemas']['CaseFile']
export type FindingItem = components['schemas']['FindingItem']
export type FindingView = components['schemas']['FindingView']
export type OpenMove = components['schemas']['OpenMove']
export type BoardCount = components['schemas']['BoardCount']
export type CaseWords = components['schemas']['CaseWords']
export type Proof = components['schemas']['Proof']
export type PublicList = components['schemas']['PublicList']
export type Request = components['schemas']['Request']

export const board = () => body<{ counts: BoardCount[] }>(client.GET('/api/v1/case-board'))
/** A page of the cases of a filter (a query string without cursor). */
export const listCases = (filter: string, limit: number, cursor?: string) => {
  const q = new URLSearchParams(filter)
  q.set('limit', String(limit))
  if (cursor) q.set('cursor', cursor)
  return call<Page<CaseItem>>('GET', `/api/v1/cases?${q}`)
}
/** A page of the public list of overdue cases. */
export const publicList = (cursor?: string) => call<PublicList>('GET', `/api/v1/public-list?limit=100${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`)
export const PUBLIC_CSV = '/api/v1/public-list.csv'
export const getCase = (uid: string) => call<CaseFile>('GET', `/api/v1/cases/${uid}`)
export const moveCase = (uid: string, ask: Record<string, unknown>) => call<CaseItem>('POST', `/api/v1/cases/${uid}/moves`, ask)
export const fileChild = (uid: string, ask: { version: number; hazard: string; text: string }) => call<CaseItem>('POST', `/api/v1/cases/${uid}/children`, ask)
export const urgeCase = (uid: string, reason: unknown) => call<CaseItem>('POST', `/api/v1/cases/${uid}/urge`, { reason: reason ?? '' })
export const askRequest = (uid: string, ask: Record<string, unknown>) => call<Request>('POST', `/api/v1/cases/${uid}/requests`, ask)
export const decideRequest = (uid: string, ask: Record<string, unknown>) => call<Request>('POST', `/api/v1/case-requests/${uid}/decision`, ask)
export const listFindings = (filter: string, limit: number, cursor?: string) => {
  const q = new URLSearchParams(filter)
  q.set('limit', String(limit))
  if (cursor) q.set('cursor', cursor)
  return call<Page<FindingItem>>('GET', `/api/v1/findings?${q}`)
}
export const getFinding = (uid: string) => call<FindingView>('GET', `/api/v1/findings/${uid}`)
export const report = (finding: Record<string, unknown>) => call<FindingView>('POST', '/api/v1/findings', finding)
export const moveFinding = (uid: string, ask: Record<string, unknown>) => call<{ finding: FindingItem; case: string | null }>('POST', `/api/v1/findings/${uid}/moves`, ask)
export const catalogue = () => call<CaseWords>('GET', '/api/v1/hazard-catalogue')

/** Adds a photo or document to a finding or case. */
export function addFile(of: 'findings' | 'cases', uid: string, file: File, purpose: string): Promise<Proof> {
  const form = new FormData()
  form.set('purpose', purpose)
  form.set('file', file)
  return call<Proof>('POST', `/api/v1/${of}/${uid}/files`, form)
}
export const proofAddress = (uid: string, size?: 'thumb' | 'public') => `/api/v1/case-files/${uid}${size ? `?size=${size}` : ''}`

export interface NoticeItem { uid: string; kind: string; case_uid: string | null; plan_uid: string | null; urgent: boolean; title: string; body: string; at: string; read_at: string | null }
export const notices = (limit: number) => call<{ items: NoticeItem[]; unread: number }>('GET', `/api/v1/notices?limit=${limit}`)
export const readNotice = (uid: string) => call<unknown>('POST', `/api/v1/notices/${uid}/read`, {})
export const readNotices = () => call<unknown>('POST', '/api/v1/notices/read', {})
