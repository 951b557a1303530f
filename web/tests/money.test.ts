// Yuan and cents.
import { expect, it } from 'vitest'
import { cents, yuan } from '../src/plans/money'

it('reads amounts without losing a cent, and nothing else', () => {
  expect(['12', '12.5', '0.07', '1,200.30', '99999999.99'].map(cents)).toEqual([1200, 1250, 7, 120030, 9999999999])
  for (const wrong of ['', '-1', '1.234', 'abc', '1e3']) expect(cents(wrong), wrong).toBeUndefined()
  expect([yuan(120030), yuan(500000)]).toEqual(['1,200.30', '5,000'])
})
