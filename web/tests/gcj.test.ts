import { readFileSync } from 'node:fs'
import { fromLonLat, transform } from 'ol/proj'
import { expect, it } from 'vitest'
import { fromGcj, GCJ02, knowGcj, type LngLat, toGcj } from '../src/map/gcj'

/** The vectors that the server's own shift is tested with. */
const rows = readFileSync('../crates/jinggai-geo/tests/data/gcj02_bd09_test_vectors.csv', 'utf8').trim().split('\n').slice(1).map((l) => l.split(',').map(Number))

it('shifts as the open converters do, and back to the last centimetre', () => {
  expect(rows.length).toBeGreaterThan(5)
  for (const [wx = 0, wy = 0, gx = 0, gy = 0] of rows) {
    const there = toGcj([wx, wy]), back = fromGcj(there)
    expect(there[0]).toBeCloseTo(gx, 9)
    expect(there[1]).toBeCloseTo(gy, 9)
    expect(Math.hypot(back[0] - wx, back[1] - wy)).toBeLessThan(1e-7)
  }
})

it('leaves places abroad where they are, and knows the way in the map’s metres', () => {
  const abroad: LngLat = [2.35, 48.86]
  expect(toGcj(abroad)).toEqual(abroad)
  expect(fromGcj(abroad)).toEqual(abroad)
  const [wx = 0, wy = 0, gx = 0, gy = 0] = rows[0]!
  const at = transform(fromLonLat([wx, wy]), 'EPSG:3857', knowGcj()), want = fromLonLat([gx, gy])
  expect(Math.hypot(at[0]! - want[0]!, at[1]! - want[1]!)).toBeLessThan(0.001)
  const back = transform(want, GCJ02, 'EPSG:3857'), from = fromLonLat([wx, wy])
  expect(Math.hypot(back[0]! - from[0]!, back[1]! - from[1]!)).toBeLessThan(0.01)
})
