// Where the covers of a filter lie: found from the counts of a handful of tiles, however many covers there are. A few
// covers with a wrong position, far from all others, must not turn the rest into one blob: they are counted apart.
export interface Cell {
  z: number
  x: number
  y: number
}
/** A count of covers at a place in degrees; a single cover counts one. */
export interface Spot {
  lng: number
  lat: number
  n: number
}
export type Box = [west: number, south: number, east: number, north: number]
export interface Extent {
  /** Where the covers are, in degrees. */
  box: Box
  /** Covers left out because they lie far away. */
  far: number
  /** Where all of them are. */
  all: Box
}
/** Counts are given in 2^3 × 2^3 cells of a tile. */
const DEEPER = 3
/** As long as this few cells hold everything, each is looked into. */
const FEW = 12
/** A box this many cells wide or high is exact enough. */
const EXACT = 8
/** The deepest tile that is looked into; it holds single covers, whose places are as good as cells. */
const DEEPEST = 15
/** Share of the covers that may be left out at each side, and how much smaller the box must become by it. */
const STRAYS = 0.002, WORTH = 3

/** Tile column and row of a point in degrees, at a zoom. */
export function tileOf(lng: number, lat: number, z: number): Cell {
  const n = 2 ** z, r = (lat * Math.PI) / 180
  const clamp = (v: number) => Math.min(n - 1, Math.max(0, Math.floor(v)))
  return { z, x: clamp(((lng + 180) / 360) * n), y: clamp(((1 - Math.asinh(Math.tan(r)) / Math.PI) / 2) * n) }
}

/** West, south, east, north of a tile, in degrees. */
export function degreesOf(c: Cell): Box {
  const n = 2 ** c.z
  const lat = (y: number) => (Math.atan(Math.sinh(Math.PI * (1 - (2 * y) / n))) * 180) / Math.PI
  return [(c.x / n) * 360 - 180, lat(c.y + 1), ((c.x + 1) / n) * 360 - 180, lat(c.y)]
}

type Counted = Cell & { n: number }
interface Span {
  x0: number
  x1: number
  y0: number
  y1: number
}
const least = (n: number[]) => n.reduce((a, b) => Math.min(a, b)), most = (n: number[]) => n.reduce((a, b) => Math.max(a, b))
const spanOf = (cells: readonly Cell[]): Span => {
  const xs = cells.map((c) => c.x), ys = cells.map((c) => c.y)
  return { x0: least(xs), x1: most(xs), y0: least(ys), y1: most(ys) }
}
const within = (s: Span) => (c: Cell) => c.x >= s.x0 && c.x <= s.x1 && c.y >= s.y0 && c.y <= s.y1
const side = (s: Span) => Math.max(s.x1 - s.x0, s.y1 - s.y0) + 1
const sum = (cells: readonly Counted[]) => cells.reduce((n, c) => n + c.n, 0)
const box = (z: number, s: Span): Box => {
  const [w, , , n] = degreesOf({ z, x: s.x0, y: s.y0 })
  const [, south, e] = degreesOf({ z, x: s.x1, y: s.y1 })
  return [w, south, e, n]
}

/** First and last place along an axis when a small share at either end is left out. */
function middle(cells: readonly Counted[], at: (c: Cell) => number, total: number): [number, number] {
  const sorted = [...cells].sort((a, b) => at(a) - at(b))
  const cut = Math.floor(total * STRAYS)
  const first = (list: Counted[]) => {
    let passed = 0
    return at(list.find((c) => (passed += c.n) > cut) ?? list[0]!)
  }
  return [first(sorted), first([...sorted].reverse())]
}

/** The span of nearly all covers, when it is very much smaller than that of all. */
function bulk(cells: readonly Counted[]): Span {
  const all = spanOf(cells), total = sum(cells)
  const [x0, x1] = middle(cells, (c) => c.x, total), [y0, y1] = middle(cells, (c) => c.y, total)
  const most = { x0, x1, y0, y1 }
  return side(all) >= side(most) * WORTH ? most : all
}

/** Finds the box of the covers; `spots` gives the counts of a tile. */
export async function extentOf(spots: (tile: Cell) => Promise<Spot[]>): Promise<Extent | undefined> {
  let tiles: Cell[] = [{ z: 0, x: 0, y: 0 }]
  let far = 0
  let strays: Box | undefined
  for (;;) {
    const found = new Map<string, Counted>()
    const z = tiles[0]!.z + DEEPER
    for (const s of (await Promise.all(tiles.map(spots))).flat()) {
      const cell = tileOf(s.lng, s.lat, z), name = `${cell.x}/${cell.y}`
      found.set(name, { ...cell, n: (found.get(name)?.n ?? 0) + s.n })
    }
    const cells = [...found.values()]
    if (cells.length === 0) return undefined
    const span = bulk(cells), kept = cells.filter(within(span))
    if (kept.length < cells.length) {
      far += sum(cells) - sum(kept)
      strays ??= box(z, spanOf(cells))
    }
    if (z > DEEPEST || (kept.length > FEW && side(span) >= EXACT)) {
      const seen = box(z, spanOf(kept))
      return { box: seen, far, all: strays ?? seen }
    }
    // Only the outermost cells say more about the box than is known.
    const s = spanOf(kept)
    const rim = (c: Cell) => c.x === s.x0 || c.x === s.x1 || c.y === s.y0 || c.y === s.y1
    tiles = kept.length <= FEW ? kept : kept.filter(rim)
  }
}
