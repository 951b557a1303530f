// Open cases on the map: each stands by itself at every zoom, by level as shape and colour, and follows what happens.
import Feature from 'ol/Feature'
import Point from 'ol/geom/Point'
import VectorLayer from 'ol/layer/Vector'
import { fromLonLat } from 'ol/proj'
import VectorSource from 'ol/source/Vector'
import { onMounted, ref, shallowRef, watch } from 'vue'
import { type CaseItem, listCases } from '../api/cases'
import { mark } from '../cases/left'
import { watchEvents } from '../live'
import { may } from '../session'
import { dark } from '../theme'
import { endOf } from './day'
import { kept } from './kept'
import { colours, Styles } from './style'

/** So many open cases are drawn, those with the nearest deadline first; more are told in words. */
export const CASES_CAP = 2000
const PAGE = 500

/** The cases open now, or at the end of a day, up to the cap, and how many there are. */
export async function openCases(cap = CASES_CAP, day?: string): Promise<{ items: CaseItem[]; total: number }> {
  const question = day ? `at=${endOf(day)}&facts=-ended` : 'state=open'
  const items: CaseItem[] = []
  let cursor: string | undefined
  let total = 0
  do {
    const page = await listCases(question, Math.min(PAGE, cap - items.length), cursor)
    items.push(...page.items)
    total = page.total
    cursor = page.next ?? undefined
  } while (cursor && items.length < cap)
  return { items, total }
}

/** The layer and what is to be said about it; `day` is a past one, whose deadlines nobody has to keep any more. */
export function useCaseMarks(shown = true, scale = 1, day: () => string | undefined = () => undefined) {
  const allowed = may('case.read'), on = kept('map.cases')
  const total = ref(0), drawn = ref(0), unplaced = ref(0), failed = ref(false), items = shallowRef<CaseItem[]>([])
  const source = new VectorSource<Feature<Point>>()
  let styles = new Styles(colours(), scale)
  const layer = new VectorLayer({ source, zIndex: 6, visible: on.value, style: (f) => styles.case(mark(f.get('level') as string), f.get('overdue') === true) })
  let turn = 0
  async function load(): Promise<void> {
    const mine = ++turn
    try {
      const past = day()
      const found = await openCases(CASES_CAP, past)
      if (mine !== turn) return
      items.value = found.items
      const placed = found.items.filter((c) => typeof c.lng === 'number' && typeof c.lat === 'number')
      source.clear(true)
      source.addFeatures(placed.map((c) => new Feature({ geometry: new Point(fromLonLat([c.lng!, c.lat!])), uid: c.uid, level: c.level, overdue: c.overdue && !past })))
      total.value = found.total
      drawn.value = placed.length
      unplaced.value = found.items.length - placed.length
      failed.value = false
    } catch {
      if (mine === turn) failed.value = true
    }
  }
  watch(on, (v) => layer.setVisible(v))
  watch(dark, () => {
    styles = new Styles(colours(), scale)
    layer.changed()
  }, { flush: 'post' })
  if (allowed && shown) {
    onMounted(load)
    watch(day, load)
    watchEvents((events, gap) => {
      if (!day() && (gap || events.some((e) => e.subject === 'case'))) void load()
    })
  }
  /** The case nearest to a place, within a reach in metres of the map. */
  function at([x = 0, y = 0]: number[], reach: number): CaseItem | undefined {
    if (!on.value) return undefined
    let best: string | undefined
    let least = reach
    source.forEachFeatureInExtent([x - reach, y - reach, x + reach, y + reach], (f) => {
      const [fx = 0, fy = 0] = f.getGeometry()!.getCoordinates(), far = Math.hypot(fx - x, fy - y)
      if (far > least) return
      least = far
      best = f.get('uid') as string
    })
    return items.value.find((c) => c.uid === best)
  }
  return { layer, allowed: allowed && shown, on, items, total, drawn, unplaced, failed, at }
}
