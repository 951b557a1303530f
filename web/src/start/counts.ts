// The figures of covers on the start page and the big screen, by one request: totals of lists, and of their groups by
// kind and by area. Every figure opens exactly the list that it is the total of.
import { type CoverGroup, countCovers } from '../api/covers'
import type { Area } from '../api/directory'
import type { Me } from '../api/session'
import { type Filter, toQuery } from '../covers/filter'
import { name, t } from '../i18n'
import type { Bar } from './bars'
import { figures } from './figures'

/** States that need a repair; a missing cover is one of them. */
const DEFECTS = ['damaged', 'sunk', 'loose', 'missing']

export interface Counts {
  total: number
  states: Record<string, number>
  /** By the keys of `figures`. */
  figures: Record<string, number>
  kinds: Bar[]
  areas: Bar[]
}

/** Streets for the district; communities for somebody who sees streets only. */
export function levelFor(me: Pick<Me, 'grants'>, areas: readonly Area[]): 'street' | 'community' {
  const level = new Map(areas.filter((a) => !a.valid_to).map((a) => [a.code, a.level]))
  return me.grants.every((g) => level.get(g.area?.code ?? '') === 'street') ? 'community' : 'street'
}

/** A group, of which the second value is the state, added to the bar of its first. */
function add(bars: Map<string, Bar>, g: CoverGroup, label: string, key: string): Bar {
  const bar = bars.get(key) ?? { label, filter: {}, total: 0, part: 0 }
  bars.set(key, bar)
  bar.total += g.total
  if (DEFECTS.includes(g.values[1] ?? '')) bar.part! += g.total
  return bar
}
const opened = (bar: Bar, filter: Filter): void => {
  bar.filter = filter
  bar.partFilter = { ...filter, state: DEFECTS.join() }
}

/** Covers by kind. */
export function byKind(groups: readonly CoverGroup[]): Bar[] {
  const bars = new Map<string, Bar>()
  for (const g of groups) {
    const kind = g.values[0]!
    opened(add(bars, g, name('kind', kind), kind), { kind })
  }
  return [...bars.values()]
}

/** Covers by area; those that lie above the level, or nowhere, are one bar. */
export function byArea(groups: readonly CoverGroup[]): Bar[] {
  const bars = new Map<string, Bar>(), rest = new Set<string>()
  for (const g of groups) {
    const code = g.values[0] ?? 'none'
    if (code !== 'none' && !code.startsWith('=')) opened(add(bars, g, g.names[0] ?? code, code), { area: code })
    else opened(add(bars, g, t('start.noArea'), 'none'), { area: [...rest.add(code)].join() })
  }
  return [...bars.values()]
}

/** The figures of a day (`YYYY-MM-DD`), within what this person may see. */
export async function counts(day: string, me: Pick<Me, 'grants'>, areas: readonly Area[]): Promise<Counts> {
  const waits = figures(day)
  const [kinds, places, ...found] = await countCovers(['by=kind,state', `by=${levelFor(me, areas)},state`, ...waits.map((f) => toQuery(f.filter))])
  const states: Record<string, number> = {}
  for (const g of kinds!.groups) states[g.values[1]!] = (states[g.values[1]!] ?? 0) + g.total
  return { total: kinds!.total, states, figures: Object.fromEntries(waits.map((f, i) => [f.key, found[i]!.total])), kinds: byKind(kinds!.groups), areas: byArea(places!.groups) }
}
