// 报告期 and what else a table about a period is asked with, as it stands in the address. Days are YYYY-MM-DD; `to` is the
// first day after the period, as on the server. Pure.

export const SORTS = ['month', 'quarter', 'year', 'custom'] as const
export type Sort = (typeof SORTS)[number]
export interface Period { from: string; to: string }
export const GROUPINGS = ['unit', 'street', 'community', 'kind', 'district'] as const

/** What a table about a period asks; empty words ask nothing. */
export interface Ask extends Period {
  /** One or two groupings, comma separated. */
  by: string
  unit: string
  area: string
  kind: string
  demo: boolean
}

const date = (year: number, month: number, day: number) => new Date(Date.UTC(year, month, day)).toISOString().slice(0, 10)
const parts = (day: string) => day.split('-').map(Number) as [number, number, number]
/** The day so many days later. */
export function later(day: string, days: number): string {
  const [y, m, d] = parts(day)
  return date(y, m - 1, d + days)
}
/** The last day of a period, as people say it. */
export const last = (p: Period): string => later(p.to, -1)

const MONTHS: Record<Exclude<Sort, 'custom'>, number> = { month: 1, quarter: 3, year: 12 }
/** How many periods of a sort a list offers. */
const OFFERED: Record<Exclude<Sort, 'custom'>, number> = { month: 24, quarter: 12, year: 6 }

/** The period of a sort that a day lies in. */
export function around(sort: Exclude<Sort, 'custom'>, day: string, back = 0): Period {
  const [y, m] = parts(day), n = MONTHS[sort]
  const first = Math.floor((m - 1) / n) * n - back * n
  return { from: date(y, first, 1), to: date(y, first + n, 1) }
}

/** The periods of a sort up to that of today, newest first. */
export const recent = (sort: Exclude<Sort, 'custom'>, today: string): Period[] => Array.from({ length: OFFERED[sort] }, (_, i) => around(sort, today, i))

/** What a period is: a whole month, quarter or year, or days that somebody chose. */
export function sortOf(p: Period): Sort {
  const found = (['month', 'quarter', 'year'] as const).find((s) => {
    const whole = around(s, p.from)
    return whole.from === p.from && whole.to === p.to
  })
  return found ?? 'custom'
}

type Query = Record<string, string | null | (string | null)[] | undefined>
const DAY = /^\d{4}-\d{2}-\d{2}$/

/** Reads the question out of an address; the current month when it names no period. */
export function readAsk(query: Query, today: string): Ask {
  const one = (n: string) => (typeof query[n] === 'string' ? (query[n] as string) : '')
  const named = DAY.test(one('from')) && DAY.test(one('to'))
  const p = named ? { from: one('from'), to: one('to') } : around('month', today)
  return { ...p, by: one('by'), unit: one('unit'), area: one('area'), kind: one('kind'), demo: one('include_demo') === 'true' }
}

/** The question as the server takes it, in an address or a body; what asks nothing is left out. */
export function sentAsk(a: Ask): Record<string, string> {
  const all = { from: a.from, to: a.to, by: a.by, unit: a.unit, area: a.area, kind: a.kind, include_demo: a.demo ? 'true' : '' }
  return Object.fromEntries(Object.entries(all).filter(([, v]) => v !== ''))
}
