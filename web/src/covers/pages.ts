// A long list of which only the rows in view are held. The server pages by key, so page n is known after page n-1; a
// jump asks for the pages between in a row, as large as the server gives them, and keeps only their cursors.
import { reactive, shallowReactive } from 'vue'

export interface PageOf<T> {
  items: T[]
  next: string | null
  total: number
}
export type Fetch<T> = (limit: number, cursor: string | undefined) => Promise<PageOf<T>>

/** Rows of a page. */
export const PAGE = 200
/** Pages held at a time. */
const HELD = 40

export class CursorPages<T> {
  readonly state = reactive({ total: 0, known: false, loading: false, error: undefined as unknown })
  private readonly pages = shallowReactive(new Map<number, T[]>())
  /** Cursor of each page; the first has none. */
  private cursors: (string | undefined)[] = [undefined]
  private wanted: [number, number] = [0, 0]
  private generation = 0

  constructor(
    private readonly fetch: Fetch<T>,
    private readonly size = PAGE,
  ) {}

  /** The row, if it is here. */
  row(index: number): T | undefined {
    return this.pages.get(Math.floor(index / this.size))?.[index % this.size]
  }

  /** The rows `from` to `to`, fetched where they are no longer held; the way to the last of them must be known. */
  async slice(from: number, to: number): Promise<T[]> {
    const out: T[] = []
    for (let p = Math.floor(from / this.size); p <= Math.floor(to / this.size); p++) {
      const page = this.pages.get(p) ?? (p < this.cursors.length ? (await this.fetch(this.size, this.cursors[p])).items : [])
      out.push(...page.filter((_, i) => p * this.size + i >= from && p * this.size + i <= to))
    }
    return out
  }

  /** Begins again, for another filter or after a change. */
  async reset(): Promise<void> {
    this.generation++
    this.pages.clear()
    this.cursors = [undefined]
    this.wanted = [0, 0]
    Object.assign(this.state, { total: 0, known: false, loading: false, error: undefined })
    await this.work()
  }

  /** Looks at the same rows again after a change: the pages stay until the new ones are here. */
  async refresh(): Promise<void> {
    this.generation++
    this.state.loading = false
    this.cursors = [undefined]
    const old = [...this.pages.keys()]
    await this.work(new Set(old))
  }

  /** Rows `from` to `to` are in view. */
  async show(from: number, to: number): Promise<void> {
    this.wanted = [Math.floor(from / this.size), Math.floor(Math.max(from, to) / this.size)]
    await this.work()
  }

  async retry(): Promise<void> {
    this.state.error = undefined
    await this.work()
  }

  /** The next page to fetch: one in view whose cursor is known, else the furthest known on the way there. */
  private next(stale: Set<number>): number | undefined {
    const [first, last] = this.wanted
    for (let p = first; p <= last; p++) {
      if (this.state.known && p * this.size >= this.state.total && p > 0) break
      if (this.pages.has(p) && !stale.has(p)) continue
      return p < this.cursors.length ? p : this.cursors.length - 1
    }
    return undefined
  }

  private async work(stale = new Set<number>()): Promise<void> {
    if (this.state.loading) return
    const generation = this.generation
    this.state.loading = true
    try {
      for (let p = this.next(stale); p !== undefined; p = this.next(stale)) {
        const got = await this.fetch(this.size, this.cursors[p])
        if (generation !== this.generation) return
        stale.delete(p)
        this.keep(p, got)
      }
      this.state.error = undefined
    } catch (e) {
      if (generation === this.generation) this.state.error = e
    } finally {
      if (generation === this.generation) this.state.loading = false
    }
  }

  private keep(page: number, got: PageOf<T>): void {
    this.state.total = got.total
    this.state.known = true
    this.pages.set(page, got.items)
    if (got.next !== null) this.cursors[page + 1] = got.next
    // The server's total was counted with the first page; a list that ends earlier ends there.
    else this.state.total = page * this.size + got.items.length
    const far = (p: number) => Math.max(this.wanted[0] - p, p - this.wanted[1])
    while (this.pages.size > HELD) {
      const worst = [...this.pages.keys()].reduce((a, b) => (far(a) >= far(b) ? a : b))
      this.pages.delete(worst)
    }
  }
}
