// What waits, as questions to the registry: every figure is the total of a list, and opens exactly that list.
import type { Filter } from '../covers/filter'
import type { Level } from '../status'

export interface Figure {
  key: string
  filter: Filter
  level: Level
}
/** Days of the look ahead at ends of design life. */
const AHEAD_DAYS = 365

/** The figures of a day (`YYYY-MM-DD`) in the order of their urgency. */
export function figures(today: string): Figure[] {
  const later = new Date(Date.parse(`${today}T00:00:00Z`) + AHEAD_DAYS * 86_400_000).toISOString().slice(0, 10)
  const use = { in_use: 'true' }
  return [
    { key: 'missing', filter: { state: 'missing' }, level: 'crit' },
    { key: 'defects', filter: { state: 'damaged,sunk,loose' }, level: 'hazard' },
    { key: 'unguarded', filter: { low_lying: 'true', guarded: 'false', ...use }, level: 'hazard' },
    { key: 'unconfirmed', filter: { owner_confirmed: 'false', ...use }, level: 'attn' },
    { key: 'uncoded', filter: { coded: 'false', ...use }, level: 'attn' },
    { key: 'unlabelled', filter: { labelled: 'false', ...use }, level: 'attn' },
    { key: 'overAge', filter: { over_age: 'true', ...use }, level: 'attn' },
    { key: 'ageing', filter: { over_age: 'true', as_of: later, ...use }, level: 'attn' },
  ]
}

/** What a role looks at first; the rest follows in the order of urgency. */
const FIRST: Record<string, readonly string[]> = {
  registrar: ['unconfirmed', 'uncoded', 'unlabelled'],
  inspector: ['unlabelled', 'missing', 'defects'],
  owner: ['missing', 'defects', 'overAge', 'ageing'],
  street: ['missing', 'unconfirmed', 'defects'],
  department: ['overAge', 'ageing', 'unguarded'],
}

/** The figures as somebody with these roles should meet them. */
export function ordered(all: readonly Figure[], roles: readonly string[]): Figure[] {
  const first = roles.flatMap((r) => FIRST[r] ?? [])
  const rank = (f: Figure) => (first.includes(f.key) ? first.indexOf(f.key) : first.length)
  return [...all].sort((a, b) => rank(a) - rank(b))
}
