// 底图: what lies beneath the map, as the server is set up.
import { body, client } from './http'
import type { components } from './schema'

export type Basemap = components['schemas']['BasemapView']
export type BasemapLayer = components['schemas']['BasemapLayer']

let known: Promise<Basemap> | undefined
/** Which base map there is; asked once, for the server reads it once. */
export function basemap(): Promise<Basemap> {
  known ??= body<Basemap>(client.GET('/api/v1/basemap')).catch((e: unknown) => {
    known = undefined
    throw e
  })
  return known
}
