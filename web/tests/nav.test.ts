import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import type { Permission } from '../src/api/session'
import { landing, PLACES, placesFor, SECTIONS, sectionsFor } from '../src/nav'

const keys = (held: Permission[]) => placesFor(held).map((p) => p.key)

it('shows nobody what they may not open', () => {
  expect(keys([])).toEqual([])
  expect(keys(['registry.read', 'directory.read'])).toEqual(['start', 'covers', 'map', 'ownership', 'admin'])
  expect(keys(['registry.read', 'registry.import', 'report.run'])).toEqual(['start', 'covers', 'map', 'ownership', 'import', 'annex'])
})

it('asks for a right in the whole district where the server does', () => {
  const sections = (held: Permission[], district: Permission[]) => sectionsFor(held, district).map((s) => s.key)
  expect(sections(['user.manage', 'audit.read'], [])).toEqual(['tokens'])
  expect(sections(['user.manage', 'audit.read'], ['user.manage', 'audit.read'])).toEqual(['users', 'audit', 'tokens'])
})

it('lands everybody somewhere they may be', () => {
  expect(landing(['registry.read'])).toBe('/start')
  expect(landing(['audit.read'])).toBe('/admin')
  expect(landing([])).toBe('/account')
})

it('uses only rights that the server knows, and each letter once', () => {
  const rust = readFileSync('../crates/jinggai/src/identity/policy.rs', 'utf8')
  const known = new Set([...rust.matchAll(/= "([a-z]+\.[a-z]+)"/g)].map((m) => m[1]))
  for (const right of [...PLACES.flatMap((p) => p.rights), ...SECTIONS.map((s) => s.right)]) if (right) expect(known).toContain(right)
  expect(new Set(PLACES.map((p) => p.letter)).size).toBe(PLACES.length)
})
