// Saved views: a name for a filter, an order and columns; kept on this machine for this person.
import { ref, watch } from 'vue'
import { me } from '../session'

export interface View {
  name: string
  /** The address after `?`. */
  query: string
  columns: string[]
}

/** Reads what storage holds; anything else than a list of views is no view. */
export function parsed(text: string | null): View[] {
  try {
    const list: unknown = JSON.parse(text ?? '[]')
    if (!Array.isArray(list)) return []
    return list.filter((v): v is View => typeof v?.name === 'string' && typeof v?.query === 'string' && Array.isArray(v?.columns))
  } catch {
    return []
  }
}

const place = () => `views.${me.value?.login ?? ''}`
export const views = ref<View[]>([])
watch(place, (key) => (views.value = parsed(localStorage.getItem(key))), { immediate: true })

const keep = () => localStorage.setItem(place(), JSON.stringify(views.value))

/** Keeps a view; one of the same name is replaced. */
export function save(view: View): void {
  views.value = [...views.value.filter((v) => v.name !== view.name), view]
  keep()
}
export function forget(name: string): void {
  views.value = views.value.filter((v) => v.name !== name)
  keep()
}
