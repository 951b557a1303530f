// Where somebody looked last, kept on their machine and only for the same question: a link to other covers shows them.
import { me } from '../session'

export interface Seen {
  lng: number
  lat: number
  zoom: number
  query: string
}
const place = () => `map.${me.value?.uid ?? ''}`

/** The view this person left, when it was of the same covers. */
export function lastView(query: string): Seen | undefined {
  try {
    const seen = JSON.parse(localStorage.getItem(place()) ?? 'null') as Partial<Seen> | null
    const whole = seen && [seen.lng, seen.lat, seen.zoom].every((n) => Number.isFinite(n))
    return whole && seen.query === query ? (seen as Seen) : undefined
  } catch {
    return undefined
  }
}

export const keepView = (seen: Seen): void => localStorage.setItem(place(), JSON.stringify(seen))
