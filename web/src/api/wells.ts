// The file of a well: the document leaves these bodies open, so their shapes stand here.
import { body, call, client, type Page } from './http'
import type { components } from './schema'

export type Attachment = components['schemas']['Attachment']
export type Entry = components['schemas']['Entry']
export type QueueItem = components['schemas']['QueueItem']
export type Responsibility = components['schemas']['Responsibility']
export type Value = string | number | boolean | null

/** What wells and covers have in common; the fields by name. */
export interface Record_ {
  uid: string
  version: number
  kind: string
  kind_name: string
  lifecycle: string
  lifecycle_name: string
  demo: boolean
  lng: number
  lat: number
  created_at: string
  updated_at: string
  [field: string]: unknown
}
export interface Well extends Record_ {
  road: string | null
  address: string | null
  name: string | null
  area: string | null
  area_name: string | null
  source: { x: number; y: number; crs: string; transform: string | null } | null
}
export interface Cover extends Record_ {
  condition: string
  condition_name: string
  problem: string | null
  problem_name: string | null
  predecessor_uid: string | null
  expires_on: string | null
}
export interface CodeRow {
  cover_uid: string
  scheme: string
  code: string
  list_version: string | null
  state: string
  issued_at: string
  retired_at: string | null
}
export interface Label {
  uid: string
  cover_uid: string
  number: string
  content: string | null
  material: string | null
  state: string
  fixed_on: string | null
  removed_on: string | null
  version: number
}
export interface FallGuard {
  uid: string
  kind: string
  quantity: number
  installed_on: string | null
  tested_load_kg: number | null
  tested_on: string | null
  next_test_on: string | null
  replace_on: string | null
  removed_on: string | null
  note: string | null
  version: number
}
export interface Finding {
  code: string
  cover_uid: string | null
  message: string
}
export interface Suggestion {
  role: string
  unit: string
  unit_name: string
  basis: string
}
export interface WellFile {
  well: Well
  covers: Cover[]
  codes: CodeRow[]
  labels: Label[]
  fall_guards: FallGuard[]
  responsibilities: Responsibility[]
  attachments: Attachment[]
  pipes: { uid: string; [field: string]: unknown }[]
  ownership_queue: { since: string; due_on: string; days_left: number } | null
  findings: Finding[]
  suggestions: Suggestion[]
  event_seq: number
}
/** A move of the life cycle that the cover's stage allows. */
export interface Move {
  move: string
  name: string
  to: string
  to_name: string
  needs: { code: string; name: string }[]
  clause: string
}
export interface CoverDetail extends Cover {
  moves: Move[]
}

const path = (uid: string, rest = '') => `/api/v1/wells/${uid}${rest}`

export const getWell = (uid: string) => call<WellFile>('GET', path(uid))
export const createWell = (form: unknown) => call<WellFile>('POST', '/api/v1/wells', form)
export const patchWell = (uid: string, form: unknown, once?: string) => call<Well>('PATCH', path(uid), form, once)
export const getCover = (uid: string) => call<CoverDetail>('GET', `/api/v1/covers/${uid}`)
export const patchCover = (uid: string, form: unknown, once?: string) => call<Cover>('PATCH', `/api/v1/covers/${uid}`, form, once)
export const addCover = (well: string, form: unknown) => call<Cover>('POST', path(well, '/covers'), form)
export const moveCover = (uid: string, form: unknown) => call<Cover>('POST', `/api/v1/covers/${uid}/lifecycle`, form)
export const approveAbandonment = (uid: string, basis: string) =>
  call<unknown>('POST', `/api/v1/covers/${uid}/abandonment/approve`, { basis })
export const giveCode = (uid: string, form: unknown, once?: string) => call<CodeRow>('POST', `/api/v1/covers/${uid}/codes`, form, once)
export const retireCode = (uid: string, code: string, form: unknown) =>
  call<unknown>('POST', `/api/v1/covers/${uid}/codes/${encodeURIComponent(code)}/retire`, form)
export const addLabel = (uid: string, form: unknown) => call<unknown>('POST', `/api/v1/covers/${uid}/labels`, form)
export const changeLabel = (uid: string, form: unknown) => call<unknown>('POST', `/api/v1/labels/${uid}/state`, form)
export const addGuard = (well: string, form: unknown) => call<unknown>('POST', path(well, '/fall-guards'), form)
export const testGuard = (uid: string, form: unknown) => call<unknown>('POST', `/api/v1/fall-guards/${uid}/test`, form)
export const removeGuard = (uid: string, form: unknown) =>
  call<unknown>('POST', `/api/v1/fall-guards/${uid}/remove`, form)
export const assign = (well: string, form: unknown, once?: string) => call<unknown>('POST', path(well, '/responsibilities'), form, once)
export const endResponsibility = (uid: string, form: unknown) =>
  call<unknown>('POST', `/api/v1/responsibilities/${uid}/end`, form)
export const removeAttachment = (uid: string, form: unknown) =>
  call<unknown>('POST', `/api/v1/attachments/${uid}/remove`, form)
export const timeline = (uid: string, cursor?: string, limit = 50) =>
  body<Page<Entry>>(client.GET('/api/v1/wells/{uid}/timeline', { params: { path: { uid }, query: { limit, cursor } } }))
export const ownershipQueue = (overdue: boolean, cursor?: string) => {
  const q = new URLSearchParams({ limit: '100' })
  if (overdue) q.set('overdue', 'true')
  if (cursor) q.set('cursor', cursor)
  return call<Page<QueueItem>>('GET', `/api/v1/ownership-queue?${q}`)
}

/** Attaches a file to a well, or to something of it. */
export function attach(well: string, file: File, about: Record<string, string>, once?: string): Promise<Attachment> {
  const form = new FormData()
  for (const [name, value] of Object.entries(about)) if (value) form.append(name, value)
  form.append('file', file)
  return call<Attachment>('POST', path(well, '/attachments'), form, once)
}
export const fileAddress = (hash: string, size?: 'thumb' | 'public') =>
  `/api/v1/files/${hash}${size ? `?size=${size}` : ''}`
export const pdfAddress = (uid: string) => path(uid, '/file.pdf')
