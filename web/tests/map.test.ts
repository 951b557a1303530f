import { expect, it } from 'vitest'
import { boxAround, inside, read, shared, written } from '../src/map/area'
import { type Cell, degreesOf, extentOf, tileOf } from '../src/map/extent'

type At = [lng: number, lat: number]
/** A server of these covers: single ones from zoom 15 on, below it counts in eight by eight cells of a tile. */
function server(covers: At[]) {
  const asked: Cell[] = []
  const spots = (tile: Cell) => {
    asked.push(tile)
    const [w, s, e, n] = degreesOf(tile)
    const here = covers.filter(([x, y]) => x >= w && x < e && y >= s && y < n)
    if (tile.z >= 15) return Promise.resolve(here.map(([lng, lat]) => ({ lng, lat, n: 1 })))
    const cells = new Map<string, { lng: number; lat: number; n: number }>()
    for (const [x, y] of here) {
      const cell = tileOf(x, y, tile.z + 3), [cw, cs, ce, cn] = degreesOf(cell), name = `${cell.x}/${cell.y}`
      cells.set(name, { lng: (cw + ce) / 2, lat: (cs + cn) / 2, n: (cells.get(name)?.n ?? 0) + 1 })
    }
    return Promise.resolve([...cells.values()])
  }
  return { asked, spots }
}
const holds = ([w = 0, s = 0, e = 0, n = 0]: number[], [x, y]: At) => x >= w && x <= e && y >= s && y <= n

it('finds where covers lie from a handful of tiles', async () => {
  const covers: At[] = [[106.53, 29.57], [106.56, 29.59], [106.545, 29.58]]
  const { asked, spots } = server(covers)
  const found = (await extentOf(spots))!
  expect(asked.length).toBeLessThan(40)
  for (const c of covers) expect(holds(found.box, c)).toBe(true)
  expect(found.box[2] - found.box[0]).toBeLessThan(0.035)
  expect(found.far).toBe(0)
  expect(await extentOf(() => Promise.resolve([]))).toBeUndefined()
  expect(tileOf(0, 0, 1)).toEqual({ z: 1, x: 1, y: 1 })
})

it('fits a whole district closely, whatever cells it happens to cross', async () => {
  const covers: At[] = []
  for (let i = 0; i <= 60; i++) for (let j = 0; j <= 60; j++) covers.push([106.42 + i * 0.006, 29.51 + j * 0.003])
  const { asked, spots } = server(covers)
  const [w, s, e, n] = (await extentOf(spots))!.box
  expect(asked.length).toBeLessThan(60)
  for (const c of [covers[0]!, covers.at(-1)!]) expect(holds([w, s, e, n], c)).toBe(true)
  expect((e - w) / 0.36).toBeLessThan(1.2)
  expect((n - s) / 0.18).toBeLessThan(1.2)
})

it('counts strays apart instead of making one blob of all others', async () => {
  const covers: At[] = Array.from({ length: 2000 }, (_, i) => [106.53 + (i % 40) * 0.0005, 29.57 + Math.floor(i / 40) * 0.0004])
  const found = (await extentOf(server([...covers, [29.57, 56.1], [0.001, 0.001]]).spots))!
  expect(found.far).toBe(2)
  expect(found.box[2] - found.box[0]).toBeLessThan(0.03)
  expect(holds(found.all, [0.001, 0.001])).toBe(true)
  // Two covers in two places are no crowd with strays: both are shown.
  expect((await extentOf(server([[106.5, 29.5], [121.4, 31.2]]).spots))!.far).toBe(0)
})

it('knows what lies within a polygon, also in its bays', () => {
  const bay: At[] = [[0, 0], [4, 0], [4, 4], [2, 1], [0, 4]]
  expect(boxAround(bay)).toEqual([0, 0, 4, 4])
  expect(inside(bay, [0.5, 2])).toBe(true)
  expect(inside(bay, [2, 3])).toBe(false)
  expect(inside(bay, [2, 0.5])).toBe(true)
  expect(inside(bay, [5, 2])).toBe(false)
})

it('writes boxes that lose nothing and reads them again', () => {
  expect(written([106.53000000001, 29.57, 106.53123456789, 29.58])).toBe('106.5300000,29.5700000,106.5312346,29.5800000')
  expect(read('1,2,3,4')).toEqual([1, 2, 3, 4])
  expect([read('1,2,3'), read(''), read('a,b,c,d')]).toEqual([undefined, undefined, undefined])
  expect(shared([0, 0, 2, 2], [1, 1, 3, 3])).toEqual([1, 1, 2, 2])
  expect(shared([0, 0, 1, 1], [2, 2, 3, 3])).toBeUndefined()
})
