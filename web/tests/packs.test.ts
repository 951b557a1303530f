// What differs between two versions of a rule pack.
import { expect, it } from 'vitest'
import { differences, parsed } from '../src/admin/packs'

it('tells rows by what names them, so that a row put in front changes nothing behind it', () => {
  const before = { pack: { version: 1 }, entries: [{ code: 'H02', level: 'l1', words: ['a'] }] }
  const after = { pack: { version: 2 }, entries: [{ code: 'H01', level: 'l1' }, { code: 'H02', level: 'l2', words: ['a'] }], near_m: 15 }
  expect(differences(before, after)).toEqual([
    { path: 'entries[H02].level', before: 'l1', after: 'l2' },
    { path: 'entries[H01].code', before: undefined, after: 'H01' },
    { path: 'entries[H01].level', before: undefined, after: 'l1' },
    { path: 'near_m', before: undefined, after: '15' },
  ])
  expect(differences(before, before)).toEqual([])
})

it('takes an object for a pack and nothing else', () => {
  expect(parsed('{"a": 1}')).toEqual({ pack: { a: 1 } })
  for (const text of ['[1]', '{', '7']) expect('error' in parsed(text), text).toBe(true)
})
