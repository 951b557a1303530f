// Small words at the foot of the window: what was done, or what was refused.
import { reactive } from 'vue'
import { Problem } from '../api/http'
import { t } from '../i18n'

export interface Toast {
  id: number
  text: string
  bad: boolean
}
export const toasts = reactive<Toast[]>([])
/** How long a success is shown; a refusal stays until it is closed. */
const SHOWN_MS = 4000
let last = 0

export function close(id: number): void {
  const at = toasts.findIndex((x) => x.id === id)
  if (at >= 0) toasts.splice(at, 1)
}

export function say(text: string, bad = false): void {
  const id = ++last
  toasts.push({ id, text, bad })
  if (!bad) setTimeout(() => close(id), SHOWN_MS)
}

/** What to tell a person about an error. */
export function words(e: unknown): string {
  if (!(e instanceof Problem)) return String(e)
  if (e.status === 0) return t('state.offlineShort')
  const more = e.fields.map((f) => f.message).filter((m) => m !== e.message)
  return more.length > 0 ? `${e.message}：${more.join('；')}` : e.message
}

/** Runs something and says how it went; true when it went well. */
export async function attempt(work: () => Promise<unknown>, done?: string): Promise<boolean> {
  try {
    await work()
    if (done) say(done)
    return true
  } catch (e) {
    say(words(e), true)
    return false
  }
}
