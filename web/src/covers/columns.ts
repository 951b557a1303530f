// The columns of the registry.
import type { CoverItem } from '../api/covers'

export interface Column {
  key: string
  /** Pixels, or a share of what is left (below 10). */
  width: number
  mono?: boolean
  /** Order of the server behind it. */
  sort?: string
}

export const COLUMNS: readonly Column[] = [
  { key: 'code', width: 188, mono: true, sort: 'code' },
  { key: 'kind', width: 104 },
  { key: 'state', width: 92 },
  { key: 'road', width: 1.1, sort: 'road' },
  { key: 'address', width: 1.4 },
  { key: 'owner_name', width: 1.2 },
  { key: 'maintainer_name', width: 1.2 },
  { key: 'fallback_name', width: 1.1 },
  { key: 'area_name', width: 120 },
  { key: 'place', width: 104 },
  { key: 'material', width: 112 },
  { key: 'load_class', width: 88 },
  { key: 'size', width: 100, mono: true },
  { key: 'lifecycle', width: 108 },
  { key: 'condition', width: 88 },
  { key: 'problem', width: 120 },
  { key: 'expires_on', width: 110 },
  { key: 'label', width: 180, mono: true },
  { key: 'archived', width: 80 },
  { key: 'guarded', width: 92 },
  { key: 'has_sensor', width: 92 },
  { key: 'low_lying', width: 92 },
  { key: 'crowded', width: 92 },
  { key: 'position', width: 190, mono: true },
  { key: 'updated_at', width: 140, sort: 'updated' },
]
export const SHOWN: readonly string[] = ['code', 'state', 'kind', 'road', 'address', 'owner_name', 'maintainer_name', 'area_name', 'place', 'updated_at']

/** The columns of these keys, in their order; unknown ones (of an older version) fall away. */
export const chosen = (keys: readonly string[]): Column[] =>
  keys.map((k) => COLUMNS.find((c) => c.key === k)).filter((c): c is Column => c !== undefined)

/** The columns as a grid template. */
export const template = (columns: readonly Column[]): string =>
  columns.map((c) => (c.width < 10 ? `minmax(100px, ${c.width}fr)` : `${c.width}px`)).join(' ')

/** Width below which the grid scrolls sideways. */
export const least = (columns: readonly Column[]): number =>
  columns.reduce((sum, c) => sum + (c.width < 10 ? 100 : c.width), 0) + columns.length * 12 + 28

/** The coordinates of an item. */
export const position = (c: CoverItem): string => `${c.lng.toFixed(6)}, ${c.lat.toFixed(6)}`
