// The table of 附件1: its two rows of headers, and the address behind each figure. Pure.
import type { AnnexColumn, AnnexRow } from '../api/reports'

export interface Head {
  key: string
  zh: string
  en: string
  columns: number
  rows: number
}

/** Two rows of headers: columns of one group stand under it, others reach over both rows. */
export function heads(columns: readonly AnnexColumn[]): [Head[], Head[]] {
  const upper: Head[] = [], lower: Head[] = []
  const grouped = columns.some((c) => c.group_zh)
  columns.forEach((c, i) => {
    if (!c.group_zh) {
      upper.push({ key: c.key, zh: c.zh, en: c.en, columns: 1, rows: grouped ? 2 : 1 })
      return
    }
    const last = upper.at(-1)
    if (last && last.key === `group:${c.group_zh}` && columns[i - 1]?.group_zh === c.group_zh) last.columns++
    else upper.push({ key: `group:${c.group_zh}`, zh: c.group_zh, en: c.group_en ?? c.group_zh, columns: 1, rows: 1 })
    lower.push({ key: c.key, zh: c.zh, en: c.en, columns: 1, rows: 1 })
  })
  return [upper, lower]
}

/** Columns whose figure has another name. */
const FIGURES: Record<string, string> = { fallback_unit: 'fallback' }

/** The server's address of the covers behind a cell; undefined where there is none. */
export function queryOf(row: AnnexRow, column: string): string | undefined {
  const figure = FIGURES[column] ?? column.replace(/^by_kind_/, 'kind_')
  return row.queries[column] ?? row.queries[figure] ?? undefined
}
