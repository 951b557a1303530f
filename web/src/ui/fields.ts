// What a form asks: the same names as the server's tables, so that its errors find their field.
import type { EnumName } from '../codes'

export type FieldSort = 'text' | 'long' | 'code' | 'real' | 'whole' | 'flag' | 'day' | 'partial' | 'size' | 'unit' | 'area'

export interface FieldSpec {
  name: string
  sort: FieldSort
  /** The enumeration of a `code`. */
  of?: EnumName
  /** Only these codes. */
  only?: readonly string[]
  required?: boolean
  /** Unit of a number. */
  unit?: string
  /** Key of a hint. */
  hint?: string
  wide?: boolean
  /** Group it stands in. */
  group?: string
}

export type Model = Record<string, unknown>

/** The value as the server takes it; blank is null. */
export function sent(spec: FieldSpec, value: unknown): unknown {
  if (spec.sort === 'flag') return value === true
  if (value === undefined || value === null || value === '') return null
  if (spec.sort === 'real' || spec.sort === 'whole') {
    const n = Number(value)
    return Number.isFinite(n) ? n : value
  }
  return typeof value === 'string' ? value.trim() || null : value
}

/** The fields that differ from the record, as the server takes them. */
export function changes(specs: readonly FieldSpec[], before: Model, after: Model): Model {
  const out: Model = {}
  for (const spec of specs) {
    const now = sent(spec, after[spec.name])
    if (now !== sent(spec, before[spec.name])) out[spec.name] = now
  }
  return out
}

/** The fields of a record, as a form holds them. */
export function filled(specs: readonly FieldSpec[], record: Model): Model {
  const out: Model = {}
  for (const spec of specs) {
    const value = record[spec.name]
    out[spec.name] = spec.sort === 'flag' ? value === true : (value ?? '')
  }
  return out
}

/** The fields that were filled in, for a new record. */
export function given(specs: readonly FieldSpec[], model: Model): Model {
  const out: Model = {}
  for (const spec of specs) {
    const value = sent(spec, model[spec.name])
    if (value !== null && value !== false) out[spec.name] = value
  }
  return out
}

/** Errors of a refusal by field, below a path such as `covers[0]`. */
export function errorsOf(fields: readonly { field: string; message: string }[], under = ''): Record<string, string> {
  const out: Record<string, string> = {}
  for (const f of fields) {
    if (!f.field.startsWith(under)) continue
    const name = f.field.slice(under.length).replace(/^\./, '')
    if (name) out[name] ??= f.message
  }
  return out
}
