// The figures of the big screen: the same questions as in the console, asked again when something happened and every
// minute. What was last known stays when the server cannot be reached.
import { onBeforeUnmount, onMounted, ref, shallowRef } from 'vue'
import { board, type BoardCount, type CaseItem, listCases } from '../api/cases'
import { Problem } from '../api/http'
import { type Area, listAreas } from '../api/directory'
import { ownershipQueue } from '../api/wells'
import { today } from '../i18n'
import { watchEvents } from '../live'
import { may, me } from '../session'
import { type Counts, counts } from '../start/counts'
import { type Recent, recent } from '../start/recent'

export interface Numbers extends Counts {
  queue: { total: number; late: number }
  recent: Recent[]
  /** Open cases by state, and what burns; undefined for whom cases are none of their business. */
  board: BoardCount[] | undefined
  /** The cases filed last. */
  filed: CaseItem[]
  /** The district, when all streets with covers lie in one. */
  district: string | undefined
}
const EVERY_MS = 60_000, AFTER_EVENT_MS = 3000
/** Changes shown. */
const SHOWN = 7

async function ask(areas: readonly Area[]): Promise<Numbers> {
  const reads = may('case.read')
  const [covers, queue, late, last, fields, filed] = await Promise.all([
    counts(today(), me.value!, areas), ownershipQueue(false), ownershipQueue(true), recent(SHOWN), reads ? board() : undefined, reads ? listCases('sort=filed', SHOWN) : undefined,
  ])
  const parents = new Set(covers.areas.map((b) => areas.find((a) => a.code === b.filter.area)?.parent).filter((p) => !!p))
  return {
    ...covers, queue: { total: queue.total, late: late.total }, recent: last, board: fields?.counts, filed: [...(filed?.items ?? [])].sort((a, b) => Date.parse(b.filed_at) - Date.parse(a.filed_at)),
    district: parents.size === 1 ? areas.find((a) => parents.has(a.code))?.name : undefined,
  }
}

/** The figures, when they were asked, and since when the server does not answer. */
export function useNumbers() {
  const numbers = shallowRef<Numbers>(), at = ref<Date>(), since = ref<Date>(), why = ref<unknown>()
  /** Counts the times that something new was learnt. */
  const turn = ref(0)
  let areas: Area[] | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let busy = false
  function later(ms: number): void {
    clearTimeout(timer)
    timer = setTimeout(() => void look(), ms)
  }
  async function look(): Promise<void> {
    if (busy) return
    busy = true
    try {
      areas ??= await listAreas()
      numbers.value = await ask(areas)
      at.value = new Date()
      since.value = why.value = undefined
      turn.value++
    } catch (e) {
      since.value ??= new Date()
      why.value = e
    } finally {
      busy = false
      later(why.value instanceof Problem ? AFTER_EVENT_MS : EVERY_MS)
    }
  }
  onMounted(look)
  watchEvents(() => later(AFTER_EVENT_MS))
  onBeforeUnmount(() => clearTimeout(timer))
  return { numbers, at, since, turn }
}
