// The covers that somebody chose, on the map or in the list, for something to be done with all of them. One choice for
// the whole console: what was drawn on the map is still chosen in the list.
import { computed, ref, shallowReactive } from 'vue'
import type { CoverItem } from '../api/covers'

/** Most covers chosen at a time: each becomes a request of its own. */
export const CAP = 2000
const chosen = shallowReactive(new Map<string, CoverItem>())

export const selected = computed(() => [...chosen.values()])
export const selectedCount = computed(() => chosen.size)
export const isSelected = (uid: string): boolean => chosen.has(uid)

/** The question (a query string) whose covers were chosen from; another question begins with nothing chosen. */
export const chosenFrom = ref('')
export function ask(question: string): void {
  if (chosenFrom.value !== question) clear()
  chosenFrom.value = question
}

/** Chooses covers as far as the cap allows; says how many found no place. */
export function choose(covers: readonly CoverItem[]): number {
  let left = 0
  for (const c of covers) {
    if (chosen.size >= CAP && !chosen.has(c.uid)) left++
    else chosen.set(c.uid, c)
  }
  return left
}
export function drop(covers: readonly { uid: string }[]): void {
  for (const c of covers) chosen.delete(c.uid)
}
export const clear = (): void => chosen.clear()
