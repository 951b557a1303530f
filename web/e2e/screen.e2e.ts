// The big screen: the same figures as the console, live, and honest when the line or the session is gone.
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
async function wall(v: Visitor): Promise<void> {
  await v.page.goto('/screen')
  await v.page.locator('.host[data-drawn]').waitFor()
  await v.page.locator('.news li').first().waitFor()
}
const big = (v: Visitor, words: string) => v.page.locator('.big li').filter({ hasText: words }).locator('b')
/** Something happens elsewhere: a sound cover goes missing. */
async function happens(v: Visitor): Promise<string> {
  const cover = (await asked<Page>(v, '/api/v1/covers?limit=1&state=ok&in_use=true')).items[0]!
  expect((await v.page.request.patch(`/api/v1/covers/${cover.uid}`, { data: { version: cover.version, problem: 'missing' } })).ok()).toBe(true)
  return cover.uid
}

for (const [name, width, height] of [['1080', 1920, 1080], ['4k', 3840, 2160]] as const) {
  it(`shows the same picture at ${name}, with the figures of the console`, async () => {
    const v = await district.visitor({ width, height })
    await v.logIn('leader')
    await wall(v)
    await clean(v, `screen-${name}`)
    const links = await v.page.locator('.big a[href^="/covers"], .states a').evaluateAll((all) => all.map((a) => ({ to: a.getAttribute('href')!, said: Number(a.querySelector('b')!.textContent!.replaceAll(',', '')) })))
    expect(links).toHaveLength(11)
    for (const { to, said } of links) expect([to, said]).toEqual([to, await total(v, to.split('?')[1] ?? '')])
    // A label of the smallest sort is a 45th of the height: two centimetres on a screen of one metre.
    const least = await v.page.evaluate(() => Math.min(...[...document.querySelectorAll('.screen *')].filter((e) => [...e.childNodes].some((c) => c.nodeType === 3 && c.textContent!.trim() !== '')).map((e) => parseFloat(getComputedStyle(e).fontSize))))
    expect(least / height).toBeGreaterThan(1 / 54)
    // Nothing is cut off: what has no room is summed up.
    const over = await v.page.evaluate(() => [...document.querySelectorAll('.big a, .room ol, .states')].filter((e) => e.scrollHeight > (e.closest('.room') ?? e).clientHeight + 1).length)
    expect(over).toBe(0)
    // Each missing cover stands by itself on the map.
    const marks = await v.page.evaluate(() => {
      interface Mark { get(name: string): unknown }
      const { olMap } = document.querySelector('.host') as unknown as { olMap: { getLayers(): { getArray(): { getFeaturesInExtent?(e: number[]): Mark[] }[] }; getView(): { calculateExtent(): number[] } } }
      const seen = olMap.getLayers().getArray().flatMap((l) => l.getFeaturesInExtent?.(olMap.getView().calculateExtent()) ?? [])
      return new Set(seen.filter((f) => f.get('state') === 'missing').map((f) => f.get('uid'))).size
    })
    expect(marks).toBe(await total(v, 'state=missing'))
    await v.close()
  })
}

it('follows what happens elsewhere, and keeps its last figures when the line is cut', async () => {
  const v = await district.visitor({ width: 1920, height: 1080 }), other = await district.visitor()
  await v.logIn('leader')
  await other.logIn('operator')
  await wall(v)
  const before = await total(v, 'state=missing')
  await happens(other)
  await big(v, '缺失').first().filter({ hasText: new RegExp(`^${before + 1}$`) }).waitFor()
  await v.page.locator('.news').getByText(/缺失/).first().waitFor()
  await v.context.setOffline(true)
  await happens(other)
  await v.page.getByText(/^断开 \d\d:\d\d/).waitFor()
  expect(await big(v, '缺失').first().textContent()).toBe(String(before + 1))
  v.complaints.length = 0
  await clean(v, 'screen-cut')
  await v.context.setOffline(false)
  await big(v, '缺失').first().filter({ hasText: new RegExp(`^${before + 2}$`) }).waitFor()
  await v.page.getByText(/^断开/).waitFor({ state: 'hidden' })
  await v.close()
  await other.close()
})

it('says that the session ended, keeps its figures, and goes on after a log-in', async () => {
  const v = await district.visitor({ width: 1920, height: 1080 }), other = await district.visitor()
  await v.logIn('leader')
  await other.logIn('operator')
  await wall(v)
  const before = await total(v, 'state=missing')
  await v.context.clearCookies()
  await happens(other)
  await v.page.getByText(/登录已过期 \d\d:\d\d/).waitFor()
  expect(await big(v, '缺失').first().textContent()).toBe(String(before))
  await v.page.getByRole('button', { name: '登录' }).click()
  await clean(v, 'screen-ended')
  await v.page.getByLabel('口令').fill(district.password('leader'))
  await v.page.getByRole('button', { name: '登录', exact: true }).last().click()
  await big(v, '缺失').first().filter({ hasText: new RegExp(`^${before + 1}$`) }).waitFor()
  expect(await v.page.getByText(/登录已过期/).count()).toBe(0)
  await v.close()
  await other.close()
})

it('speaks English without one word over another', async () => {
  const v = await district.visitor({ width: 1920, height: 1080 })
  await v.logIn('leader')
  await v.page.evaluate(() => localStorage.setItem('language', 'en'))
  await wall(v)
  await clean(v, 'screen-english')
  const cut = await v.page.evaluate(() => [...document.querySelectorAll('.states a > span, .big span')].filter((e) => e.scrollWidth > e.clientWidth + 1 || e.getBoundingClientRect().height > 60).map((e) => e.textContent))
  expect(cut).toEqual([])
  await v.close()
})

it('asks who one is before it shows anything', async () => {
  const v = await district.visitor({ width: 1920, height: 1080 })
  await v.page.goto('/screen')
  await v.page.getByLabel('登录名').fill('leader')
  await v.page.getByLabel('口令', { exact: true }).fill(district.password('leader'))
  await v.page.getByRole('button', { name: '登录', exact: true }).click()
  await v.page.locator('.big b').first().waitFor()
  expect(v.complaints).toEqual([])
  await v.close()
})
