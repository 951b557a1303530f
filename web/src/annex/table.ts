// The tables of the annexes: their two rows of headers, and the address behind each figure. Pure.
import type { Annex, Annex2, Annex2Column, AnnexColumn, AnnexRow, Span } from '../api/reports'

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

/** A row as the table shows it: values and addresses by column. */
export interface SheetRow {
  key: string
  label: string
  values: Record<string, unknown>
  links: Record<string, string | undefined>
}

/** Columns of 附件1 whose figure has another name. */
const FIGURES: Record<string, string> = { fallback_unit: 'fallback' }

/** The server's address of the covers behind a cell of 附件1; undefined where there is none. */
export function queryOf(row: AnnexRow, column: string): string | undefined {
  const figure = FIGURES[column] ?? column.replace(/^by_kind_/, 'kind_')
  return row.queries[column] ?? row.queries[figure] ?? undefined
}

/** The rows of 附件1 with the total last. */
export function rowsOf1(annex: Annex): SheetRow[] {
  const links = (r: AnnexRow) => Object.fromEntries(annex.columns.map((c) => [c.key, queryOf(r, c.key)]))
  return [...annex.rows, annex.total].map((r) => ({ key: r.key, label: r.label, values: r, links: links(r) }))
}

/** The rows of 附件2 in one span with the total last; the address of a cell is that of the figure its column shows. */
export function rowsOf2(annex: Annex2, span: Span): SheetRow[] {
  return [...annex.rows, annex.total].map((r) => {
    const links = Object.fromEntries(annex.columns.map((c: Annex2Column) => [c.key, c.figure ? r[span].queries[c.figure] : undefined]))
    return { key: r.key, label: r.label, values: r[span].cells, links }
  })
}

/** The lists that figures open, by the server's address of them. */
const LISTS = ['covers', 'hazards', 'cases', 'findings']

/** The address of the console for the rows behind a figure, from the server's address of them. */
export function listAddress(api: string): string {
  const [path = '', query] = api.split('?')
  const list = LISTS.find((l) => path === `/api/v1/${l}`) ?? 'covers'
  return query ? `/${list}?${query}` : `/${list}`
}
