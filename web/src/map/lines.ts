// The lines that were imported (管线), thin under the covers: along them streets are known, also without a base map.
import VectorTileLayer from 'ol/layer/VectorTile'
import { ref, watch } from 'vue'
import { dark } from '../theme'
import { colours, lineStyle } from './style'
import { lines, LINES_FROM } from './tiles'
import { kept } from './kept'

/** The layer, whether it is shown, and whether the server drew only some of the lines in view. */
export function useLines() {
  const layer = new VectorTileLayer({ zIndex: -5, minZoom: LINES_FROM, declutter: false, preload: 1 })
  const on = kept('map.lines'), part = ref(false), failed = ref(false)
  const paint = () => {
    const style = lineStyle(colours(), dark.value)
    layer.setStyle((f, resolution) => {
      if (f.get('drawn') !== undefined) part.value = true
      return style(f, resolution)
    })
  }
  watch(dark, paint, { flush: 'post', immediate: true })
  watch(on, (shown) => {
    layer.setVisible(shown)
    if (shown && !layer.getSource()) layer.setSource(lines((e) => (failed.value = e !== undefined)))
  }, { immediate: true })
  return { layer, on, part, failed, again: () => (part.value = false) }
}
