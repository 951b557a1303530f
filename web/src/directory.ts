// Units and areas, read once and shared: every form and filter offers them by name.
import { type QueryClient, useQuery } from '@tanstack/vue-query'
import { computed, type Ref, toValue } from 'vue'
import { type Area, listAreas, listUnits, type Unit } from './api/directory'
import { may } from './session'

const FRESH_MS = 5 * 60_000

export function useUnits(enabled: () => boolean = () => true): Ref<Unit[] | undefined> {
  const on = computed(() => toValue(enabled) && may('directory.read'))
  return useQuery({ queryKey: ['units'], queryFn: listUnits, enabled: on, staleTime: FRESH_MS }).data
}

/** The areas for work that cannot go on without them. */
export const readAreas = (client: QueryClient): Promise<Area[]> => client.fetchQuery({ queryKey: ['areas'], queryFn: listAreas, staleTime: FRESH_MS })

export function useAreas(enabled: () => boolean = () => true): Ref<Area[] | undefined> {
  const on = computed(() => toValue(enabled) && may('directory.read'))
  return useQuery({ queryKey: ['areas'], queryFn: listAreas, enabled: on, staleTime: FRESH_MS }).data
}
