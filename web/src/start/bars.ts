// Figures by group, as they are drawn and as they are listed: the chart and the table show the same rows.
import type { Filter } from '../covers/filter'

export interface Bar {
  label: string
  filter: Filter
  total: number
  /** The part of them that has a defect, and its list. */
  part?: number
  partFilter?: Filter
}

/** Rows longest first; those of nothing fall away. */
export const longest = (bars: readonly Bar[]): Bar[] => bars.filter((b) => b.total > 0).sort((a, b) => b.total - a.total)
