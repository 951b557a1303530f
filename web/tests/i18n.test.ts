import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { ENUMS } from '../src/codes'
import { PAIRS, type Pairs } from '../src/i18n'

type Flat = Map<string, readonly [string, string]>
function flat(pairs: Pairs, path = '', out: Flat = new Map()): Flat {
  for (const [key, value] of Object.entries(pairs)) {
    const at = path ? `${path}.${key}` : key
    if (Array.isArray(value)) out.set(at, value as unknown as readonly [string, string])
    else flat(value as Pairs, at, out)
  }
  return out
}
const all = flat(PAIRS)
const holes = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1]).sort()

it('has both languages for every message, with the same places to fill', () => {
  expect(all.size).toBeGreaterThan(400)
  for (const [key, [zh, en]] of all) {
    expect(zh.trim(), key).not.toBe('')
    expect(en.trim(), key).not.toBe('')
    expect(holes(en), key).toEqual(holes(zh))
    // “中文” is what the button says to somebody who reads English.
    if (key !== 'top.language') expect(/\p{Script=Han}/u.test(en), `${key}: ${en}`).toBe(false)
  }
})

function* sources(folder: string): Generator<string> {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name)
    if (statSync(path).isDirectory()) yield* sources(path)
    else if (/\.(vue|ts)$/.test(name)) yield path
  }
}

it('has every message that the pages ask for', () => {
  const missing: string[] = []
  const tops = new Set(Object.keys(PAIRS))
  for (const path of sources('src')) {
    if (path.includes('i18n/')) continue
    const text = readFileSync(path, 'utf8')
    // Whatever looks like a key of ours is one.
    for (const m of text.matchAll(/'([a-z]+\.[A-Za-z][\w.]*)'/g)) if (tops.has(m[1]!.split('.')[0]!) && !all.has(m[1]!)) missing.push(`${path}: ${m[1]}`)
    // Keys made of a beginning and a code: the beginning must be there.
    for (const m of text.matchAll(/\bt\(\s*`([\w.]+)\.\$\{/g)) if (![...all.keys()].some((k) => k.startsWith(`${m[1]}.`))) missing.push(`${path}: ${m[1]}.*`)
  }
  expect(missing).toEqual([])
})

it('leaves no Chinese in the pages themselves', () => {
  const found: string[] = []
  for (const path of sources('src')) {
    if (/i18n\/|codes\.ts$|schema\.d\.ts$/.test(path)) continue
    const code = readFileSync(path, 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$|<!--[\s\S]*?-->/gm, '')
    for (const m of code.matchAll(/[\p{Script=Han}]{2,}/gu)) found.push(`${path}: ${m[0]}`)
  }
  expect(found).toEqual([])
})

it('names the codes of the domain as the server does', () => {
  const folder = '../crates/jinggai-rules/src/kinds'
  const rust = [...readdirSync(folder).map((n) => join(folder, n)), '../crates/jinggai-rules/src/workflow.rs', '../crates/jinggai-rules/src/hazards.rs', '../crates/jinggai-rules/src/case_rules.rs'].filter((p) => { try { return statSync(p).isFile() } catch { return false } }).map((p) => readFileSync(p, 'utf8')).join('\n')
  const types: Record<keyof typeof ENUMS, string> = { kind: 'CoverKind', lifecycle: 'Lifecycle', condition: 'Condition', problem: 'Problem', place: 'Place', material: 'Material', load_class: 'LoadClass', shape: 'Shape', road_manager: 'RoadManager', accuracy: 'AccuracyClass', responsibility: 'ResponsibilityRole', unit_kind: 'UnitKind', area_level: 'AreaLevel', move: 'LifecycleMove', case_state: 'CaseState', case_move: 'CaseMove', desk: 'Desk', case_guard: 'CaseGuard', level: 'Level', treatment: 'Treatment', source: 'Source', measure: 'Measure' }
  for (const [name, type] of Object.entries(types)) {
    const body = new RegExp(`pub enum ${type} \\{([\\s\\S]*?)\\n    \\}\\n\\}`).exec(rust)?.[1] ?? ''
    const server = [...body.matchAll(/\w+ = "([a-z_0-9]+)",\s*"([^"]+)",\s*"([^"]+)"/g)].map((m) => [m[1], [m[2], m[3]]])
    expect(Object.fromEntries(server), name).toEqual(ENUMS[name as keyof typeof ENUMS])
  }
})
