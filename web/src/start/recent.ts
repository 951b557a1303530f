// What happened last in one's own part of the district, in words: the covers changed last, with the newest entry of
// the history of their wells.
import { type CoverItem, listCovers } from '../api/covers'
import { type Entry, timeline } from '../api/wells'
import { each } from './each'

export interface Recent {
  cover: CoverItem
  entry: Entry
}
/** Covers looked at for each entry that is wanted: the covers of a well change together. */
const SPARE = 3

export async function recent(n: number): Promise<Recent[]> {
  const { items } = await listCovers('', n * SPARE, undefined, 'updated')
  const wells = new Map<string, CoverItem>()
  for (const c of items) if (!wells.has(c.well_uid)) wells.set(c.well_uid, c)
  const found = await each([...wells.values()].slice(0, n), async (cover) => ({ cover, entry: (await timeline(cover.well_uid, undefined, 1)).items[0] }))
  return found.filter((r): r is Recent => r.entry !== undefined).sort((a, b) => b.entry.seq - a.entry.seq)
}
