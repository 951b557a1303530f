// How much time is left, in words and as a level: never by colour alone.
import { t } from '../i18n'
import type { Level } from '../status'

const MINUTE = 60_000, HOUR = 60 * MINUTE, DAY = 24 * HOUR
/** Less than this is close. */
const CLOSE = 4 * HOUR

/** A stretch of time in its largest unit that says something. */
export function stretch(ms: number): string {
  const n = Math.abs(ms)
  if (n < HOUR) return t('cases.minutes', { n: Math.max(1, Math.floor(n / MINUTE)) })
  if (n < 2 * DAY) return t('cases.hours', { n: Math.floor(n / HOUR) })
  return t('cases.days', { n: Math.floor(n / DAY) })
}

/** What a deadline says now; nothing when no clock runs. */
export function left(due: string | null | undefined, now: number): { words: string; level: Level } | undefined {
  if (!due) return undefined
  const ms = new Date(due).getTime() - now
  if (ms < 0) return { words: t('cases.late', { n: stretch(ms) }), level: 'crit' }
  return { words: t('cases.left', { n: stretch(ms) }), level: ms < CLOSE ? 'hazard' : 'ok' }
}

/** Level of a hazard as a mark. */
export const mark = (level: string): Level => ({ l1: 'crit', l2: 'hazard', l3: 'attn' })[level] as Level | undefined ?? 'off'
