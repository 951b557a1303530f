// Rule packs as text and as rows: what an editor starts with, and what differs between two versions. Pure.
import type { Json } from '../api/rules'

/** What tells one row of a list from another, so that a row put in between does not change all behind it. */
const NAMES = ['code', 'key', 'id', 'level', 'date', 'kind', 'place', 'material', 'name'] as const

export const isObject = (v: unknown): v is Json => typeof v === 'object' && v !== null && !Array.isArray(v)
/** Rows, when it is a list of objects. */
export const rowsOf = (v: unknown): Json[] | undefined => (Array.isArray(v) && v.length > 0 && v.every(isObject) ? v : undefined)

/** The content without its head: the head is asked for apart. */
export function content(pack: Json): Json {
  const { pack: _, ...rest } = pack
  return rest
}

export interface Difference { path: string; before?: string; after?: string }

const scalar = (v: unknown): string => (typeof v === 'string' ? v : JSON.stringify(v))
/** The member that names each row of a list differently. */
const namedBy = (rows: Json[]): string | undefined => NAMES.find((n) => new Set(rows.map((r) => r[n])).size === rows.length && rows.every((r) => typeof r[n] === 'string'))

function flatten(value: unknown, path: string, out: Map<string, string>): Map<string, string> {
  const rows = rowsOf(value)
  if (rows) {
    const by = namedBy(rows)
    rows.forEach((r, i) => flatten(r, `${path}[${by ? String(r[by]) : i + 1}]`, out))
  } else if (isObject(value)) for (const [k, v] of Object.entries(value)) flatten(v, path ? `${path}.${k}` : k, out)
  else out.set(path, scalar(value))
  return out
}

/** What differs, each with its place. */
export function differences(before: Json, after: Json): Difference[] {
  const a = flatten(content(before), '', new Map()), b = flatten(content(after), '', new Map())
  return [...new Set([...a.keys(), ...b.keys()])].filter((k) => a.get(k) !== b.get(k)).map((path) => ({ path, before: a.get(path), after: b.get(path) }))
}

/** The columns of a list of objects, in the order in which they first appear. */
export const columnsOf = (rows: Json[]): string[] => [...new Set(rows.flatMap((r) => Object.keys(r)))]

/** Reads an object; the error says where it is broken. */
export function parsed(text: string): { pack: Json } | { error: string } {
  try {
    const pack: unknown = JSON.parse(text)
    return isObject(pack) ? { pack } : { error: '{…}' }
  } catch (e) {
    return { error: e instanceof Error ? e.message : String(e) }
  }
}
