// The map of a past day: what stood then, marked as past, standing still while the ledger goes on, and the way back.
import { spawnSync } from 'node:child_process'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { asked, clean, District, type Visitor } from './harness'

interface Item { uid: string; version: number; well_uid: string }
interface Page { items: Item[]; total: number }
interface Days { first: string; today: string }
interface Mark { get(name: string): unknown }
interface Host { olMap: { getLayers(): { getArray(): { getFeaturesInExtent?(e: number[]): Mark[] }[] }; getView(): { calculateExtent(): number[]; getZoom(): number } } }

let district: District
let days: Days
const BACK = 40
const before = (n: number) => new Date(Date.parse(`${days.today}T00:00:00Z`) - n * 86_400_000).toISOString().slice(0, 10)

beforeAll(async () => {
  district = await District.open()
  const v = await district.visitor()
  await v.logIn('leader')
  days = await asked<Days>(v, '/api/v1/ledger-days')
  // A district that was entered some weeks ago: nobody can wait so long for a test.
  const aged = spawnSync('ogrinfo', [district.file('jinggai.gpkg'), '-sql', `UPDATE cover_facts SET from_day = '${before(BACK)}'`], { encoding: 'utf8' })
  expect(aged.status, aged.stderr).toBe(0)
  await v.close()
})
afterAll(async () => {
  await district?.close()
})

const bar = (v: Visitor) => v.page.getByRole('group', { name: '时间' })
const ready = (v: Visitor) => v.page.locator('.host[data-drawn]').waitFor()
/** Missing covers that are drawn. */
const missing = (v: Visitor) => v.page.evaluate(() => {
  const { olMap } = document.querySelector('.host') as unknown as Host
  const seen = olMap.getLayers().getArray().flatMap((l) => l.getFeaturesInExtent?.(olMap.getView().calculateExtent()) ?? [])
  return new Set(seen.filter((f) => f.get('state') === 'missing').map((f) => f.get('uid'))).size
})
async function drawn(v: Visitor, n: number): Promise<void> {
  await expect.poll(() => missing(v), { timeout: 20_000 }).toBe(n)
}
/** A sound cover goes missing today. */
async function happens(v: Visitor): Promise<void> {
  const cover = (await asked<Page>(v, '/api/v1/covers?limit=1&state=ok&in_use=true')).items[0]!
  expect((await v.page.request.patch(`/api/v1/covers/${cover.uid}`, { data: { version: cover.version, problem: 'missing', reason: '巡查发现' } })).ok()).toBe(true)
}

it('shows what stood on a past day, stands still meanwhile, and comes back to now', async () => {
  const v = await district.visitor(), other = await district.visitor()
  await v.logIn('leader')
  await other.logIn('operator')
  const then = (await asked<Page>(v, '/api/v1/covers?limit=1&state=missing')).total
  await happens(other)
  await v.page.goto('/map?state=missing')
  await ready(v)
  await drawn(v, then + 1)
  await bar(v).getByText('现在 · 实时').waitFor()
  await clean(v, 'day-live')
  // By keys: a page back on the slider, then day by day.
  const slider = bar(v).getByRole('slider')
  await slider.focus()
  await v.page.keyboard.press('ArrowLeft')
  const yesterday = before(1)
  await bar(v).getByText(`${yesterday} 的状态`).waitFor()
  await v.page.waitForURL(new RegExp(`as_of=${yesterday}`))
  await drawn(v, then)
  await v.page.getByRole('status').filter({ hasText: `${then} 个井盖` }).waitFor()
  expect(then).toBe((await asked<Page>(v, `/api/v1/covers?limit=1&state=missing&as_of=${yesterday}`)).total)
  await clean(v, 'day-past')
  // What happens now neither shows nor is asked for.
  const asks: string[] = []
  v.page.on('request', (r) => asks.push(new URL(r.url()).pathname))
  const told = v.page.evaluate(() => new Promise((done) => new EventSource('/api/v1/events').addEventListener('cover', () => done(true))))
  await happens(other)
  await told
  await v.page.waitForFunction((t) => performance.now() - t > 1000, await v.page.evaluate(() => performance.now()))
  expect(asks.filter((path) => path.startsWith('/tiles/covers'))).toEqual([])
  expect(await missing(v)).toBe(then)
  await slider.focus()
  await v.page.keyboard.press('Home')
  await v.page.waitForURL(new RegExp(`as_of=${before(BACK)}`))
  expect(await slider.getAttribute('aria-valuetext')).toBe(`${before(BACK)} 的状态`)
  await bar(v).getByRole('button', { name: '回到现在' }).click()
  await v.page.waitForURL((url) => !url.searchParams.has('as_of'))
  await drawn(v, then + 2)
  await bar(v).getByText('现在 · 实时').waitFor()
  // Live again.
  await happens(other)
  await drawn(v, then + 3)
  await v.close()
  await other.close()
})

it('keeps the picture in place from day to day, and the selection asks the day', async () => {
  const v = await district.visitor({ dark: true })
  await v.logIn('registrar')
  await v.page.goto('/map')
  await ready(v)
  await v.page.getByRole('button', { name: '放大' }).click()
  await v.page.waitForFunction(() => document.querySelector('.host')!.hasAttribute('data-drawn'))
  await v.page.locator('.host').press('v')
  const panel = v.page.getByRole('complementary', { name: '选中的井盖' })
  await panel.getByRole('heading', { name: /选中 [1-9]/ }).waitFor()
  const zoom = await v.page.evaluate(() => (document.querySelector('.host') as unknown as Host).olMap.getView().getZoom())
  const box = () => v.page.waitForRequest((r) => r.url().includes('/api/v1/covers?') && r.url().includes('bbox=') && r.url().includes(`as_of=${before(10)}`))
  const asks = box()
  await bar(v).getByLabel('日期').fill(before(10))
  await asks
  await panel.getByRole('heading', { name: /选中 [1-9]/ }).waitFor()
  expect(await v.page.evaluate(() => (document.querySelector('.host') as unknown as Host).olMap.getView().getZoom())).toBeCloseTo(zoom, 5)
  await clean(v, 'day-past-dark')
  await v.close()
})

it('says which days there are when one cannot be shown', async () => {
  const v = await district.visitor()
  await v.logIn('leader')
  await v.page.goto(`/map?as_of=${before(BACK + 1)}`)
  await bar(v).getByText(`台账从 ${before(BACK)} 开始`).waitFor()
  await bar(v).getByText('这一天不能显示').waitFor()
  await v.page.getByText('地图没有载入').waitFor()
  await clean(v, 'day-refused')
  await bar(v).getByRole('button', { name: '回到现在' }).click()
  await ready(v)
  await v.page.goto('/map?as_of=2999-01-01')
  await bar(v).getByText('还没有到').waitFor()
  await v.close()
})

it('has room on a phone', async () => {
  const v = await district.visitor({ width: 360, height: 740 })
  await v.logIn('street')
  await v.page.goto(`/map?as_of=${before(3)}`)
  await ready(v)
  await bar(v).getByText(`${before(3)} 的状态`).waitFor()
  await clean(v, 'day-phone')
  const map = (await v.page.locator('.host').boundingBox())!
  expect(map.height).toBeGreaterThan(280)
  await v.close()
})
