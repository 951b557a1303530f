// The hazard catalogue, read once and shared.
import { useQuery } from '@tanstack/vue-query'
import { computed } from 'vue'
import { catalogue } from '../api/cases'
import { english } from '../i18n'

const FRESH_MS = 5 * 60_000

export function useCatalogue() {
  const { data } = useQuery({ queryKey: ['hazard-catalogue'], queryFn: catalogue, staleTime: FRESH_MS })
  /** The name of a hazard in the reader's language. */
  const hazard = (code: string | null | undefined): string => {
    const entry = data.value?.hazards.find((h) => h.code === code)
    return entry ? (english.value ? entry.name_en : entry.name) : (code ?? '')
  }
  const hazards = computed(() => data.value?.hazards ?? [])
  return { words: data, hazards, hazard }
}
