// The start page: figures that are the totals of lists, and open exactly those.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { asked, clean, District, type Visitor } from './harness'

let district: District
beforeAll(async () => {
  district = await District.open()
})
afterAll(async () => {
  await district?.close()
})

interface Page { items: { uid: string; version: number; code: string }[]; total: number }
const total = async (v: Visitor, query: string) => (await asked<Page>(v, `/api/v1/covers?limit=1&${query}`)).total
/** Everything on the page is there. */
async function ready(v: Visitor): Promise<void> {
  await v.page.locator('.bars svg text').first().waitFor()
  await v.page.waitForFunction(() => document.querySelectorAll('.start [aria-busy], .start .waits').length === 0 && document.querySelectorAll('.bars svg').length === 2)
}

it('is where people land, and every figure is the total of the list it opens', async () => {
  const v = await district.visitor({ height: 1400 })
  const asks: string[] = []
  v.page.on('request', (r) => asks.push(new URL(r.url()).pathname))
  await v.logIn('leader')
  await v.page.waitForURL(/\/start$/)
  await ready(v)
  // All figures of covers are one question; the other is for what happened last.
  expect(asks.filter((path) => path.startsWith('/api/v1/covers')).sort()).toEqual(['/api/v1/covers', '/api/v1/covers/counts'])
  await clean(v, 'start')
  const links = await v.page.locator('.figure, .all a').evaluateAll((all) => all.map((a) => ({ to: a.getAttribute('href')!, said: Number(a.querySelector('b')!.textContent!.replaceAll(',', '')) })))
  expect(links).toHaveLength(15)
  for (const { to, said } of links) expect([to, said]).toEqual([to, await total(v, to.split('?')[1] ?? '')])
  const waits = await v.page.locator('.cases a').evaluateAll((all) => all.map((a) => ({ to: a.getAttribute('href')!, said: Number(a.querySelector('b')!.textContent!.replaceAll(',', '')) })))
  expect(waits).toHaveLength(4)
  for (const w of waits) expect([w.to, w.said]).toEqual([w.to, (await asked<Page>(v, `/api/v1${w.to}&limit=1`)).total])
  const { to, said } = links.find((l) => l.to.includes('labelled=false'))!
  await v.page.locator(`a[href="${to}"]`).click()
  await v.page.getByRole('status').filter({ hasText: `共 ${said} 个井盖` }).waitFor()
  await v.close()
})

it('shows the same figures as a chart and as a table, and both open lists', async () => {
  const v = await district.visitor({ dark: true, height: 1400 })
  await v.logIn('registrar')
  await ready(v)
  await clean(v, 'start-dark')
  const card = v.page.locator('.chart').filter({ hasText: '按类型' })
  const said = (await card.locator('.bars').getAttribute('aria-label'))!
  await card.getByRole('button', { name: '看表格' }).click()
  const rows = await card.locator('tbody tr').evaluateAll((all) => all.map((r) => [...r.querySelectorAll('td')].map((c) => c.textContent!.trim())))
  expect(rows.length).toBeGreaterThan(5)
  for (const [label, n] of rows) expect(said).toContain(`${label} ${n}`)
  expect(rows.reduce((sum, r) => sum + Number(r[1]!.replaceAll(',', '')), 0)).toBe(await total(v, ''))
  await clean(v, 'start-table-dark')
  await card.getByRole('button', { name: '看图' }).click()
  await card.locator('.bars').getByText(rows[0]![0]!, { exact: true }).first().click()
  await v.page.waitForURL(/\/covers\?kind=/)
  await v.page.getByRole('status').filter({ hasText: `共 ${rows[0]![1]} 个井盖` }).waitFor()
  await v.close()
})

it('shows a street its own communities, on a phone', async () => {
  const v = await district.visitor({ width: 360, height: 740 })
  await v.logIn('street')
  await ready(v)
  await clean(v, 'start-phone')
  expect(await v.page.locator('.all .total b').textContent()).toBe(String(await total(v, '')))
  expect(await v.page.getByRole('link', { name: '审计日志' }).count()).toBe(0)
  await v.close()
})

it('follows what happens, and names it', async () => {
  const v = await district.visitor()
  await v.logIn('operator')
  await ready(v)
  const before = await total(v, 'state=missing')
  const cover = (await asked<Page>(v, '/api/v1/covers?limit=1&state=ok&in_use=true')).items[0]!
  expect((await v.page.request.patch(`/api/v1/covers/${cover.uid}`, { data: { version: cover.version, problem: 'missing', reason: '巡查发现' } })).ok()).toBe(true)
  await v.page.locator('.state.crit b').filter({ hasText: new RegExp(`^${before + 1}$`) }).waitFor()
  await v.page.getByRole('listitem').filter({ hasText: /主要问题.*缺失/ }).first().waitFor()
  await v.close()
})
