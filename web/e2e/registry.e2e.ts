// What a registry keeper does in a day, in a real browser on the real program.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { clean, District, type Visitor } from './harness'

let district: District
beforeAll(async () => {
  district = await District.open()
})
afterAll(async () => {
  await district?.close()
})

interface Item {
  uid: string
  well_uid: string
  code: string
  label: string | null
  version: number
}
/** Covers as the server lists them to whoever is logged in. */
async function covers(v: Visitor, query: string): Promise<{ items: Item[]; total: number }> {
  const response = await v.page.request.get(`/api/v1/covers?${query}`)
  expect(response.ok()).toBe(true)
  return (await response.json()) as { items: Item[]; total: number }
}
it('finds a cover by its plate, reads its file, corrects it and sees the correction', async () => {
  const v = await district.visitor()
  await v.logIn('registrar')
  const plate = (await covers(v, 'labelled=true&kind=storm&limit=1')).items[0]!.label!
  await v.page.keyboard.press('/')
  await v.page.keyboard.type(plate)
  await v.page.getByRole('option', { name: plate }).first().waitFor()
  await v.page.keyboard.press('Enter')
  await v.page.getByRole('heading', { level: 1, name: plate }).waitFor()

  await v.page.keyboard.press('e')
  const drawer = v.page.getByRole('dialog')
  await drawer.getByLabel('规格').fill('D9')
  await drawer.getByLabel('生产厂家').fill('渝北铸造厂')
  await drawer.getByLabel('修改原因').fill('现场复核')
  await drawer.getByRole('button', { name: '保存' }).click()
  // The server's words stand at the field, and nothing that was typed is lost.
  await drawer.locator('.wrong').first().waitFor()
  expect(await drawer.getByLabel('规格').getAttribute('aria-invalid')).toBe('true')
  expect(await drawer.getByLabel('生产厂家').inputValue()).toBe('渝北铸造厂')
  await clean(v, 'correct-error')
  await drawer.getByLabel('规格').fill('D800')
  await drawer.getByRole('button', { name: '保存' }).click()
  await drawer.waitFor({ state: 'hidden' })
  await v.page.getByText('渝北铸造厂').first().waitFor()
  await v.page.getByText('原因：现场复核').waitFor()
  await v.page.getByText('规格 D700 → D800').waitFor()
  await clean(v, 'corrected')
  await v.close()
})

it('shows both versions when somebody was faster, and keeps what the person chooses', async () => {
  const v = await district.visitor()
  await v.logIn('registrar')
  const cover = (await covers(v, 'kind=sewage&limit=1')).items[0]!
  await v.page.goto(`/wells/${cover.well_uid}`)
  await v.page.locator('article.cover').first().waitFor()
  await v.page.keyboard.press('e')
  const drawer = v.page.getByRole('dialog')
  await drawer.getByLabel('批次').fill('我的批次')
  const other = await v.page.request.patch(`/api/v1/covers/${cover.uid}`, { data: { version: cover.version, batch: '别人的批次', maker: '别人的厂' } })
  expect(other.ok()).toBe(true)
  await drawer.getByRole('button', { name: '保存' }).click()
  await drawer.getByText('别人刚刚改过这条记录').waitFor()
  expect(await drawer.getByText('别人的批次').count()).toBe(1)
  expect(await drawer.getByText('我的批次').count()).toBe(1)
  await clean(v, 'conflict')
  await drawer.getByRole('button', { name: '按选择继续' }).click()
  await drawer.waitFor({ state: 'hidden' })
  const now = (await (await v.page.request.get(`/api/v1/covers/${cover.uid}`)).json()) as { batch: string; maker: string }
  expect([now.batch, now.maker]).toEqual(['我的批次', '别人的厂'])
  await v.close()
})

it('loses no form when the session ends', async () => {
  const v = await district.visitor()
  await v.logIn('registrar')
  const cover = (await covers(v, 'kind=power&limit=1')).items[0]!
  await v.page.goto(`/wells/${cover.well_uid}`)
  await v.page.locator('article.cover').first().waitFor()
  await v.page.keyboard.press('e')
  await v.page.getByRole('dialog').getByLabel('批次').fill('没有丢')
  await v.context.clearCookies()
  // Something in the background may have met the end of the session first: then the log-in lies over the form already.
  await v.page.getByRole('dialog').getByRole('button', { name: '保存' }).dispatchEvent('click')
  const again = v.page.getByRole('dialog', { name: '登录已过期' })
  await again.getByLabel('口令').fill(district.password('registrar'))
  await clean(v, 'session-ended')
  await again.getByRole('button', { name: '登录', exact: true }).click()
  await v.page.getByText('没有丢').first().waitFor()
  await again.waitFor({ state: 'hidden' })
  await v.close()
})

it('keeps the filter in the address, counts what it shows and exports exactly that', async () => {
  const v = await district.visitor()
  await v.logIn('leader')
  await v.page.goto('/covers')
  await v.page.getByRole('button', { name: '添加条件' }).click()
  await v.page.getByRole('button', { name: '状态', exact: true }).click()
  await v.page.getByRole('checkbox', { name: '缺失' }).check()
  await v.page.waitForURL(/state=missing/)
  const { total } = await covers(v, 'state=missing')
  await v.page.getByRole('status').filter({ hasText: `共 ${total} 个井盖` }).waitFor()
  await v.page.keyboard.press('Escape')
  await v.page.getByRole('button', { name: '导出' }).click()
  const [file] = await Promise.all([v.page.waitForEvent('download'), v.page.getByRole('link', { name: 'CSV 文本' }).click()])
  const { readFile } = await import('node:fs/promises')
  const lines = (await readFile((await file.path())!, 'utf8')).trim().split('\n')
  expect(lines).toHaveLength(total + 1)
  // A reader may not write.
  expect(await v.page.getByRole('link', { name: '登记新井' }).count()).toBe(0)
  await v.page.reload()
  await v.page.getByRole('status').filter({ hasText: `共 ${total} 个井盖` }).waitFor()
  await clean(v, 'filtered')
  await v.close()
})

it('shows on the map what the list shows, and opens a cover from there', async () => {
  const v = await district.visitor({ dark: true })
  await v.logIn('operator')
  const one = (await covers(v, 'state=missing&limit=1')).items[0]!
  await v.page.goto(`/map?q=${one.code}`)
  const map = v.page.getByRole('application')
  await v.page.locator('[data-drawn]').waitFor()
  // One cover: the map goes there, and it stands in the middle.
  await v.page.waitForFunction(() => {
    const host = document.querySelector('.host') as unknown as { olMap?: { getView(): { getZoom(): number } } } | null
    return (host?.olMap?.getView().getZoom() ?? 0) > 17
  })
  const at = await v.page.waitForFunction(() => {
    interface Mark { getFlatCoordinates(): number[]; get(name: string): unknown }
    interface Layer { getFeaturesInExtent?(e: number[]): Mark[] }
    const { olMap } = document.querySelector('.host') as unknown as { olMap: { getLayers(): { getArray(): Layer[] }; getView(): { calculateExtent(): number[] }; getPixelFromCoordinate(c: number[]): number[] } }
    const extent = olMap.getView().calculateExtent()
    const mark = olMap.getLayers().getArray().flatMap((l) => l.getFeaturesInExtent?.(extent) ?? []).find((f) => f.get('well'))
    return mark && olMap.getPixelFromCoordinate(mark.getFlatCoordinates().slice(0, 2))
  })
  const [x = 0, y = 0] = (await at.jsonValue()) as number[]
  await map.click({ position: { x, y } })
  await v.page.getByRole('complementary').getByText(one.code).waitFor()
  await clean(v, 'map-card')
  await v.page.getByRole('complementary').getByRole('link', { name: '打开档案' }).click()
  await v.page.getByRole('heading', { level: 1, name: one.code }).waitFor()
  await v.close()
})

it('shows a change made elsewhere without being asked', async () => {
  const v = await district.visitor()
  await v.logIn('registrar')
  const cover = (await covers(v, 'kind=gas&limit=1')).items[0]!
  await v.page.goto(`/wells/${cover.well_uid}`)
  await v.page.locator('article.cover').first().waitFor()
  const change = await v.page.request.patch(`/api/v1/covers/${cover.uid}`, { data: { version: cover.version, batch: '别处改的' } })
  expect(change.ok()).toBe(true)
  await v.page.getByText('别处改的').first().waitFor()
  expect(v.complaints).toEqual([])
  await v.close()
})
