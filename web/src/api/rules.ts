// Rule packs and what goes to other systems.
import { call } from './http'
import type { components } from './schema'

export type RuleItem = components['schemas']['RuleItem']
export type RuleVersion = components['schemas']['RuleVersion']
export type RuleView = Omit<components['schemas']['RuleView'], 'pack'> & { pack: Json }
export type OutboxItem = components['schemas']['OutboxItem']
/** The content of a pack. */
export type Json = Record<string, unknown>
/** A new version: on top of which, what, from when, and what it rests on. */
export interface RuleChange { version: number; pack: Json; effective_from: string; source: string; note: string }

const path = (kind: string, key: string) => `/api/v1/rules/${encodeURIComponent(kind)}/${encodeURIComponent(key)}`
export const listRules = async () => (await call<{ items: RuleItem[] }>('GET', '/api/v1/rules')).items
export const getRule = (kind: string, key: string, version?: number) => call<RuleView>('GET', path(kind, key) + (version ? `?version=${version}` : ''))
export const putRule = (kind: string, key: string, change: RuleChange) => call<{ version: number }>('PUT', path(kind, key), change)
export const listOutbox = (state: string, cursor?: string) => {
  const q = new URLSearchParams({ limit: '100' })
  if (state) q.set('state', state)
  if (cursor) q.set('cursor', cursor)
  return call<{ items: OutboxItem[]; next: string | null }>('GET', `/api/v1/outbox?${q}`)
}
export const sendAgain = (uid: string) => call<unknown>('POST', `/api/v1/outbox/${uid}/again`, {})
