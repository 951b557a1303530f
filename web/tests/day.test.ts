import { expect, it } from 'vitest'
import { dayOf, endOf, isDay, plus, refused, span, undated } from '../src/map/day'

it('counts days without a clock, over months, leap days and the turn of the year', () => {
  for (const [from, to, n] of [['2026-01-31', '2026-02-01', 1], ['2028-02-28', '2028-03-01', 2], ['2025-12-31', '2026-11-24', 328], ['2026-05-01', '2026-05-01', 0]] as const) {
    expect(span(from, to)).toBe(n)
    expect(plus(from, n)).toBe(to)
  }
  expect([isDay('2026-02-28'), isDay('2026-02-30'), isDay('2026-2-3'), isDay('')]).toEqual([true, false, false, false])
  expect(endOf('2026-05-01')).toBe('2026-05-01T16:00:00.000Z')
})

it('says why a day cannot be shown', () => {
  const why = (day: string, first: string | undefined = '2026-03-01') => refused(day, first, '2026-11-24')
  expect([why('2026-03-01'), why('2026-11-24')]).toEqual([undefined, undefined])
  expect([why('2026-02-28'), why('2026-11-25'), why('gestern'), refused('2026-03-01', undefined, '2026-11-24')]).toEqual(['before', 'future', 'wrong', 'empty'])
})

it('finds the day in a query and takes it out', () => {
  expect(dayOf('kind=gas&as_of=2026-05-01')).toBe('2026-05-01')
  expect([dayOf('kind=gas'), undated('as_of=2026-05-01&kind=gas'), undated('')]).toEqual([undefined, 'kind=gas', ''])
})
