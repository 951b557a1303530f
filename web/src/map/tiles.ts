// The server's tiles of covers: counts below zoom 15, every cover from there on. One way to ask for them, for the map,
// the big screen and the search for where covers lie.
import type VectorTile from 'ol/VectorTile'
import MVT from 'ol/format/MVT'
import { toLonLat } from 'ol/proj'
import RenderFeature from 'ol/render/Feature'
import VectorTileSource from 'ol/source/VectorTile'
import { createXYZ } from 'ol/tilegrid'
import type TileGrid from 'ol/tilegrid/TileGrid'
import { Problem, send } from '../api/http'
import type { Cell, Spot } from './extent'

/** The first zoom whose tiles hold single covers. */
const SINGLE_FROM = 15
const GRID = createXYZ({ tileSize: 512, maxZoom: 16 })
/** The grid for few covers: single ones one zoom earlier, because the streets they lie along say more than counts. */
const EARLY = createXYZ({ tileSize: 512, maxZoom: 16 })
EARLY.getZForResolution = (resolution, direction) => {
  const z = GRID.getZForResolution(resolution, direction)
  return z === SINGLE_FROM - 1 ? SINGLE_FROM : z
}
/** So many single covers are drawn at once without effort. */
const FEW = 6000
/** OpenLayers' mark of a tile that could not be loaded. */
const FAILED = 3
const format = new MVT<RenderFeature>({ featureClass: RenderFeature })

async function bytes(c: Cell, query: string, of = 'covers'): Promise<ArrayBuffer> {
  const response = await send(new Request(new URL(`/tiles/${of}/${c.z}/${c.x}/${c.y}.mvt${query ? `?${query}` : ''}`, location.origin)))
  if (!response.ok) throw new Problem(response.status, (await response.json().catch(() => ({}))) as Record<string, unknown>)
  return response.arrayBuffer()
}

/** A source of tiles; `told` learns of each tile what went wrong, or that nothing did. */
export async function tiles(query: string, told: (e: unknown) => void): Promise<VectorTileSource<RenderFeature>> {
  const all = await spots(query)({ z: 0, x: 0, y: 0 }).catch((e: unknown) => {
    told(e)
    return undefined
  })
  const few = all !== undefined && all.reduce((n, s) => n + s.n, 0) <= FEW
  return source('covers', query, few ? EARLY : GRID, told)
}

/** The first zoom of tiles of lines. */
export const LINES_FROM = 10
const LINES_GRID = createXYZ({ tileSize: 512, minZoom: LINES_FROM, maxZoom: 16 })
/** The lines that were imported (管线), along which streets are known. */
export const lines = (told: (e: unknown) => void): VectorTileSource<RenderFeature> => source('lines', '', LINES_GRID, told)

function source(of: string, query: string, tileGrid: TileGrid, told: (e: unknown) => void): VectorTileSource<RenderFeature> {
  return new VectorTileSource<RenderFeature>({
    format, tileGrid, url: `/tiles/${of}/{z}/{x}/{y}.mvt?${query}`,
    tileLoadFunction: (tile) => {
      const vector = tile as VectorTile<RenderFeature>
      const [z = 0, x = 0, y = 0] = tile.getTileCoord()
      vector.setLoader((extent, _resolution, projection) => {
        void bytes({ z, x, y }, query, of).then((b) => {
          told(undefined)
          vector.setFeatures(format.readFeatures(b, { extent, featureProjection: projection }))
        }).catch((e: unknown) => {
          told(e)
          vector.setState(FAILED)
        })
      })
    },
  })
}

/** What a tile holds: its counts, or its covers where it does not count. */
export const spots = (query: string) => async (tile: Cell): Promise<Spot[]> => {
  const features = format.readFeatures(await bytes(tile, query), { extent: GRID.getTileCoordExtent([tile.z, tile.x, tile.y]), featureProjection: 'EPSG:3857' })
  const counts = features.filter((f) => f.get('n') !== undefined)
  return (counts.length > 0 ? counts : features.filter((f) => f.get('uid') !== undefined)).map((f) => {
    const [lng = 0, lat = 0] = toLonLat(f.getFlatCoordinates().slice(0, 2))
    return { lng, lat, n: (f.get('n') as number | undefined) ?? 1 }
  })
}
