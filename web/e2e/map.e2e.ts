// The map as people use it: it opens where the covers are, remembers, and lets one choose what lies in an area.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { asked, clean, District, type Visitor } from './harness'

let district: District
beforeAll(async () => {
  district = await District.open()
})
afterAll(async () => {
  await district?.close()
})

interface Item { uid: string; lng: number; lat: number }
interface Page { items: Item[]; total: number }
interface View { getZoom(): number; setZoom(z: number): void; calculateExtent(): number[] }
interface Host { olMap: { getView(): View; getPixelFromCoordinate(c: number[]): number[]; getCoordinateFromPixel(p: number[]): number[] } }

/** Web Mercator metres of degrees. */
const metres = (lng: number, lat: number) => [(lng * 20037508.342789244) / 180, (Math.asinh(Math.tan((lat * Math.PI) / 180)) * 20037508.342789244) / Math.PI]
const ready = (v: Visitor) => v.page.locator('.host[data-drawn]').waitFor()
/** Where places stand on the picture, in pixels of the page. */
async function pixels(v: Visitor, places: [number, number][]): Promise<{ x: number; y: number }[]> {
  return v.page.evaluate((points) => {
    const host = document.querySelector('.host') as unknown as HTMLElement & Host, at = host.getBoundingClientRect()
    return points.map((p) => host.olMap.getPixelFromCoordinate(p)).map(([x = 0, y = 0]) => ({ x: x + at.x, y: y + at.y }))
  }, places.map(([lng, lat]) => metres(lng, lat)))
}
const zoomOf = (v: Visitor) => v.page.evaluate(() => (document.querySelector('.host') as unknown as Host).olMap.getView().getZoom())

it('opens where the covers of this person are, and remembers where somebody looked', async () => {
  for (const [login, query] of [['leader', 'limit=500'], ['street', 'limit=500']] as const) {
    const v = await district.visitor()
    await v.logIn(login)
    const { items } = await asked<Page>(v, `/api/v1/covers?${query}`)
    await v.page.goto('/map')
    await ready(v)
    const host = (await v.page.locator('.host').boundingBox())!
    const at = await pixels(v, items.map((c) => [c.lng, c.lat]))
    for (const { x, y } of at) expect(x >= host.x && x <= host.x + host.width && y >= host.y && y <= host.y + host.height).toBe(true)
    const ys = at.map((p) => p.y)
    // They fill the picture instead of lying in one spot of it.
    expect((Math.max(...ys) - Math.min(...ys)) / host.height).toBeGreaterThan(0.6)
    await clean(v, `map-first-${login}`)
    const before = await zoomOf(v)
    await v.page.getByRole('button', { name: '放大' }).click()
    // Kept when the movement has ended, not on its way.
    await v.page.waitForFunction((z) => Object.entries(localStorage).some(([key, kept]) => /^map\.[0-9a-f-]{36}$/.test(key) && JSON.parse(kept as string).zoom > z + 0.99), before)
    const left = await zoomOf(v)
    await v.page.reload()
    await ready(v)
    expect(await zoomOf(v)).toBeCloseTo(left, 1)
    // A link to other covers shows those, not the old view.
    await v.page.goto('/map?state=missing')
    await ready(v)
    expect(await zoomOf(v)).not.toBeCloseTo(left, 1)
    await v.close()
  }
})

it('chooses by a box with the mouse and opens the same ones as a list', async () => {
  const v = await district.visitor()
  await v.logIn('registrar')
  await v.page.goto('/map')
  await ready(v)
  const [a, b] = await pixels(v, [[106.529, 29.577], [106.5345, 29.573]])
  await v.page.mouse.move(a!.x, a!.y)
  await v.page.keyboard.down('Shift')
  await v.page.mouse.down()
  await v.page.mouse.move(b!.x, b!.y, { steps: 4 })
  await v.page.mouse.up()
  await v.page.keyboard.up('Shift')
  const panel = v.page.getByRole('complementary', { name: '选中的井盖' })
  await panel.getByRole('heading', { name: /选中 [1-9]/ }).waitFor()
  await clean(v, 'map-box')
  const said = Number(/[\d,]+/.exec((await panel.getByRole('heading').first().textContent())!)![0].replace(',', ''))
  await panel.getByRole('button', { name: '在列表中打开' }).click()
  await v.page.waitForURL(/\/covers\?.*bbox=/)
  const { total } = await asked<Page>(v, `/api/v1/covers?limit=1&${new URL(v.page.url()).searchParams}`)
  expect(said).toBe(total)
  expect(total).toBeGreaterThan(20)
  await v.page.getByRole('status').filter({ hasText: `共 ${total} 个井盖` }).waitFor()
  await v.page.getByText(`已选 ${total} 个`).waitFor()
  // Another question begins with nothing chosen.
  await v.page.getByRole('button', { name: '清除 范围' }).click()
  await v.page.getByText(/^已选/).waitFor({ state: 'hidden' })
  await v.close()
})

it('chooses by a polygon with keys and mouse, and takes back what was drawn', async () => {
  const v = await district.visitor({ dark: true })
  await v.logIn('operator')
  await v.page.goto('/map')
  await ready(v)
  const corners: [number, number][] = [[106.528, 29.578], [106.534, 29.578], [106.531, 29.574]]
  const at = await pixels(v, corners)
  await v.page.keyboard.press('p')
  await v.page.getByText('逐点点击').waitFor()
  for (const { x, y } of at) {
    await v.page.mouse.click(x, y)
    // Two clicks within a quarter of a second would be a double click.
    await v.page.waitForFunction((t) => performance.now() - t > 320, await v.page.evaluate(() => performance.now()))
  }
  await v.page.mouse.click(at[0]!.x, at[0]!.y)
  const panel = v.page.getByRole('complementary', { name: '选中的井盖' })
  await panel.getByRole('heading', { name: /选中 [1-9]/ }).waitFor()
  const said = Number(/\d+/.exec((await panel.getByRole('heading').first().textContent())!.replace(',', ''))![0])
  const around = await asked<Page>(v, '/api/v1/covers?limit=500&bbox=106.528,29.574,106.534,29.578')
  // By cross products, unlike the console's own way.
  const side = (p: Item, [ax, ay]: [number, number], [bx, by]: [number, number]) => Math.sign((bx - ax) * (p.lat - ay) - (by - ay) * (p.lng - ax))
  const sides = (p: Item) => corners.map((c, i) => side(p, c, corners[(i + 1) % 3]!))
  const within = around.items.filter((p) => new Set(sides(p)).size === 1).length
  expect(around.total).toBeLessThanOrEqual(500)
  // The corners stand on whole pixels: some metres.
  expect(Math.abs(said - within)).toBeLessThanOrEqual(within * 0.05)
  expect(within).toBeLessThan(around.total)
  await clean(v, 'map-polygon-dark')
  await v.page.keyboard.press('Escape')
  await panel.waitFor({ state: 'hidden' })
  await v.close()
})

it('chooses everything in view on a phone', async () => {
  const v = await district.visitor({ width: 360, height: 740 })
  await v.logIn('street')
  await v.page.goto('/map')
  await ready(v)
  await v.page.getByRole('button', { name: '选中当前画面' }).click()
  const { total } = await asked<Page>(v, '/api/v1/covers?limit=1')
  await v.page.getByRole('heading', { name: `选中 ${total} 个井盖` }).waitFor()
  await clean(v, 'map-phone')
  await v.close()
})
