// 火星坐标 (GCJ-02) as a projection of the map: a base map that is shifted is drawn shifted back, so that covers, clicks
// and everything drawn stay where the ledger has them. The shift is the published approximation that all open
// converters share; it is good to a metre or so, which is for drawing, never for a place that is written down.
import { addCoordinateTransforms, addProjection, fromLonLat, Projection, toLonLat } from 'ol/proj'

export type LngLat = [lng: number, lat: number]

/** Semi-major axis in metres and eccentricity squared of the Krasovsky ellipsoid, which the shift is made on. */
const AXIS = 6378245, EE = 0.006693421622965943
/** Degrees of longitude and latitude around which the shift is a polynomial. */
const LNG0 = 105, LAT0 = 35
const { PI, sin, cos, sqrt, abs } = Math
/** Rounds of the way back; each divides the error by some thousands. */
const ROUNDS = 3
const wave = (a: number, u: number, b: number, w: number) => ((a * sin(u) + b * sin(w)) * 2) / 3

function shift([lng, lat]: LngLat): LngLat {
  const x = lng - LNG0, y = lat - LAT0
  const ripple = wave(20, 6 * x * PI, 20, 2 * x * PI)
  const north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x)) + ripple + wave(20, y * PI, 40, (y * PI) / 3) + wave(160, (y * PI) / 12, 320, (y * PI) / 30)
  const east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x)) + ripple + wave(20, x * PI, 40, (x * PI) / 3) + wave(150, (x * PI) / 12, 300, (x * PI) / 30)
  const phi = (lat * PI) / 180, m = 1 - EE * sin(phi) ** 2
  return [(east * 180) / ((AXIS / sqrt(m)) * cos(phi) * PI), (north * 180) / (((AXIS * (1 - EE)) / (m * sqrt(m))) * PI)]
}

/** Where the shift is in force, generously: elsewhere it is nothing. */
const within = ([lng, lat]: LngLat) => lng > 72.004 && lng < 137.8347 && lat > 0.8293 && lat < 55.8271

/** Where a shifted map draws a place. */
export function toGcj(p: LngLat): LngLat {
  if (!within(p)) return p
  const [dx, dy] = shift(p)
  return [p[0] + dx, p[1] + dy]
}

/** The place that a shifted map draws there. */
export function fromGcj(p: LngLat): LngLat {
  if (!within(p)) return p
  let at = p
  for (let i = 0; i < ROUNDS; i++) {
    const [dx, dy] = shift(at)
    at = [p[0] - dx, p[1] - dy]
  }
  return at
}

/** Web Mercator of shifted places. */
export const GCJ02 = 'GCJ02:3857'
/** Half the width of Web Mercator in metres. */
const HALF = 20037508.342789244
const merc = (turn: (p: LngLat) => LngLat) => (c: number[]) => fromLonLat(turn(toLonLat(c) as LngLat))

let known = false
/** Makes the projection known to the map. */
export function knowGcj(): string {
  if (!known) {
    addProjection(new Projection({ code: GCJ02, units: 'm', extent: [-HALF, -HALF, HALF, HALF], worldExtent: [-180, -85.05, 180, 85.05] }))
    addCoordinateTransforms('EPSG:3857', GCJ02, merc(toGcj), merc(fromGcj))
    addCoordinateTransforms('EPSG:4326', GCJ02, (c) => fromLonLat(toGcj([c[0]!, c[1]!])), (c) => fromGcj(toLonLat(c) as LngLat))
    known = true
  }
  return GCJ02
}
