// The groups of the charts: every kind, and the areas one step below what somebody may see.
import type { Area } from '../api/directory'
import type { Me } from '../api/session'
import { ENUMS } from '../codes'
import type { Filter } from '../covers/filter'
import { name, t } from '../i18n'
import type { Bar } from './bars'
import { tally } from './tally'

/** States that need a repair; a missing cover is one of them. */
export const DEFECTS = 'damaged,sunk,loose,missing'
interface Group {
  label: string
  filter: Filter
}

export const kinds = (): Group[] => Object.keys(ENUMS.kind).map((kind) => ({ label: name('kind', kind), filter: { kind } }))

/** Streets for the district; communities for somebody who sees streets only. */
export function areasOf(me: Pick<Me, 'grants'>, areas: readonly Area[]): Group[] {
  const bounds = me.grants.map((g) => g.area?.code)
  const held = bounds.every((b): b is string => !!b) ? new Set(bounds) : undefined
  const open = areas.filter((a) => !a.valid_to)
  const level = new Map(open.map((a) => [a.code, a.level]))
  const narrow = held !== undefined && [...held].every((c) => level.get(c) === 'street')
  const own = open.filter((a) => (narrow ? held.has(a.parent ?? '') : a.level === 'street'))
  return [...own.map((a) => ({ label: a.name, filter: { area: a.code } })), { label: t('start.noArea'), filter: narrow ? { area: [...held].map((c) => `=${c}`).join(',') } : { area: 'none' } }]
}

/** The groups with their figures; groups of nothing are not asked twice. */
export async function bars(groups: readonly Group[]): Promise<Bar[]> {
  const totals = await tally(groups.map((g) => g.filter))
  const some = groups.map((g, i) => ({ ...g, total: totals[i]!, partFilter: { ...g.filter, state: DEFECTS } })).filter((g) => g.total > 0)
  const parts = await tally(some.map((g) => g.partFilter))
  return some.map((g, i) => ({ ...g, part: parts[i]! }))
}
