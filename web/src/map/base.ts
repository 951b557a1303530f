// The base map under everything: pictures or vector tiles of this server, one group at a time, with what must stand on it.
import LayerGroup from 'ol/layer/Group'
import type BaseLayer from 'ol/layer/Base'
import TileLayer from 'ol/layer/Tile'
import VectorTileLayer from 'ol/layer/VectorTile'
import MVT from 'ol/format/MVT'
import { transformExtent } from 'ol/proj'
import VectorTileSource from 'ol/source/VectorTile'
import XYZ from 'ol/source/XYZ'
import { createXYZ } from 'ol/tilegrid'
import { computed, onMounted, ref, shallowRef, watch } from 'vue'
import { type Basemap, type BasemapLayer, basemap } from '../api/basemap'
import { dark } from '../theme'
import { words } from '../ui/toast'
import { knowGcj } from './gcj'
import { colours, groundStyle } from './style'

/** Vector tiles are drawn twice as large as pictures. */
const VECTOR_TILE = 512
const KEPT = 'map.base'

function picture(l: BasemapLayer, crs: Basemap['crs'], extent: number[] | undefined): BaseLayer {
  const projection = crs === 'gcj02' ? knowGcj() : 'EPSG:3857'
  return new TileLayer({ className: l.group === 'img' ? 'ol-base' : 'ol-base plain', extent, minZoom: l.min_zoom - 1, source: new XYZ({ url: l.url, projection, minZoom: l.min_zoom, maxZoom: l.max_zoom }) })
}

function vector(l: BasemapLayer, extent: number[] | undefined): BaseLayer {
  const tileGrid = createXYZ({ tileSize: VECTOR_TILE, minZoom: l.min_zoom, maxZoom: l.max_zoom })
  return new VectorTileLayer({ className: 'ol-base', extent, minZoom: l.min_zoom - 1, declutter: true, style: groundStyle(colours()), source: new VectorTileSource({ format: new MVT(), tileGrid, url: l.url }) })
}

/** The base map for a map: its layers, the choice of groups, what must be said with it. */
export function useBase() {
  const view = shallowRef<Basemap>(), why = ref('')
  const groups = computed(() => {
    const out = new Map<string, string>()
    for (const l of view.value?.layers ?? []) if (!l.overlay && !out.has(l.group)) out.set(l.group, l.title)
    return [...out].map(([key, title]) => ({ key, title }))
  })
  const group = ref(localStorage.getItem(KEPT) ?? '')
  const layer = new LayerGroup({ zIndex: -10 })
  const usable = (l: BasemapLayer) => l.format === 'image' || view.value?.crs !== 'gcj02'
  /** Vector tiles cannot be shifted tile by tile: their edges would gape. */
  const unshifted = computed(() => (view.value?.layers ?? []).some((l) => !usable(l)))
  function lay(): void {
    const known = view.value, shown = groups.value.find((g) => g.key === group.value)?.key ?? groups.value[0]?.key
    if (!known) return
    const extent = known.bounds ? transformExtent(known.bounds, 'EPSG:4326', 'EPSG:3857') : undefined
    const layers = known.layers.filter((l) => l.group === shown && usable(l))
    layer.getLayers().clear()
    layer.getLayers().extend(layers.map((l) => (l.format === 'image' ? picture(l, known.crs, extent) : vector(l, extent))))
    layer.getLayers().forEach((l) => l.setZIndex(-10))
    group.value = shown ?? ''
  }
  watch(group, (g) => {
    localStorage.setItem(KEPT, g)
    lay()
  })
  watch(dark, lay, { flush: 'post' })
  onMounted(() => void basemap().then((b) => {
    view.value = b
    lay()
  }).catch((e: unknown) => (why.value = words(e))))
  const fault = computed(() => view.value?.fault ?? why.value)
  return { layer, groups, group, fault, unshifted, attribution: computed(() => view.value?.attribution ?? ''), present: computed(() => (view.value?.layers.length ?? 0) > 0) }
}
