// Work on many things, only a few at a time, so that a page does not stand in the way of somebody's work.

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
