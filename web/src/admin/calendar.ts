// A year of days off and working days as a calendar shows and changes it. Pure; days are texts, `YYYY-MM-DD`.
import { isObject } from './packs'

export type Mark = 'off' | 'working'
export interface NamedDay { date: string; name: string }
/** Which days differ from Monday to Friday, and why. */
export type Marks = ReadonlyMap<string, { mark: Mark; name: string }>

const DAY_MS = 86_400_000
const text = (at: Date): string => at.toISOString().slice(0, 10)
const utc = (day: string): Date => new Date(`${day}T00:00:00Z`)

export const shift = (day: string, days: number): string => text(new Date(utc(day).getTime() + days * DAY_MS))
/** 0 is Monday. */
export const weekday = (day: string): number => (utc(day).getUTCDay() + 6) % 7
export const isWeekend = (day: string): boolean => weekday(day) > 4

/** The weeks of a month, Monday first; days of other months are empty. */
export function weeksOf(year: number, month: number): string[][] {
  const first = `${year}-${String(month).padStart(2, '0')}-01`
  const days = Array<string>(weekday(first)).fill('')
  for (let day = first; day.slice(0, 7) === first.slice(0, 7); day = shift(day, 1)) days.push(day)
  while (days.length % 7 !== 0) days.push('')
  return Array.from({ length: days.length / 7 }, (_, w) => days.slice(w * 7, w * 7 + 7))
}

/** The marks of a pack of the kind `calendar`. */
export function marksOf(pack: Record<string, unknown>): Map<string, { mark: Mark; name: string }> {
  const out = new Map<string, { mark: Mark; name: string }>()
  for (const mark of ['off', 'working'] as const) for (const d of Array.isArray(pack[mark]) ? (pack[mark] as NamedDay[]) : []) out.set(d.date, { mark, name: d.name })
  return out
}

export function packOf(marks: Marks): { off: NamedDay[]; working: NamedDay[] } {
  const of = (mark: Mark) => [...marks].filter(([, m]) => m.mark === mark).map(([date, m]) => ({ date, name: m.name })).sort((a, b) => a.date.localeCompare(b.date))
  return { off: of('off'), working: of('working') }
}

/** What a day becomes when somebody presses it: only days of a weekend can be worked on beyond the usual. */
export function pressed(marks: Marks, day: string, name: string): Map<string, { mark: Mark; name: string }> {
  const out = new Map(marks), now = out.get(day)?.mark
  if (now === undefined) out.set(day, { mark: 'off', name })
  else if (now === 'off' && isWeekend(day)) out.set(day, { mark: 'working', name: out.get(day)!.name })
  else out.delete(day)
  return out
}

/** Reads the published form, `{"holidays": {"2026-01-01": "New Year's Day,元旦,1"}, "workdays": {…}}`, for one year;
 * undefined when it is something else or says nothing of that year. */
export function published(source: string, year: number): Map<string, { mark: Mark; name: string }> | undefined {
  let read: unknown
  try {
    read = JSON.parse(source)
  } catch {
    return undefined
  }
  if (!isObject(read) || !isObject(read.holidays) || !isObject(read.workdays)) return undefined
  const out = new Map<string, { mark: Mark; name: string }>()
  for (const [key, mark] of [['holidays', 'off'], ['workdays', 'working']] as const) {
    for (const [date, name] of Object.entries(read[key] as Record<string, unknown>)) {
      if (date.startsWith(`${year}-`) && /^\d{4}-\d\d-\d\d$/.test(date)) out.set(date, { mark, name: String(name).split(',')[1] ?? String(name) })
    }
  }
  return out.size > 0 ? out : undefined
}
