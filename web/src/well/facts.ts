// A record as people read it: only what is recorded, codes by name.
import { name, t } from '../i18n'
import type { FieldSpec } from '../ui/fields'

export interface Fact {
  key: string
  value: string
}

export function facts(specs: readonly FieldSpec[], record: Record<string, unknown>): Fact[] {
  const out: Fact[] = []
  for (const f of specs) {
    const value = record[f.name]
    if (value === null || value === undefined || value === '' || value === false) continue
    let text = String(value)
    if (value === true) text = t('word.yes')
    else if (f.of) text = name(f.of, value)
    else if (f.sort === 'area') text = String(record.area_name ?? value)
    if (f.unit) text += ` ${f.unit}`
    out.push({ key: f.name, value: text })
  }
  return out
}
