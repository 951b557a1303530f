// Areas that somebody drew on the map. The server narrows by box alone, so what lies within a polygon is decided here.
export type Place = readonly [lng: number, lat: number]
export type Degrees = readonly [west: number, south: number, east: number, north: number]
export interface Drawn {
  box: Degrees
  /** The corners of a polygon; a box has none. */
  ring?: readonly Place[]
}

export const boxAround = (ring: readonly Place[]): Degrees => {
  const lng = ring.map((p) => p[0]), lat = ring.map((p) => p[1])
  return [Math.min(...lng), Math.min(...lat), Math.max(...lng), Math.max(...lat)]
}

/** Is the place within the ring? By the number of edges to the east of it. */
export function inside(ring: readonly Place[], [lng, lat]: Place): boolean {
  let odd = false
  ring.forEach(([ax, ay], i) => {
    const [bx, by] = ring[(i + 1) % ring.length]!
    if (ay > lat !== by > lat && lng < ((bx - ax) * (lat - ay)) / (by - ay) + ax) odd = !odd
  })
  return odd
}

/** Seven places are a centimetre: a box that is written never loses a cover on its edge. */
const WRITTEN = 7
export const written = (b: Degrees): string => {
  const unit = 10 ** WRITTEN
  const out = [Math.floor(b[0] * unit), Math.floor(b[1] * unit), Math.ceil(b[2] * unit), Math.ceil(b[3] * unit)]
  return out.map((n) => (n / unit).toFixed(WRITTEN)).join(',')
}

/** The part that two boxes share; undefined when there is none. */
export function shared(a: Degrees, b: Degrees): Degrees | undefined {
  const out: Degrees = [Math.max(a[0], b[0]), Math.max(a[1], b[1]), Math.min(a[2], b[2]), Math.min(a[3], b[3])]
  return out[0] < out[2] && out[1] < out[3] ? out : undefined
}

export function read(bbox: string | null | undefined): Degrees | undefined {
  const parts = (bbox ?? '').split(',').map(Number)
  const [w, s, e, n] = parts
  return parts.length === 4 && parts.every(Number.isFinite) ? [w!, s!, e!, n!] : undefined
}
