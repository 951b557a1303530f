// What can be done to many covers at once, as writes of the API for one of them.
import type { CoverItem } from '../api/covers'
import { assign, attach, getCover, getWell, giveCode, patchCover, patchWell } from '../api/wells'
import type { Permission } from '../api/session'
import type { FieldSpec, Model } from '../ui/fields'
import { COVER, WELL } from '../well/specs'
import type { Target, Work } from './bulk'

export type Change = 'cover' | 'well' | 'unit' | 'code'
export const RIGHTS: Record<Change, Permission> = { cover: 'registry.write', well: 'registry.write', unit: 'ownership.decide', code: 'code.issue' }
export const CHANGES = Object.keys(RIGHTS) as Change[]

/** The fields that may be the same for many: a name or a note belongs to one. */
const OWN = new Set(['name', 'note', 'address'])
export const FIELDS: Record<'cover' | 'well', readonly FieldSpec[]> = { cover: COVER.filter((f) => !OWN.has(f.name)), well: WELL.filter((f) => !OWN.has(f.name)) }

const byWell = (change: Change) => change === 'well' || change === 'unit'

/** The records that a change concerns: covers, or their wells, each once. */
export function targets(change: Change, covers: readonly CoverItem[]): Target[] {
  const out = new Map<string, Target>()
  for (const c of covers) {
    const uid = byWell(change) ? c.well_uid : c.uid
    if (!out.has(uid)) out.set(uid, { uid, code: c.code ?? c.label ?? '', well: c.well_uid })
  }
  return [...out.values()]
}

/** The change of one record. Covers are changed on the version that was listed, so that nobody's newer work is lost. */
export function work(change: Change, form: Model, covers: readonly CoverItem[], file?: File): Work {
  const listed = new Map(covers.map((c) => [c.uid, c]))
  if (change === 'cover') {
    return async (row, once) => {
      const version = row.again ? (await getCover(row.uid)).version : listed.get(row.uid)!.version
      const now = await patchCover(row.uid, { ...form, version }, once(0))
      return now.version === version ? 'same' : 'done'
    }
  }
  if (change === 'well') {
    return async (row, once) => {
      const { version } = (await getWell(row.uid)).well
      const now = await patchWell(row.uid, { ...form, version }, once(0))
      return now.version === version ? 'same' : 'done'
    }
  }
  if (change === 'code') {
    return async (row, once) => {
      if (listed.get(row.uid)?.code) return 'same'
      await giveCode(row.uid, form, once(0))
      return 'done'
    }
  }
  const evidence = new Map<string, string>()
  return async (row, once) => {
    if (file && !evidence.has(row.uid)) evidence.set(row.uid, (await attach(row.uid, file, {}, once(1))).uid)
    const proof = evidence.get(row.uid)
    await assign(row.uid, { ...form, ...(proof ? { evidence: [proof] } : {}) }, once(0))
    return 'done'
  }
}
