import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { changes, errorsOf, filled, given, sent } from '../src/ui/fields'
import { stateOf } from '../src/status'
import { COVER, WELL } from '../src/well/specs'

it('sends only what was changed', () => {
  const record = { kind: 'gas', depth_m: 2.5, road: null, crowded: true, version: 3 }
  const model = { ...filled(WELL, record), depth_m: ' 3 ', road: '  ', crowded: false }
  expect(changes(WELL, record, model)).toEqual({ depth_m: 3, crowded: false })
})

it('sends a number that is none as it was typed, so that the server can say what is wrong', () => {
  expect(sent({ name: 'depth_m', sort: 'real' }, '3m')).toBe('3m')
})

it('leaves empty answers out of a new record', () => {
  expect(given(COVER, { kind: '', condition: 'intact', has_lock: false, size: ' D700 ' })).toEqual({ condition: 'intact', size: 'D700' })
})

it('finds the field of an error below its path', () => {
  const said = [{ field: 'covers[0].size', message: 'a' }, { field: 'road', message: 'b' }]
  expect(errorsOf(said, 'covers[0]')).toEqual({ size: 'a' })
  expect(errorsOf(said).road).toBe('b')
})

it('asks for exactly the fields that the server takes', () => {
  const rust = readFileSync('../crates/jinggai/src/registry/fields.rs', 'utf8')
  const table = (name: string) => {
    const body = new RegExp(`pub const ${name}: &\\[Field\\] = &\\[([\\s\\S]*?)\\n\\];`).exec(rust)?.[1] ?? ''
    return [...body.matchAll(/(?:field|must)\("([a-z_]+)"/g)].map((m) => m[1]).sort()
  }
  expect(table('WELL').length).toBeGreaterThan(10)
  expect(WELL.map((f) => f.name).filter((n) => n !== 'area').sort()).toEqual(table('WELL'))
  expect(COVER.map((f) => f.name).sort()).toEqual(table('COVER'))
})

it('tells the main state as the ledger does', () => {
  const cover = (condition: string, problem: string | null = null, lifecycle = 'in_use') => stateOf({ condition, problem, lifecycle })
  expect([cover('intact'), cover('intact', 'sunk'), cover('lost'), cover('damaged', 'over_age'), cover('intact', null, 'abandoned_pending')]).toEqual(['ok', 'sunk', 'missing', 'damaged', 'abandoned'])
})
