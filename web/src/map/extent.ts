// Where the covers of a filter lie: found from the counts of a handful of tiles, however many covers there are.
export interface Cell {
  z: number
  x: number
  y: number
}
/** Counts are given in 2^3 × 2^3 cells of a tile. */
const DEEPER = 3
/** As long as this few cells hold everything, each is looked into. */
const FEW = 12
/** The deepest tile that is looked into; it holds single covers, whose places are as good as cells. */
const DEEPEST = 15

/** Tile column and row of a point in degrees, at a zoom. */
export function tileOf(lng: number, lat: number, z: number): Cell {
  const n = 2 ** z, r = (lat * Math.PI) / 180
  const clamp = (v: number) => Math.min(n - 1, Math.max(0, Math.floor(v)))
  return { z, x: clamp(((lng + 180) / 360) * n), y: clamp(((1 - Math.asinh(Math.tan(r)) / Math.PI) / 2) * n) }
}

/** West, south, east, north of a tile, in degrees. */
export function degreesOf(c: Cell): [number, number, number, number] {
  const n = 2 ** c.z
  const lat = (y: number) => (Math.atan(Math.sinh(Math.PI * (1 - (2 * y) / n))) * 180) / Math.PI
  return [(c.x / n) * 360 - 180, lat(c.y + 1), ((c.x + 1) / n) * 360 - 180, lat(c.y)]
}

/** Finds the box of all covers; `middles` gives the middles of the cells of a tile that hold any. */
export async function boxOf(middles: (tile: Cell) => Promise<[number, number][]>): Promise<[number, number, number, number] | undefined> {
  let tiles: Cell[] = [{ z: 0, x: 0, y: 0 }]
  for (;;) {
    const found = new Map<string, Cell>()
    const z = tiles[0]!.z + DEEPER
    for (const [lng, lat] of (await Promise.all(tiles.map(middles))).flat()) {
      const cell = tileOf(lng, lat, z)
      found.set(`${cell.x}/${cell.y}`, cell)
    }
    const cells = [...found.values()]
    if (cells.length === 0) return undefined
    if (cells.length <= FEW && z <= DEEPEST) {
      tiles = cells
      continue
    }
    const boxes = cells.map(degreesOf)
    const side = (i: number, f: (...n: number[]) => number) => f(...boxes.map((b) => b[i]!))
    return [side(0, Math.min), side(1, Math.min), side(2, Math.max), side(3, Math.max)]
  }
}
