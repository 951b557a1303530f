// The filter of covers as it stands in the address: the same names as `CoverFilter` on the server, so that a link, a
// figure of annex 1, an export and a tile all mean the same covers. Pure; what a value means is the server's business.
import { ENUMS, type EnumName } from '../codes'
import { STATES } from '../status'

export type Filter = Record<string, string>

export type Sort = 'enum' | 'state' | 'unit' | 'area' | 'flag' | 'text' | 'date' | 'place'
export interface Parameter {
  name: string
  sort: Sort
  of?: EnumName
  /** `none` is a value: not recorded, nobody. */
  none?: boolean
}

const choice = (name: string, of: EnumName, none = false): Parameter => ({ name, sort: 'enum', of, none })
const unit = (name: string): Parameter => ({ name, sort: 'unit', none: true })
const flag = (name: string): Parameter => ({ name, sort: 'flag' })

/** Every parameter in the order in which a menu offers it. */
export const PARAMETERS: readonly Parameter[] = [
  choice('kind', 'kind'),
  { name: 'state', sort: 'state' },
  { name: 'area', sort: 'area', none: true },
  { name: 'road', sort: 'text' },
  unit('owner'),
  unit('maintainer'),
  unit('supervisor'),
  unit('territorial'),
  unit('fallback'),
  unit('unit'),
  unit('responsible'),
  flag('owner_confirmed'),
  flag('owner_known'),
  flag('ownerless'),
  flag('fallback_set'),
  choice('place', 'place', true),
  choice('road_manager', 'road_manager', true),
  choice('material', 'material', true),
  choice('load_class', 'load_class', true),
  choice('lifecycle', 'lifecycle'),
  flag('in_use'),
  choice('condition', 'condition'),
  choice('problem', 'problem', true),
  flag('over_age'),
  flag('outdated'),
  flag('coded'),
  flag('labelled'),
  flag('archived'),
  flag('low_lying'),
  flag('guarded'),
  flag('guard_needed'),
  flag('sensor'),
  flag('crowded'),
  flag('demo'),
  { name: 'as_of', sort: 'date' },
  { name: 'inspected_from', sort: 'date' },
  { name: 'inspected_to', sort: 'date' },
  { name: 'sensor_since', sort: 'date' },
  { name: 'source', sort: 'text' },
  { name: 'near', sort: 'place' },
  { name: 'bbox', sort: 'place' },
]

const BY_NAME = new Map(PARAMETERS.map((p) => [p.name, p]))
export const parameter = (name: string): Parameter | undefined => BY_NAME.get(name)

type Query = Record<string, string | null | (string | null)[] | undefined>

/** Reads the filter out of an address; what is not of the filter (view, order, unknown names) is left alone. */
export function fromQuery(query: Query): Filter {
  const out: Filter = {}
  for (const name of ['q', ...BY_NAME.keys()]) {
    const given = query[name]
    const value = Array.isArray(given) ? given[0] : given
    // `road=` means “no road recorded”; every other empty value means nothing.
    if (typeof value === 'string' && (value !== '' || name === 'road')) out[name] = value
  }
  return out
}

/** The filter as a query string, in one fixed order, so that equal filters are equal texts. */
export function toQuery(filter: Filter): string {
  const out = new URLSearchParams()
  for (const name of ['q', ...BY_NAME.keys()]) {
    const value = filter[name]
    if (value !== undefined && (value !== '' || name === 'road')) out.append(name, value)
  }
  return out.toString()
}

/** The same filter with a parameter set, or removed when the value is undefined. */
export function withValue(filter: Filter, name: string, value: string | undefined): Filter {
  const { [name]: _, ...rest } = filter
  return value === undefined ? rest : { ...rest, [name]: value }
}

/** The single values of a choice. */
export const listed = (value: string | undefined): string[] => (value ? value.split(',').filter((v) => v !== '') : [])

/** The codes a choice may take. */
export function codes(p: Parameter): string[] {
  if (p.sort === 'state') return [...STATES]
  return p.of ? Object.keys(ENUMS[p.of]) : []
}

/** Conditions that somebody set, the free words apart: what chips are shown for. */
export const chips = (filter: Filter): string[] => PARAMETERS.map((p) => p.name).filter((n) => filter[n] !== undefined)
