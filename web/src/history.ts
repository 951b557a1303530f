// What happened, in words.
import type { Entry } from './api/wells'
import { english, i18n, t } from './i18n'

/** The sentence is the server's, in Chinese; in English the thing and what was done to it. */
export function sentence(e: Entry): string {
  if (!english.value) return e.summary
  const key = `admin.subject.${e.subject}`
  return `${i18n.global.te(key) ? t(key) : e.subject}: ${e.action.replaceAll('_', ' ')}`
}
