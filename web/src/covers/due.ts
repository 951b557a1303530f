// How near a deadline is.
import { t } from '../i18n'
import type { Level } from '../status'

/** Days from which a deadline is near. */
const NEAR = 7
export const dueLevel = (left: number): Level => (left < 0 ? 'crit' : left <= NEAR ? 'hazard' : 'attn')
export const dueWords = (left: number): string => (left < 0 ? t('covers.queue.late', { n: -left }) : left === 0 ? t('covers.queue.last') : t('covers.queue.left', { n: left }))
