// Chinese first, English complete: every message is a pair, so that neither can be forgotten.
import { computed } from 'vue'
import { createI18n } from 'vue-i18n'
import { speak } from '../api/http'
import { ENUMS, type EnumName } from '../codes'
import { admin } from './admin'
import { annex } from './annex'
import { bulk } from './bulk'
import { cases } from './cases'
import { covers } from './covers'
import { imports } from './imports'
import { indicators, period, ranking } from './period'
import { plans, renewal } from './plans'
import { calendar, outbox, rules } from './rules'
import { screen } from './screen'
import { shell } from './shell'
import { start } from './start'
import { well } from './well'

export type Pairs = { [key: string]: readonly [zh: string, en: string] | Pairs }
type Messages = { [key: string]: string | Messages }

export const PAIRS: Pairs = { ...shell, covers, cases, bulk, start, screen, well, imports, annex, period, indicators, ranking, admin, rules, calendar, outbox, plans, renewal }

function side(pairs: Pairs, at: 0 | 1): Messages {
  const out: Messages = {}
  for (const [key, value] of Object.entries(pairs)) {
    out[key] = Array.isArray(value) ? (value[at] as string) : side(value as Pairs, at)
  }
  return out
}

export type Language = 'zh' | 'en'
const kept = (): Language => (localStorage.getItem('language') === 'en' ? 'en' : 'zh')

export const i18n = createI18n({
  legacy: false,
  locale: kept() as string,
  fallbackLocale: 'zh',
  messages: { zh: side(PAIRS, 0), en: side(PAIRS, 1) },
})

export const t = i18n.global.t
export const english = computed(() => i18n.global.locale.value === 'en')

export function setLanguage(language: Language): void {
  i18n.global.locale.value = language
  localStorage.setItem('language', language)
  document.documentElement.lang = language === 'en' ? 'en' : 'zh-CN'
  document.title = t('app')
  speak(language === 'en' ? 'en' : 'zh-CN')
}

/** The name of a code of an enumeration; the code itself when it is not known here. */
export function name(of: EnumName, code: unknown): string {
  if (typeof code !== 'string' || code === '') return ''
  const pair = (ENUMS[of] as Record<string, readonly [string, string]>)[code]
  return pair ? pair[english.value ? 1 : 0] : code
}

/** A count, grouped by thousands. */
export const count = (n: number): string => n.toLocaleString(english.value ? 'en' : 'zh-CN')

/** A share, points or money: always two decimals. */
export const share = (n: number): string => n.toLocaleString(english.value ? 'en' : 'zh-CN', { minimumFractionDigits: 2, maximumFractionDigits: 2 })

/** The district's own time, whatever the clock of the machine says. */
const CLOCK = { timeZone: 'Asia/Shanghai', hour12: false } as const
/** Today in the district, `YYYY-MM-DD`. */
export const today = (): string => new Intl.DateTimeFormat('sv-SE', { timeZone: CLOCK.timeZone, dateStyle: 'short' }).format(new Date())

export function moment(at: string | null | undefined, seconds = false): string {
  if (!at) return ''
  const parts = new Intl.DateTimeFormat('sv-SE', {
    ...CLOCK, dateStyle: 'short', timeStyle: seconds ? 'medium' : 'short',
  })
  return parts.format(new Date(at))
}
