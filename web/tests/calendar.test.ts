// The calendar of a year.
import { expect, it } from 'vitest'
import { marksOf, packOf, pressed, published, shift, weeksOf } from '../src/admin/calendar'

it('lays out months from Monday on', () => {
  const weeks = weeksOf(2026, 2)
  expect(weeks[0]).toEqual(['', '', '', '', '', '', '2026-02-01'])
  expect(weeks.flat().filter(Boolean)).toHaveLength(28)
  expect(weeksOf(2024, 2).flat().at(-4)).toBe('2024-02-29')
  expect(shift('2026-12-31', 1)).toBe('2027-01-01')
})

it('lets only weekends be worked on beyond the usual', () => {
  const days = (day: string, times: number) => {
    let marks = marksOf({})
    const seen: (string | undefined)[] = []
    for (let i = 0; i < times; i++) seen.push((marks = pressed(marks, day, '节')).get(day)?.mark)
    return seen
  }
  expect(days('2026-01-01', 2)).toEqual(['off', undefined])
  expect(days('2026-01-04', 3)).toEqual(['off', 'working', undefined])
})

it('reads the published form for its year alone', () => {
  const text = JSON.stringify({ holidays: { '2027-01-01': "New Year's Day,元旦,1", '2026-10-01': 'x,国庆节,3' }, workdays: { '2027-02-06': 'Spring Festival,春节,4' } })
  expect(packOf(published(text, 2027)!)).toEqual({ off: [{ date: '2027-01-01', name: '元旦' }], working: [{ date: '2027-02-06', name: '春节' }] })
  for (const wrong of ['{', '{}', '[]', text.replaceAll('2027', '2025')]) expect(published(wrong, 2027)).toBeUndefined()
})
