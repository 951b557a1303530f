// Totals of many lists. Each is one question; only a few are asked at a time, so that a page of figures does not stand
// in the way of somebody's work.
import { listCovers } from '../api/covers'
import { type Filter, toQuery } from '../covers/filter'

/** Questions under way at a time. */
const ABREAST = 3

/** Runs the work for each of the items, a few at a time, and keeps their order. */
export async function each<T, R>(items: readonly T[], work: (item: T) => Promise<R>, abreast = ABREAST): Promise<R[]> {
  const out: R[] = []
  let next = 0
  const lane = async () => {
    for (let i = next++; i < items.length; i = next++) out[i] = await work(items[i]!)
  }
  await Promise.all(Array.from({ length: Math.min(abreast, items.length) }, lane))
  return out
}

/** How many covers each filter means. */
export const tally = (filters: readonly Filter[]): Promise<number[]> => each(filters, async (f) => (await listCovers(toQuery(f), 1)).total)
