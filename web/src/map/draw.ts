// Drawing a box or a polygon on the map: by the mouse with Shift, or, for fingers, after a button was pressed.
import type OlMap from 'ol/Map'
import { never, platformModifierKeyOnly, shiftKeyOnly } from 'ol/events/condition'
import type Polygon from 'ol/geom/Polygon'
import DragBox from 'ol/interaction/DragBox'
import DragPan from 'ol/interaction/DragPan'
import DragZoom from 'ol/interaction/DragZoom'
import Draw from 'ol/interaction/Draw'
import { toLonLat } from 'ol/proj'
import { boxAround, type Drawn, type Place } from './area'

export type Mode = 'box' | 'polygon' | undefined
/** Pixels to the first corner in which a click closes a polygon. */
const SNAP = 14
const ring = (shape: Polygon): Place[] => shape.getCoordinates()[0]!.slice(0, -1).map((c) => {
  const [lng = 0, lat = 0] = toLonLat(c)
  return [lng, lat]
})

export class Drawing {
  private readonly box: DragBox
  private readonly polygon: Draw
  private mode: Mode

  constructor(private readonly map: OlMap, done: (area: Drawn) => void) {
    // Shift draws a box that chooses; the box that zooms needs Ctrl beside.
    for (const i of map.getInteractions().getArray()) if (i instanceof DragZoom) i.setActive(false)
    map.addInteraction(new DragZoom({ condition: (e) => platformModifierKeyOnly(e) }))
    this.box = new DragBox({ condition: (e) => this.mode !== 'polygon' && (this.mode === 'box' || shiftKeyOnly(e)), className: 'ol-dragbox' })
    this.box.on('boxend', () => done({ box: boxAround(ring(this.box.getGeometry())) }))
    this.polygon = new Draw({ type: 'Polygon', snapTolerance: SNAP, freehandCondition: never, stopClick: true })
    this.polygon.on('drawend', (e) => {
      const corners = ring(e.feature.getGeometry() as Polygon)
      done({ box: boxAround(corners), ring: corners })
    })
    this.polygon.setActive(false)
    map.addInteraction(this.box)
    map.addInteraction(this.polygon)
  }

  set(mode: Mode): void {
    this.mode = mode
    this.polygon.setActive(mode === 'polygon')
    for (const i of this.map.getInteractions().getArray()) if (i instanceof DragPan) i.setActive(mode !== 'box')
  }

  /** Takes the last corner back; false when there is none. */
  back(): boolean {
    if (this.mode !== 'polygon') return false
    this.polygon.removeLastPoint()
    return true
  }
}
