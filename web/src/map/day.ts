// The day whose state the map shows: days as `YYYY-MM-DD`, counted without any clock.
const DAY_MS = 86_400_000
const at = (day: string): number => Date.parse(`${day}T00:00:00Z`)

/** Is it a day at all? */
export const isDay = (text: string): boolean => /^\d{4}-\d\d-\d\d$/.test(text) && new Date(at(text)).toJSON()?.slice(0, 10) === text
/** Days from one to the other. */
export const span = (from: string, to: string): number => Math.round((at(to) - at(from)) / DAY_MS)
export const plus = (day: string, n: number): string => new Date(at(day) + n * DAY_MS).toISOString().slice(0, 10)
/** The end of a day of the district, as a moment. */
export const endOf = (day: string): string => new Date(Date.parse(`${plus(day, 1)}T00:00:00+08:00`)).toISOString()

/** The day that a query asks for; none is now. */
export const dayOf = (query: string): string | undefined => new URLSearchParams(query).get('as_of') ?? undefined
/** The same query about now. */
export function undated(query: string): string {
  const out = new URLSearchParams(query)
  out.delete('as_of')
  return out.toString()
}

/** Why a day cannot be shown: the key of the words; none when it can. */
export function refused(day: string, first: string | undefined, today: string): 'wrong' | 'future' | 'before' | 'empty' | undefined {
  if (!isDay(day)) return 'wrong'
  if (day > today) return 'future'
  if (first === undefined) return 'empty'
  return day < first ? 'before' : undefined
}
