import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { listAddress } from '../src/annex/table'
import { chips, codes, fromQuery, parameter, PARAMETERS, toQuery, withValue } from '../src/covers/filter'

it('reads of the address only what the filter knows', () => {
  expect(fromQuery({ kind: 'storm,grate', view: 'map', sort: 'code', q: ['a', 'b'], state: '', nonsense: '1' })).toEqual({ kind: 'storm,grate', q: 'a' })
})

it('keeps an empty road, which means that none is recorded', () => {
  expect(fromQuery({ road: '' })).toEqual({ road: '' })
  expect(toQuery({ road: '' })).toBe('road=')
})

it('writes equal filters as equal texts', () => {
  expect(toQuery({ state: 'missing', kind: 'gas', q: '建新' })).toBe(toQuery({ q: '建新', kind: 'gas', state: 'missing' }))
  const filter = { kind: 'gas,water', owner: 'none', as_of: '2026-07-01', bbox: '106.5,29.5,106.6,29.6', labelled: 'false' }
  expect(fromQuery(Object.fromEntries(new URLSearchParams(toQuery(filter))))).toEqual(filter)
})

it('turns the address of a figure into a list of the console', () => {
  const api = '/api/v1/covers?as_of=2026-11-24&kind=water&lifecycle=in_use%2Cabnormal&owner_confirmed=false'
  expect(listAddress(api)).toBe('/covers?as_of=2026-11-24&kind=water&lifecycle=in_use%2Cabnormal&owner_confirmed=false')
})

it('takes a condition away and shows a chip for each that is there', () => {
  expect(withValue({ kind: 'gas', state: 'ok' }, 'kind', undefined)).toEqual({ state: 'ok' })
  expect(chips({ q: 'x', labelled: 'true', kind: 'gas' })).toEqual(['kind', 'labelled'])
})

it('knows exactly the parameters of the server', () => {
  const rust = readFileSync('../crates/jinggai/src/registry/filter.rs', 'utf8')
  const table = (name: string) => new RegExp(`pub const ${name}[^=]*= \\[([\\s\\S]*?)\\n\\];`).exec(rust)?.[1] ?? ''
  const names = (text: string) => [...text.matchAll(/\("([a-z_]+)",/g)].map((m) => m[1])
  const server = [...names(table('FLAGS')), ...names(table('PARAMETERS')), 'source'].sort()
  expect(server.length).toBeGreaterThan(30)
  expect([...PARAMETERS.map((p) => p.name), 'q'].sort()).toEqual(server)
})

it('offers codes for every choice', () => {
  for (const p of PARAMETERS) if (p.sort === 'enum' || p.sort === 'state') expect(codes(p).length, p.name).toBeGreaterThan(1)
  expect(parameter('nothing')).toBeUndefined()
})
