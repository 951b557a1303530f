import { expect, it } from 'vitest'
import { PARAMETERS } from '../src/covers/filter'
import { longest } from '../src/start/bars'
import { figures, ordered } from '../src/start/figures'
import { areasOf } from '../src/start/groups'
import { each } from '../src/start/tally'

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
  const filters = (...codes: (string | null)[]) => areasOf({ grants: codes.map(grant) } as never, areas as never).map((g) => g.filter.area)
  expect(filters(null)).toEqual(['51', '52', 'none'])
  expect(filters('5')).toEqual(['51', '52', 'none'])
  expect(filters('51')).toEqual(['511', '=51'])
  expect(filters('51', null)).toEqual(['51', '52', 'none'])
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
