import { expect, it } from 'vitest'
import { PARAMETERS } from '../src/covers/filter'
import { longest } from '../src/start/bars'
import { byArea, byKind, levelFor } from '../src/start/counts'
import { each } from '../src/start/each'
import { figures, ordered } from '../src/start/figures'

it('asks only what the filter knows, and looks a year ahead', () => {
  const known = new Set(PARAMETERS.map((p) => p.name))
  for (const f of figures('2026-11-24')) for (const name of Object.keys(f.filter)) expect(known).toContain(name)
  expect(figures('2026-11-24').find((f) => f.key === 'ageing')!.filter.as_of).toBe('2027-11-24')
})

it('shows each role first what it is there for, and loses no figure', () => {
  const all = figures('2026-11-24')
  expect(ordered(all, ['registrar']).slice(0, 3).map((f) => f.key)).toEqual(['unconfirmed', 'uncoded', 'unlabelled'])
  expect(ordered(all, ['leader']).map((f) => f.key)).toEqual(all.map((f) => f.key))
  expect(ordered(all, ['street', 'owner'])).toHaveLength(all.length)
})

it('groups by streets, and by communities for a street', () => {
  const area = (code: string, level: string, parent: string | null, valid_to: string | null = null) => ({ uid: code, code, name: code, level, parent, valid_to, version: 1 })
  const areas = [area('5', 'district', null), area('51', 'street', '5'), area('52', 'street', '5'), area('53', 'street', '5', '2020-01-01'), area('511', 'community', '51'), area('521', 'community', '52')]
  const grant = (code: string | null) => ({ role: 'x', unit: null, area: code ? { code, name: code } : null })
  const level = (...codes: (string | null)[]) => levelFor({ grants: codes.map(grant) } as never, areas as never)
  expect([level(null), level('5'), level('51'), level('51', '52'), level('51', null), level('53')]).toEqual(['street', 'street', 'community', 'community', 'street', 'street'])
})

it('adds the states of a group to a bar that opens what it counts', () => {
  const group = (value: string | null, state: string, total: number) => ({ values: [value, state], names: [value && `${value}街`, null], total, query: '' })
  const bars = byArea([group(null, 'ok', 2), group('51', 'missing', 1), group('51', 'ok', 3), group('=5', 'damaged', 4)])
  expect(bars.map((b) => [b.label, b.total, b.part, b.filter.area, b.partFilter])).toEqual([
    ['未划分', 6, 4, 'none,=5', { area: 'none,=5', state: 'damaged,sunk,loose,missing' }],
    ['51街', 4, 1, '51', { area: '51', state: 'damaged,sunk,loose,missing' }],
  ])
  expect(byKind([group('gas', 'abandoned', 2), group('gas', 'loose', 1)]).map((b) => [b.total, b.part, b.filter])).toEqual([[3, 1, { kind: 'gas' }]])
})

it('asks a few questions at a time and keeps their order', async () => {
  let now = 0, most = 0
  const out = await each([5, 1, 4, 2, 3], async (n) => {
    most = Math.max(most, ++now)
    await new Promise((done) => setTimeout(done, n))
    now--
    return n * 10
  }, 2)
  expect(out).toEqual([50, 10, 40, 20, 30])
  expect(most).toBe(2)
  expect(longest([{ label: 'a', filter: {}, total: 1 }, { label: 'b', filter: {}, total: 0 }, { label: 'c', filter: {}, total: 9 }]).map((b) => b.label)).toEqual(['c', 'a'])
})
