// What a list of cases, findings or hazards was narrowed to by a figure of a report, for people. Pure.

/** Parameters that only a figure sets; a list that has one of them says what it shows. */
export const OF_FIGURE = ['facts', 'at', 'filed_from', 'filed_to', 'received_from', 'received_to', 'found_from', 'found_to', 'closed_from', 'closed_to', 'found_as', 'fixed_by', 'lead', 'unit', 'area', 'kind', 'demo', 'own'] as const

type Query = Record<string, string | null | (string | null)[] | undefined>
const one = (q: Query, n: string): string | undefined => (typeof q[n] === 'string' && q[n] !== '' ? (q[n] as string) : undefined)

/** The conditions of a figure, as they stand in an address. */
export const ofFigure = (q: Query): Record<string, string> =>
  Object.fromEntries(OF_FIGURE.flatMap((n) => (one(q, n) === undefined ? [] : [[n, one(q, n)!]])))

/** `facts` apart: what holds, and what does not. */
export const facts = (words: string | undefined): { code: string; not: boolean }[] =>
  (words ?? '').split(',').filter((w) => w !== '').map((w) => ({ code: w.replace(/^-/, ''), not: w.startsWith('-') }))

/** The spans of days that are asked for: which, from, and the last day. */
export function spans(q: Record<string, string>): { of: string; from?: string; to?: string }[] {
  return ['filed', 'received', 'found', 'closed'].flatMap((of) => {
    const from = q[`${of}_from`], to = q[`${of}_to`]
    return from || to ? [{ of, ...(from ? { from } : {}), ...(to ? { to } : {}) }] : []
  })
}
