// The main state of a cover (附件1) as shape, colour and word: none is told by colour alone. Which of them is urgent
// is a choice of the display, not of the domain: a missing cover is an open hole, the rest waits for a repair.
export type Level = 'ok' | 'attn' | 'hazard' | 'crit' | 'off'

export const LEVELS: Record<string, Level> = {
  ok: 'ok', damaged: 'hazard', sunk: 'hazard', loose: 'hazard', missing: 'crit', abandoned: 'attn',
}
export const STATES = ['ok', 'damaged', 'sunk', 'loose', 'missing', 'abandoned'] as const

export const levelOf = (state: string | null | undefined): Level => LEVELS[state ?? ''] ?? 'off'

/** Main state of a cover from its record, by the rule of the server's ledger. */
export function stateOf(cover: { lifecycle: string; condition: string; problem: string | null }): string {
  const { lifecycle, condition, problem } = cover
  if (problem && problem !== 'ok' && (STATES as readonly string[]).includes(problem)) return problem
  if (condition === 'damaged') return 'damaged'
  if (condition === 'lost') return 'missing'
  return condition === 'abandoned' || lifecycle === 'abandoned_pending' ? 'abandoned' : 'ok'
}
