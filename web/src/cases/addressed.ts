// A long list that is what the address asks for: another address is another list, from its top.
import { computed, type ComputedRef, useTemplateRef, watch } from 'vue'
import { useRoute } from 'vue-router'
import { CursorPages, type PageOf } from '../covers/pages'

export interface Addressed<T> {
  query: ComputedRef<string>
  pages: CursorPages<T>
}

/** `adjust` sets what the address leaves unsaid. The grid that shows the list is the template's `ref="grid"`. */
export function useAddressed<T>(fetch: (query: string, limit: number, cursor?: string) => Promise<PageOf<T>>, adjust: (q: URLSearchParams) => void = () => {}): Addressed<T> {
  const route = useRoute()
  const query = computed(() => {
    const q = new URLSearchParams()
    for (const [k, v] of Object.entries(route.query)) if (typeof v === 'string' && v !== '') q.set(k, v)
    adjust(q)
    return q.toString()
  })
  const grid = useTemplateRef<{ top(): void }>('grid')
  const pages = new CursorPages<T>((limit, cursor) => fetch(query.value, limit, cursor))
  watch(query, () => {
    grid.value?.top()
    void pages.reset()
  }, { immediate: true })
  return { query, pages }
}
