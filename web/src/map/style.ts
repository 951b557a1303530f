// How covers look on the map: shape, colour, and nothing that moves. Colours follow the theme.
import { Circle, Fill, RegularShape, Stroke, Style, Text } from 'ol/style'
import type { FeatureLike } from 'ol/Feature'
import type { Level } from '../status'
import { levelOf } from '../status'

export interface Colours {
  level: Record<Level, string>
  edge: string
  bubble: string
  rim: string
  ink: string
  line: string
  /** Laid over what was drawn; lets through what is below. */
  veil: string
}

/** The colours of the theme in force. */
export function colours(): Colours {
  const css = getComputedStyle(document.documentElement)
  const of = (name: string) => css.getPropertyValue(name).trim()
  return {
    level: { ok: of('--ok'), attn: of('--attn'), hazard: of('--hazard'), crit: of('--crit'), off: of('--off') },
    edge: of('--panel'), bubble: of('--panel'), rim: of('--line-2'), ink: of('--ink'), line: of('--line'), veil: of('--veil'),
  }
}

/** Metres a pixel below which streets stand apart. */
const NEAR = 2
const FONT = (size: number) => `600 ${size}px "Noto Sans CJK SC", "Microsoft YaHei", sans-serif`
/** Fewest covers that are written as thousands. */
const THOUSAND = 1000
const short = (n: number) => (n >= THOUSAND ? `${(n / THOUSAND).toFixed(n >= 10 * THOUSAND ? 0 : 1)}k` : String(n))

export class Styles {
  private readonly memo = new Map<string, Style[]>()
  /** `scale` makes everything larger, for a screen that is read from afar. */
  constructor(private readonly c: Colours, private readonly scale = 1) {}

  private once(key: string, make: () => Style[]): Style[] {
    const kept = this.memo.get(key) ?? make()
    this.memo.set(key, kept)
    return kept
  }

  /** One cover. */
  cover(state: string, big: boolean): Style[] {
    const level = levelOf(state)
    return this.once(`${level}${big}`, () => [new Style({ image: this.shape(level, big), zIndex: level === 'crit' ? 4 : level === 'hazard' ? 3 : 2 })])
  }

  private shape(level: Level, big: boolean): Circle | RegularShape {
    const fill = new Fill({ color: this.c.level[level] })
    const stroke = new Stroke({ color: this.c.edge, width: 1.2 })
    const size = (big ? 1.5 : 1) * this.scale
    if (level === 'crit') return new RegularShape({ points: 3, radius: 9 * size, fill, stroke: new Stroke({ color: '#ffffff', width: 1.6 }) })
    if (level === 'hazard') return new RegularShape({ points: 4, radius: 6.5 * size, fill, stroke })
    if (level === 'attn') return new RegularShape({ points: 4, radius: 6 * size, angle: Math.PI / 4, fill, stroke })
    if (level === 'off') return new Circle({ radius: 4 * size, stroke: new Stroke({ color: this.c.level.off, width: 1.6 }) })
    return new Circle({ radius: 4.2 * size, fill, stroke })
  }

  /** A count of covers, with a diamond beside it when some of them have a defect. */
  count(n: number, hazards: number): Style[] {
    const radius = Math.round((11 + Math.min(13, Math.sqrt(n) * 0.35)) * this.scale)
    return this.once(`n${short(n)}|${radius}|${hazards > 0}`, () => {
      const text = new Text({ text: short(n), font: FONT(12 * this.scale), fill: new Fill({ color: this.c.ink }) })
      const image = new Circle({ radius, fill: new Fill({ color: this.c.bubble }), stroke: new Stroke({ color: this.c.rim, width: 1.5 }) })
      const out = [new Style({ image, text, zIndex: 1 })]
      if (hazards > 0) {
        const mark = new RegularShape({ points: 4, radius: 5 * this.scale, fill: new Fill({ color: this.c.level.hazard }), stroke: new Stroke({ color: this.c.edge, width: 1 }), displacement: [radius * 0.74, radius * 0.74] })
        out.push(new Style({ image: mark, zIndex: 1 }))
      }
      return out
    })
  }

  /** An open case: a badge around the mark of its level, with a thick rim when it is overdue. */
  case(level: Level, overdue: boolean): Style[] {
    return this.once(`case${level}${overdue}`, () => {
      const zIndex = level === 'crit' ? 9 : level === 'hazard' ? 8 : 7
      const rim = new Stroke({ color: this.c.level[level], width: (overdue ? 4 : 2.2) * this.scale })
      const badge = new Circle({ radius: 12 * this.scale, fill: new Fill({ color: this.c.edge }), stroke: rim })
      return [new Style({ image: badge, zIndex }), new Style({ image: this.shape(level, false), zIndex })]
    })
  }

  /** The outline of an area. */
  area(): Style[] {
    return this.once('area', () => [new Style({ stroke: new Stroke({ color: this.c.level.attn, width: 1.6 * this.scale, lineDash: [6 * this.scale, 5 * this.scale] }) })])
  }

  /** What somebody drew to choose covers. */
  drawn(): Style[] {
    return this.once('drawn', () => [new Style({ stroke: new Stroke({ color: this.c.level.attn, width: 2 }), fill: new Fill({ color: this.c.veil }) })])
  }

  /** The cover that is looked at. */
  chosen(): Style[] {
    return this.once('chosen', () => [new Style({ image: new Circle({ radius: 13, stroke: new Stroke({ color: this.c.level.attn, width: 2.5 }) }), zIndex: 9 })])
  }
}

const shapeOf = (f: FeatureLike) => f.getGeometry()?.getType()

/** Any vector base map, whatever its schema: faint areas, thin lines, names. It is ground, so it stays pale. */
export function groundStyle(c: Colours): (f: FeatureLike) => Style | undefined {
  const edge = new Stroke({ color: c.rim, width: 1 })
  const area = new Style({ fill: new Fill({ color: c.veil }), stroke: new Stroke({ color: c.line, width: 0.8 }) })
  const line = new Style({ stroke: edge })
  return (f) => {
    const kind = shapeOf(f)
    if (kind === 'Polygon' || kind === 'MultiPolygon') return area
    if (kind === 'LineString' || kind === 'MultiLineString') return line
    const text = f.get('name') as unknown
    if (typeof text !== 'string') return undefined
    return new Style({ text: new Text({ text, font: FONT(12), fill: new Fill({ color: c.level.off }), stroke: new Stroke({ color: c.edge, width: 2 }) }) })
  }
}

/** Muted colours of lines by what they carry. A choice of the display: covers must stand out on them. */
const CARRIES: Record<string, readonly [light: string, dark: string]> = {
  water: ['#9cc3e8', '#2f5a80'], reclaimed: ['#9cc3e8', '#2f5a80'], fire: ['#9cc3e8', '#2f5a80'], landscape: ['#9cc3e8', '#2f5a80'],
  sewage: ['#cbb49a', '#665139'], septic: ['#cbb49a', '#665139'], storm: ['#a5cfc9', '#2d605a'], grate: ['#a5cfc9', '#2d605a'],
  gas: ['#dcc78a', '#665724'], oil: ['#dcc78a', '#665724'], heat: ['#e3b79c', '#6e4733'],
  power: ['#d6aebb', '#67404c'], light: ['#d6aebb', '#67404c'], telecom: ['#b3b4dc', '#474a7c'], tv: ['#b3b4dc', '#474a7c'], network: ['#b3b4dc', '#474a7c'], police: ['#b3b4dc', '#474a7c'],
}

/** Lines (管线) by kind. */
export function lineStyle(c: Colours, night: boolean): (f: FeatureLike, resolution: number) => Style | undefined {
  const memo = new Map<string, Style>()
  return (f, resolution) => {
    const kind = f.get('kind') as string | undefined
    if (shapeOf(f) === 'Point' || kind === undefined) return undefined
    const near = resolution < NEAR, key = `${kind}${near}`
    const style = memo.get(key) ?? new Style({ stroke: new Stroke({ color: CARRIES[kind]?.[night ? 1 : 0] ?? c.rim, width: near ? 2 : 1.1 }) })
    memo.set(key, style)
    return style
  }
}
