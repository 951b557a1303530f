// How covers look on the map: shape, colour, and nothing that moves. Colours follow the theme.
import { Circle, Fill, RegularShape, Stroke, Style, Text } from 'ol/style'
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
      const text = new Text({ text: short(n), font: `600 ${12 * this.scale}px "Noto Sans CJK SC", "Microsoft YaHei", sans-serif`, fill: new Fill({ color: this.c.ink }) })
      const image = new Circle({ radius, fill: new Fill({ color: this.c.bubble }), stroke: new Stroke({ color: this.c.rim, width: 1.5 }) })
      const out = [new Style({ image, text, zIndex: 1 })]
      if (hazards > 0) {
        const mark = new RegularShape({ points: 4, radius: 5 * this.scale, fill: new Fill({ color: this.c.level.hazard }), stroke: new Stroke({ color: this.c.edge, width: 1 }), displacement: [radius * 0.74, radius * 0.74] })
        out.push(new Style({ image: mark, zIndex: 1 }))
      }
      return out
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
