// The mapping as a person edits it. Pure.
import type { ImportForm, Mapping, Preview } from '../api/imports'

/** The fields of covers in the order in which they are offered. */
export const TARGETS = [
  'external_id', 'code', 'kind', 'lng', 'lat', 'x', 'y', 'road', 'address', 'street_number', 'street_name', 'street_suffix', 'place', 'area', 'grid_code', 'owner', 'maintainer',
  'supervisor', 'material', 'wall_material', 'size', 'diameter', 'length', 'width', 'shape', 'load_class', 'depth', 'ground_elevation', 'bottom_elevation', 'installed_on', 'install_year', 'age',
  'design_life', 'lifecycle', 'condition', 'problem', 'label', 'low_lying', 'crowded', 'blind_track', 'fall_guard', 'sensor', 'lock', 'maker', 'road_manager', 'name', 'note', 'photo', 'accuracy',
  'source_crs', 'source_transform',
] as const

export interface Line {
  target: string
  columns: string[]
  /** Words of the suggestion; empty when the person chose. */
  reason: string
  certainty: string
}

/** The lines of a preview: what is used, with the reason where it was suggested. */
export function lines(preview: Preview): Line[] {
  const used = preview.mapping_used.columns ?? {}
  return TARGETS.filter((t) => (used[t]?.length ?? 0) > 0).map((target) => {
    const columns = used[target] ?? []
    const said = preview.mapping.find((m) => m.target === target && columns.includes(m.column))
    return { target, columns, reason: said?.reason ?? '', certainty: said?.certainty ?? '' }
  })
}

/**
 * The mapping to send: what the person set. A field that was taken away is sent with no column, so that the server does not
 * suggest it again.
 */
export function edited(map: Mapping | undefined, target: string, columns: string[]): Mapping {
  return { ...map, columns: { ...map?.columns, [target]: columns } }
}

/** The form without empty answers. */
export function tidy(form: ImportForm): ImportForm {
  const out = { ...form } as Record<string, unknown>
  for (const [k, v] of Object.entries(out)) if (v === '' || v === undefined || v === null) delete out[k]
  return out as unknown as ImportForm
}
