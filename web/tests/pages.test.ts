import { expect, it } from 'vitest'
import { CursorPages, type PageOf } from '../src/covers/pages'

/** A server with `total` rows that pages by key and notes what it was asked. */
function server(total: number) {
  const asked: (string | undefined)[] = []
  let broken = 0
  const fetch = (limit: number, cursor: string | undefined): Promise<PageOf<number>> => {
    asked.push(cursor)
    if (broken > 0) {
      broken--
      return Promise.reject(new Error('no line'))
    }
    const from = cursor === undefined ? 0 : Number(cursor)
    const items = Array.from({ length: Math.max(0, Math.min(limit, total - from)) }, (_, i) => from + i)
    return Promise.resolve({ items, next: from + limit < total ? String(from + limit) : null, total })
  }
  return { fetch, asked, breakOnce: () => (broken = 1) }
}

it('fetches only what is shown', async () => {
  const s = server(1000)
  const pages = new CursorPages(s.fetch, 10)
  await pages.reset()
  await pages.show(0, 25)
  expect(s.asked).toEqual([undefined, '10', '20'])
  expect(pages.row(25)).toBe(25)
  expect(pages.row(40)).toBeUndefined()
  expect(pages.state.total).toBe(1000)
})

it('reaches a far row through the keys between, once', async () => {
  const s = server(1000)
  const pages = new CursorPages(s.fetch, 10)
  await pages.reset()
  await pages.show(995, 999)
  expect(pages.row(999)).toBe(999)
  const before = s.asked.length
  await pages.show(500, 505)
  expect(pages.row(505)).toBe(505)
  // The keys are known by now: at most one page is asked for.
  expect(s.asked.length - before).toBeLessThanOrEqual(1)
})

it('forgets the rows of another question, also those on the way', async () => {
  let release: (() => void) | undefined
  let call = 0
  const pages = new CursorPages<string>((_, __) => {
    call++
    const answer = { items: [`answer ${call}`], next: null, total: 1 }
    return call === 1 ? new Promise((done) => (release = () => done(answer))) : Promise.resolve(answer)
  }, 10)
  const first = pages.reset()
  const second = pages.reset()
  release?.()
  await Promise.all([first, second])
  expect(pages.row(0)).toBe('answer 2')
})

it('keeps what it has when the line breaks, and goes on after a retry', async () => {
  const s = server(50)
  const pages = new CursorPages(s.fetch, 10)
  await pages.reset()
  s.breakOnce()
  await pages.show(10, 19)
  expect(pages.state.error).toBeInstanceOf(Error)
  expect(pages.row(5)).toBe(5)
  await pages.retry()
  expect(pages.state.error).toBeUndefined()
  expect(pages.row(15)).toBe(15)
})

it('believes the end of the list more than a count that was made before', async () => {
  const pages = new CursorPages((limit, cursor) => Promise.resolve(cursor === undefined ? { items: Array.from({ length: limit }, (_, i) => i), next: '10', total: 30 } : { items: [10, 11], next: null, total: 30 }), 10)
  await pages.reset()
  await pages.show(10, 29)
  expect(pages.state.total).toBe(12)
})
