// Covers in lists, and what is found by words.
import { body, call, client, type Page } from './http'
import type { components } from './schema'

export type CoverItem = components['schemas']['CoverItem']
export type CoverGroup = components['schemas']['CoverGroup']
export type Found = components['schemas']['Found']

/** A page of the covers of a filter (a query string without cursor). */
export const listCovers = (filter: string, limit: number, cursor?: string, sort?: string) => {
  const q = new URLSearchParams(filter)
  q.set('limit', String(limit))
  if (cursor) q.set('cursor', cursor)
  if (sort) q.set('sort', sort)
  return call<Page<CoverItem>>('GET', `/api/v1/covers?${q}`)
}
/** How many covers each list holds (its query string), with its groups (`by=` in it), in one answer. */
export const countCovers = async (asks: readonly string[]) => {
  const q = new URLSearchParams(asks.map((ask) => ['ask', ask]))
  return (await call<components['schemas']['CoverCounts']>('GET', `/api/v1/covers/counts?${q}`)).counts
}
/** The days whose state the map can show. */
export const ledgerDays = () => body<components['schemas']['LedgerDays']>(client.GET('/api/v1/ledger-days'))
export const search = (q: string) => body<Found>(client.GET('/api/v1/search', { params: { query: { q } } }))
/** Formats of an export with the ending people know. */
export const EXPORTS = ['xlsx', 'csv', 'geojson', 'gpkg', 'shp', 'component'] as const
/** The address that streams the covers of a filter as a file. */
export const exportAddress = (filter: string, format: string) =>
  `/api/v1/covers/export?format=${format}${filter ? `&${filter}` : ''}`
