// A tree out of rows that name what stands above them. Pure.
export interface Node {
  code: string
  name: string
  parent?: string | null
}
export interface Branch<T> {
  item: T
  depth: number
  children: number
}

/** Depth-first rows of what is open; with words, what matches and all above it. A row whose parent is unknown is a root. */
export function rows<T extends Node>(items: readonly T[], open: ReadonlySet<string>, words = ''): Branch<T>[] {
  const codes = new Set(items.map((i) => i.code))
  const below = new Map<string, T[]>()
  for (const i of items) {
    const above = i.parent && codes.has(i.parent) ? i.parent : ''
    below.set(above, [...(below.get(above) ?? []), i])
  }
  const q = words.trim().toLowerCase()
  const hit = new Map<string, boolean>()
  const matches = (i: T): boolean => {
    const known = hit.get(i.code)
    if (known !== undefined) return known
    hit.set(i.code, false)
    const own = i.name.toLowerCase().includes(q) || i.code.toLowerCase().includes(q)
    const found = own || (below.get(i.code) ?? []).some(matches)
    hit.set(i.code, found)
    return found
  }
  const out: Branch<T>[] = []
  const walk = (above: string, depth: number) => {
    for (const item of below.get(above) ?? []) {
      if (q && !matches(item)) continue
      const children = below.get(item.code)?.length ?? 0
      out.push({ item, depth, children })
      if (children > 0 && (q || open.has(item.code))) walk(item.code, depth + 1)
    }
  }
  walk('', 0)
  return out
}
