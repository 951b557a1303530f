// Units, areas, users, tokens, code schemes, the event log.
import { body, call, client } from './http'
import type { components } from './schema'

export type Unit = components['schemas']['UnitView']
export type Area = components['schemas']['Area']
export type AreaView = components['schemas']['AreaView']
export type User = components['schemas']['UserView']
export type Token = components['schemas']['Token']
export type Event_ = components['schemas']['EventView']

export interface CodeScheme {
  pack: { id: string; version: number; effective_from: string; source: string; note: string }
  name: string
  total: number
  check?: string
  segments: { key: string; name: string; role: string; width: number; charset: string }[]
}

export const listUnits = async () => (await body<{ items: Unit[] }>(client.GET('/api/v1/units'))).items
export const createUnit = (form: unknown) => call<unknown>('POST', '/api/v1/units', form)
export const updateUnit = (code: string, version: number, unit: unknown) =>
  call<unknown>('PUT', `/api/v1/units/${encodeURIComponent(code)}`, { version, unit })
export const listAreas = async () => (await body<{ items: Area[] }>(client.GET('/api/v1/areas'))).items
export const getArea = (code: string) => call<AreaView>('GET', `/api/v1/areas/${encodeURIComponent(code)}`)
export const createArea = (form: unknown) => call<unknown>('POST', '/api/v1/areas', form)
export const updateArea = (code: string, version: number, area: unknown) =>
  call<unknown>('PUT', `/api/v1/areas/${encodeURIComponent(code)}`, { version, area })
export const succeedArea = (code: string, form: unknown) =>
  call<unknown>('POST', `/api/v1/areas/${encodeURIComponent(code)}/successors`, form)
export const listUsers = async () => (await body<{ items: User[] }>(client.GET('/api/v1/users'))).items
export const createUser = (form: unknown) => call<{ uid: string; password: string | null }>('POST', '/api/v1/users', form)
export const updateUser = (uid: string, form: unknown) => call<unknown>('PUT', `/api/v1/users/${uid}`, form)
export const userAction = (uid: string, action: 'disable' | 'enable') =>
  call<unknown>('POST', `/api/v1/users/${uid}/${action}`)
export const resetPassword = (uid: string) => call<{ password: string }>('POST', `/api/v1/users/${uid}/password`)
export const createGrant = (uid: string, form: unknown) => call<unknown>('POST', `/api/v1/users/${uid}/grants`, form)
export const deleteGrant = (uid: string, grant: string) => call<unknown>('DELETE', `/api/v1/users/${uid}/grants/${grant}`)
export const listTokens = () => body<Token[]>(client.GET('/api/v1/tokens'))
export const createToken = (form: unknown) =>
  call<{ uid: string; secret: string; expires_at: string }>('POST', '/api/v1/tokens', form)
export const deleteToken = (uid: string) => call<unknown>('DELETE', `/api/v1/tokens/${uid}`)
export const listSchemes = async () => (await call<{ items: CodeScheme[] }>('GET', '/api/v1/code-schemes')).items
export const listEvents = (filter: Record<string, string>, cursor?: number) => {
  const q = new URLSearchParams({ limit: '100', ...filter })
  if (cursor) q.set('cursor', String(cursor))
  return call<{ items: Event_[]; next: number | null }>('GET', `/api/v1/audit?${q}`)
}
