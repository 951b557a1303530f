// One change to many records: each is a request, an event and an outcome of its own. What one refuses, the others do
// not feel; when the line breaks the rest waits and goes on, and a write whose answer was lost is never done twice.
import { reactive } from 'vue'
import { key, Problem } from '../api/http'

export type Outcome = 'waiting' | 'working' | 'done' | 'same' | 'refused'
export interface Target {
  uid: string
  /** What a person calls it. */
  code: string
  /** The file that is opened for it. */
  well: string
}
export interface Row extends Target {
  outcome: Outcome
  why: string
  /** Tried again: somebody saw the refusal, so the change is made on the newest version. */
  again: boolean
}
/** Changes one record. `once` gives the key of its nth write: the same until its fate is known. */
export type Work = (row: Row, once: (nth: number) => string) => Promise<'done' | 'same'>

/** Writes under way at a time. */
const ABREAST = 2
/** Is the record's fate unknown, or can nothing be done for now? Then it waits. */
const broken = (e: unknown) => e instanceof Problem && (e.status === 0 || e.status === 503)

export class Bulk {
  readonly state = reactive({ running: false, held: undefined as unknown, rows: [] as Row[] })
  private readonly keys = new Map<string, string[]>()
  private stopping = false

  constructor(
    targets: readonly Target[],
    private readonly work: Work,
    private readonly words: (e: unknown) => string,
  ) {
    this.state.rows = targets.map((t) => ({ ...t, outcome: 'waiting', why: '', again: false }))
  }

  count(...of: Outcome[]): number {
    return this.state.rows.filter((r) => of.includes(r.outcome)).length
  }

  /** Works through all that waits. */
  async go(): Promise<void> {
    if (this.state.running) return
    Object.assign(this.state, { running: true, held: undefined })
    this.stopping = false
    await Promise.all(Array.from({ length: ABREAST }, () => this.lane()))
    this.state.running = false
  }

  /** Ends after the records under way; the rest waits. */
  stop(): void {
    this.stopping = true
  }

  /** Those that were refused wait again, to be done on their newest version. */
  retry(): Promise<void> {
    for (const r of this.state.rows) if (r.outcome === 'refused') Object.assign(r, { outcome: 'waiting', why: '', again: true })
    return this.go()
  }

  private async lane(): Promise<void> {
    for (let row = this.next(); row && !this.stopping; row = this.next()) await this.one(row)
  }

  private next(): Row | undefined {
    return this.state.rows.find((r) => r.outcome === 'waiting')
  }

  private async one(row: Row): Promise<void> {
    row.outcome = 'working'
    try {
      row.outcome = await this.work(row, (nth) => this.once(row.uid, nth))
      this.keys.delete(row.uid)
    } catch (e) {
      if (broken(e)) {
        row.outcome = 'waiting'
        this.state.held = e
        this.stopping = true
        return
      }
      this.keys.delete(row.uid)
      Object.assign(row, { outcome: 'refused', why: this.words(e) })
    }
  }

  private once(uid: string, nth: number): string {
    const kept = this.keys.get(uid) ?? []
    kept[nth] ??= key()
    this.keys.set(uid, kept)
    return kept[nth]
  }
}
