import { expect, it } from 'vitest'
import { compared, unranked } from '../src/annex/indicators'
import { around, last, later, readAsk, recent, sentAsk, sortOf } from '../src/annex/period'
import { listAddress, rowsOf2 } from '../src/annex/table'
import type { Annex2, IndicatorRow } from '../src/api/reports'
import { facts, ofFigure, spans } from '../src/cases/question'

it('knows the month, quarter and year of a day, across the ends of years', () => {
  expect(around('month', '2026-02-28')).toEqual({ from: '2026-02-01', to: '2026-03-01' })
  expect(around('month', '2026-01-15', 1)).toEqual({ from: '2025-12-01', to: '2026-01-01' })
  expect(around('quarter', '2026-12-31')).toEqual({ from: '2026-10-01', to: '2027-01-01' })
  expect(around('quarter', '2026-01-01', 1)).toEqual({ from: '2025-10-01', to: '2026-01-01' })
  expect(around('year', '2024-02-29')).toEqual({ from: '2024-01-01', to: '2025-01-01' })
  expect(later('2024-02-28', 1)).toBe('2024-02-29')
  expect(last({ from: '2026-06-01', to: '2026-07-01' })).toBe('2026-06-30')
  const months = recent('month', '2026-11-24')
  expect(months[0]).toEqual({ from: '2026-11-01', to: '2026-12-01' })
  // They follow each other without a gap.
  months.slice(1).forEach((m, i) => expect(m.to).toBe(months[i]!.from))
})

it('tells a whole month, quarter or year from days that somebody chose', () => {
  for (const sort of ['month', 'quarter', 'year'] as const) expect(sortOf(around(sort, '2026-05-09'))).toBe(sort)
  expect(sortOf({ from: '2026-06-02', to: '2026-07-01' })).toBe('custom')
  expect(sortOf({ from: '2026-02-01', to: '2026-05-01' })).toBe('custom')
})

it('reads the question of a report out of its address, and writes what was asked', () => {
  expect(sentAsk(readAsk({ from: 'nonsense', to: '2026-07-01', view: 'x' }, '2026-11-24'))).toEqual({ from: '2026-11-01', to: '2026-12-01' })
  const query = { from: '2026-06-01', to: '2026-07-01', by: 'street,kind', area: '500105', kind: 'water', include_demo: 'true' }
  expect(sentAsk(readAsk(query, '2026-11-24'))).toEqual(query)
})

it('opens a figure of annex 2 by what its column shows, in the span looked at', () => {
  const spanned = (n: number, at: string) => ({ cells: { a: n, money: '' }, figures: { found: n }, queries: { found: `/api/v1/hazards?found_as=x&span=${at}`, open: '/o' } })
  const row = (key: string) => ({ key, label: key, period: spanned(1, 'p'), cumulative: spanned(2, 'c') })
  const columns = [{ key: 'a', figure: 'found', cell: null }, { key: 'money', figure: null, cell: 'funds' }]
  const rows = rowsOf2({ columns, rows: [row('unit:x')], total: row('total') } as unknown as Annex2, 'cumulative')
  expect(rows.map((r) => r.key)).toEqual(['unit:x', 'total'])
  expect(rows[0]!.values.a).toBe(2)
  expect(rows[0]!.links).toEqual({ a: '/api/v1/hazards?found_as=x&span=c', money: undefined })
})

it('knows the list of the console for each list of the server', () => {
  for (const list of ['covers', 'hazards', 'cases', 'findings']) expect(listAddress(`/api/v1/${list}?facts=-a%2Cb`)).toBe(`/${list}?facts=-a%2Cb`)
  expect(listAddress('/api/v1/covers')).toBe('/covers')
})

const row = (key: string, total: number | null, rank: number | null, percent: number | null): IndicatorRow =>
  ({ key, label: key, counts: {}, queries: {}, indicators: { handle: { numerator: 0, denominator: 0, percent } }, score: { items: {}, total, judged: 100, rank } })

it('compares rows by score or indicator, and says why one has no place', () => {
  const rows = [row('a', 50, 2, null), row('b', 80, 1, 10), row('c', null, null, 90), row('d', 99, null, 0)]
  expect(compared(rows).map((l) => l.row.key)).toEqual(['d', 'b', 'a', 'c'])
  expect(compared(rows, 'handle').map((l) => [l.row.key, l.value])).toEqual([['c', 90], ['b', 10], ['d', 0], ['a', null]])
  expect(rows.map(unranked)).toEqual([undefined, undefined, 'nothing', 'nobody'])
})

it('takes the conditions of a figure apart, and leaves the other words of an address alone', () => {
  const q = ofFigure({ facts: 'dispatched,-late_handle', filed_from: '2026-06-01', filed_to: '2026-07-01', closed_to: '2026-07-01', sort: 'due', q: 'x', state: 'open', area: '' })
  expect(Object.keys(q)).toEqual(['facts', 'filed_from', 'filed_to', 'closed_to'])
  expect(facts(q.facts)).toEqual([{ code: 'dispatched', not: false }, { code: 'late_handle', not: true }])
  expect(facts(undefined)).toEqual([])
  expect(spans(q)).toEqual([{ of: 'filed', from: '2026-06-01', to: '2026-07-01' }, { of: 'closed', to: '2026-07-01' }])
})
