// The keyboard: one table makes the keys work and fills the help, so that it cannot drift.
import { onBeforeUnmount, onMounted } from 'vue'

export interface Key {
  /** Keys in order: `/`, `g c`, `Escape`. */
  keys: string
  /** Key of its words. */
  words: string
  run: () => void
  /** Says whether it applies now. */
  when?: () => boolean
}

/** How long the second key of two may take. */
const SECOND_MS = 1200

const tables = new Set<readonly Key[]>()
/** All keys that work on this page. */
export const known = (): Key[] => [...tables].flat().filter((k) => !k.when || k.when())

let first = ''
let timer: ReturnType<typeof setTimeout> | undefined

/** Keys never fire while somebody writes, nor while an input method composes. */
export function writing(event: KeyboardEvent): boolean {
  const el = event.target as HTMLElement | null
  return event.isComposing || !!el?.closest?.('input, textarea, select, [contenteditable], [role=combobox]')
}

function press(event: KeyboardEvent): void {
  if (writing(event) || event.ctrlKey || event.metaKey || event.altKey) return
  const now = first ? `${first} ${event.key}` : event.key
  const hit = known().find((k) => k.keys === now)
  first = ''
  clearTimeout(timer)
  if (hit) {
    event.preventDefault()
    hit.run()
  } else if (known().some((k) => k.keys.startsWith(`${event.key} `))) {
    first = event.key
    timer = setTimeout(() => (first = ''), SECOND_MS)
  }
}

export function listen(): void {
  addEventListener('keydown', press)
}

/** Keys that work while the component is there. */
export function useKeys(table: readonly Key[]): void {
  onMounted(() => tables.add(table))
  onBeforeUnmount(() => tables.delete(table))
}
