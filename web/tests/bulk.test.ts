import { expect, it } from 'vitest'
import { Problem } from '../src/api/http'
import { Bulk, type Row } from '../src/covers/bulk'

const targets = (n: number) => Array.from({ length: n }, (_, i) => ({ uid: `u${i}`, code: `c${i}`, well: `w${i}` }))
const words = (e: unknown) => (e as Error).message
const outcomes = (b: Bulk) => b.state.rows.map((r) => r.outcome)

it('goes on after a refusal, keeps its reason, and tries again what was refused only', async () => {
  const worked: string[] = []
  let stale = true
  const bulk = new Bulk(targets(4), (row) => {
    worked.push(row.uid)
    if (row.uid === 'u1' && stale) return Promise.reject(new Problem(409, { code: 'conflict.version', title: '刚被他人修改过' }))
    return Promise.resolve(row.uid === 'u2' ? 'same' : 'done')
  }, words)
  await bulk.go()
  expect(outcomes(bulk)).toEqual(['done', 'refused', 'same', 'done'])
  expect(bulk.state.rows[1]!.why).toBe('刚被他人修改过')
  stale = false
  await bulk.retry()
  expect(outcomes(bulk)).toEqual(['done', 'done', 'same', 'done'])
  expect(bulk.state.rows.map((r) => r.again)).toEqual([false, true, false, false])
  expect(worked).toHaveLength(5)
})

it('waits when the line breaks and sends a doubtful write again under the same key', async () => {
  let line = true
  const keys: [string, string][] = []
  const bulk = new Bulk(targets(5), (row: Row, once) => {
    keys.push([row.uid, once(0)])
    if (row.uid === 'u2' && line) {
      line = false
      return Promise.reject(new Problem(0, { code: 'offline' }))
    }
    return Promise.resolve('done')
  }, words)
  await bulk.go()
  expect(bulk.state.held).toBeInstanceOf(Problem)
  expect(bulk.count('refused')).toBe(0)
  expect(bulk.count('waiting')).toBeGreaterThan(0)
  await bulk.go()
  expect(bulk.count('done')).toBe(5)
  const twice = keys.filter(([uid]) => uid === 'u2').map(([, k]) => k)
  expect(twice).toHaveLength(2)
  expect(new Set(twice).size).toBe(1)
  expect(new Set(keys.map(([, k]) => k)).size).toBe(5)
})

it('stops when asked and loses nothing', async () => {
  const bulk: Bulk = new Bulk(targets(10), () => {
    bulk.stop()
    return Promise.resolve('done')
  }, words)
  await bulk.go()
  expect(bulk.count('done') + bulk.count('waiting')).toBe(10)
  expect(bulk.count('waiting')).toBeGreaterThan(5)
  expect(bulk.state.running).toBe(false)
})
