// One figure across the rows of the indicators.
import type { IndicatorRow } from '../api/reports'
import { share } from '../i18n'

/** A share as people write it. */
export const percent = (n: number | null | undefined): string => (typeof n === 'number' ? `${share(n)}%` : '—')

export interface Line {
  row: IndicatorRow
  value: number | null
}

/** The rows by the score, or by one indicator; the highest first, those without one last. */
export function compared(rows: readonly IndicatorRow[], indicator?: string): Line[] {
  const value = (r: IndicatorRow) => (indicator ? (r.indicators[indicator]?.percent ?? null) : r.score.total)
  return rows.map((row) => ({ row, value: value(row) })).sort((a, b) => (b.value ?? -1) - (a.value ?? -1))
}

/** Why a row has no place: nobody answers for it, or there was nothing to judge. */
export const unranked = (r: IndicatorRow): 'nobody' | 'nothing' | undefined =>
  r.score.rank !== null ? undefined : r.score.total === null ? 'nothing' : 'nobody'
