// The fields of wells, covers and what belongs to them, as the server's tables name them (`registry/fields.rs`).
import type { FieldSpec } from '../ui/fields'

const text = (name: string, more: Partial<FieldSpec> = {}): FieldSpec => ({ name, sort: 'text', ...more })
const code = (name: string, of: FieldSpec['of'], more: Partial<FieldSpec> = {}): FieldSpec => ({ name, sort: 'code', of, ...more })
const flag = (name: string, group?: string): FieldSpec => ({ name, sort: 'flag', group })

export const WELL: readonly FieldSpec[] = [
  code('kind', 'kind', { required: true, group: 'well.group.what' }),
  text('name', { group: 'well.group.what' }),
  { name: 'area', sort: 'area', group: 'well.group.where' },
  text('grid_code', { group: 'well.group.where' }),
  text('road', { group: 'well.group.where' }),
  text('address', { group: 'well.group.where' }),
  code('place', 'place', { group: 'well.group.where' }),
  code('road_manager', 'road_manager', { group: 'well.group.where' }),
  code('accuracy', 'accuracy', { group: 'well.group.where' }),
  flag('crowded', 'well.group.surroundings'),
  flag('low_lying', 'well.group.surroundings'),
  flag('blind_track', 'well.group.surroundings'),
  flag('emergency_vehicles', 'well.group.surroundings'),
  { name: 'depth_m', sort: 'real', unit: 'm', group: 'well.group.shaft' },
  text('wall_material', { group: 'well.group.shaft' }),
  { name: 'ground_elevation_m', sort: 'real', unit: 'm', group: 'well.group.shaft' },
  { name: 'bottom_elevation_m', sort: 'real', unit: 'm', group: 'well.group.shaft' },
  { name: 'note', sort: 'long', group: 'well.group.shaft' },
]

export const COVER: readonly FieldSpec[] = [
  code('kind', 'kind', { required: true, group: 'well.group.state' }),
  code('condition', 'condition', { required: true, group: 'well.group.state' }),
  code('problem', 'problem', { group: 'well.group.state' }),
  code('shape', 'shape', { group: 'well.group.body' }),
  { name: 'size', sort: 'size', group: 'well.group.body' },
  code('material', 'material', { group: 'well.group.body' }),
  code('load_class', 'load_class', { group: 'well.group.body' }),
  { name: 'mass_kg', sort: 'real', unit: 'kg', group: 'well.group.body' },
  flag('has_lock', 'well.group.body'),
  flag('has_sensor', 'well.group.body'),
  { name: 'installed_on', sort: 'partial', group: 'well.group.life' },
  { name: 'design_life_years', sort: 'whole', group: 'well.group.life' },
  text('maker', { group: 'well.group.life' }),
  text('standard', { group: 'well.group.life' }),
  text('batch', { group: 'well.group.life' }),
  { name: 'note', sort: 'long', group: 'well.group.life' },
]

/** The fields that a new cover shows beside: its stage. */
export const STAGES = ['planned', 'in_construction', 'pending_acceptance', 'in_use'] as const
export const NEW_COVER: readonly FieldSpec[] = [
  code('lifecycle', 'lifecycle', { only: STAGES, group: 'well.group.state' }),
  ...COVER.filter((f) => f.name !== 'kind'),
  text('label', { group: 'well.group.numbers' }),
]

export const RESPONSIBILITY: readonly FieldSpec[] = [
  code('role', 'responsibility', { required: true }),
  { name: 'unit', sort: 'unit', required: true },
  { name: 'valid_from', sort: 'day' },
  flag('confirmed'),
  { name: 'basis', sort: 'long' },
  { name: 'funding', sort: 'text', wide: true },
]

export const GUARD: readonly FieldSpec[] = [
  { name: 'quantity', sort: 'whole', required: true },
  { name: 'installed_on', sort: 'day' },
  { name: 'tested_on', sort: 'day' },
  { name: 'tested_load_kg', sort: 'real', unit: 'kg' },
  { name: 'next_test_on', sort: 'day' },
  { name: 'replace_on', sort: 'day' },
  { name: 'note', sort: 'long' },
]
export const GUARD_KINDS = ['net', 'plate', 'inner_cover', 'other'] as const

export const LABEL: readonly FieldSpec[] = [
  { name: 'number', sort: 'text', required: true },
  { name: 'fixed_on', sort: 'day' },
  { name: 'material', sort: 'text' },
]
