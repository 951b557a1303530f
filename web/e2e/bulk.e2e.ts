// One change to many covers in the list: chosen by hand, each with its own outcome, nothing lost when one is refused.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { asked, clean, District, type Visitor } from './harness'

let district: District
beforeAll(async () => {
  district = await District.open()
})
afterAll(async () => {
  await district?.close()
})

interface Item { uid: string; well_uid: string; code: string; version: number; owner_name: string | null }
interface Page { items: Item[]; total: number }
interface Cover { maker: string | null; version: number }
const list = (v: Visitor, query: string) => asked<Page>(v, `/api/v1/covers?limit=500&${query}`)
const tick = (v: Visitor, code: string) => v.page.getByRole('row').filter({ hasText: code }).locator('.tick')
async function field(v: Visitor, name: string): Promise<void> {
  const dialog = v.page.getByRole('dialog')
  await dialog.locator('.el-select').first().click()
  await v.page.getByRole('option', { name, exact: true }).click()
  await v.page.keyboard.press('Escape')
  await v.page.getByRole('option', { name, exact: true }).waitFor({ state: 'hidden' })
}

it('changes a range of covers, tells which was refused and why, and tries that one again', async () => {
  const v = await district.visitor()
  await v.logIn('registrar')
  const { items } = await list(v, 'state=damaged')
  await v.page.goto('/covers?state=damaged')
  await tick(v, items[1]!.code).click()
  await tick(v, items[5]!.code).click({ modifiers: ['Shift'] })
  await v.page.getByText('已选 5 个').waitFor()
  await clean(v, 'bulk-bar')
  // Somebody is faster with the third.
  const rival = items[3]!
  expect((await v.page.request.patch(`/api/v1/covers/${rival.uid}`, { data: { version: rival.version, maker: '别人写的' } })).ok()).toBe(true)
  await v.page.getByRole('button', { name: '修改井盖信息' }).click()
  const dialog = v.page.getByRole('dialog')
  await dialog.getByText('将逐个修改 5 个井盖').waitFor()
  await field(v, '生产厂家')
  await dialog.getByLabel('生产厂家', { exact: true }).fill('批量铸造厂')
  await dialog.getByLabel('修改原因').fill('更换批次')
  await clean(v, 'bulk-form')
  await dialog.getByRole('button', { name: '开始（5 条）' }).click()
  await dialog.getByText('5 / 5').waitFor()
  await dialog.getByText('完成 4').waitFor()
  await dialog.getByText('未通过 1').waitFor()
  const refused = dialog.getByRole('row').filter({ hasText: rival.code })
  await refused.getByText('修改过').waitFor()
  await clean(v, 'bulk-refused')
  expect((await asked<Cover>(v, `/api/v1/covers/${rival.uid}`)).maker).toBe('别人写的')
  await dialog.getByRole('button', { name: '按最新内容重试未通过的 1 条' }).click()
  await dialog.getByText('完成 5').waitFor()
  for (const c of items.slice(1, 6)) {
    expect((await asked<Cover>(v, `/api/v1/covers/${c.uid}`)).maker).toBe('批量铸造厂')
    const events = await asked<{ items: { action: string; reason: string | null }[] }>(v, `/api/v1/wells/${c.well_uid}/timeline?limit=5`)
    expect(events.items.filter((e) => e.action === 'corrected' && e.reason === '更换批次')).toHaveLength(1)
  }
  // The outcome of all five can be kept, under a line of titles.
  const [file] = await Promise.all([v.page.waitForEvent('download'), dialog.getByRole('button', { name: '下载结果' }).click()])
  const { readFile } = await import('node:fs/promises')
  expect((await readFile((await file.path())!, 'utf8')).trim().split('\n')).toHaveLength(6)
  await v.page.locator('.el-dialog__footer').getByRole('button', { name: '关闭' }).click()
  await dialog.waitFor({ state: 'hidden' })
  expect(await v.page.getByText('已选').count()).toBe(0)
  await v.close()
})

it('chooses with the keyboard, refuses all for a wrong form, and takes the mended one', async () => {
  const v = await district.visitor({ dark: true })
  await v.logIn('registrar')
  const { items, total } = await list(v, 'ownerless=true')
  await v.page.goto('/covers?ownerless=true')
  const grid = v.page.getByRole('grid')
  await v.page.getByRole('row').filter({ hasText: items[0]!.code }).waitFor()
  await grid.focus()
  await v.page.keyboard.press('Space')
  await v.page.keyboard.press('j')
  await v.page.keyboard.press('j')
  await v.page.keyboard.press('Shift+Space')
  await v.page.getByText('已选 3 个').waitFor()
  await v.page.getByRole('button', { name: '指定责任单位' }).click()
  const dialog = v.page.getByRole('dialog')
  const wells = new Set(items.slice(0, 3).map((c) => c.well_uid)).size
  await dialog.getByText(`选中的 3 个井盖属于 ${wells} 口井`).waitFor()
  await dialog.locator('.el-select').nth(1).click()
  await v.page.getByRole('option', { name: '演示排水公司' }).click()
  await dialog.getByRole('button', { name: `开始（${wells} 条）` }).click()
  await dialog.getByText(`未通过 ${wells}`).waitFor()
  await dialog.getByText('依据').first().waitFor()
  await clean(v, 'bulk-all-refused-dark')
  await dialog.getByRole('button', { name: '返回修改填写内容' }).click()
  await dialog.getByLabel('依据（文件、协议、图纸）').fill('权属协调会议纪要')
  await dialog.getByRole('button', { name: `开始（${wells} 条）` }).click()
  await dialog.getByText(`完成 ${wells}`).waitFor()
  await v.page.locator('.el-dialog__footer').getByRole('button', { name: '关闭' }).click()
  expect((await list(v, 'ownerless=true')).total).toBe(total - 3)
  for (const c of items.slice(0, 3)) expect((await list(v, `q=${c.code}`)).items[0]!.owner_name).toBe('演示排水公司')
  await v.close()
})

it('chooses all of the filter, and offers nothing to those who may not write', async () => {
  const v = await district.visitor({ width: 360, height: 740 })
  await v.logIn('registrar')
  await v.page.goto('/covers?kind=sewage')
  const { total } = await list(v, 'kind=sewage')
  await v.page.getByRole('checkbox', { name: '选中全部' }).check()
  await v.page.getByText(`已选 ${total} 个`).waitFor()
  await clean(v, 'bulk-all-phone')
  await v.page.getByRole('button', { name: '取消选择' }).click()
  await v.close()
  const reader = await district.visitor()
  await reader.logIn('leader')
  await reader.page.goto('/covers')
  await reader.page.getByRole('row').nth(3).waitFor()
  expect(await reader.page.getByRole('checkbox').count()).toBe(0)
  await reader.close()
})

it('waits when the line breaks, and goes on where it was', async () => {
  const v = await district.visitor()
  await v.logIn('registrar')
  const { items } = await list(v, 'state=sunk')
  await v.page.goto('/covers?state=sunk')
  await tick(v, items[0]!.code).click()
  await tick(v, items[3]!.code).click({ modifiers: ['Shift'] })
  await v.page.getByRole('button', { name: '修改井盖信息' }).click()
  const dialog = v.page.getByRole('dialog')
  await field(v, '批次')
  await dialog.getByLabel('批次', { exact: true }).fill('断线批次')
  let sent = 0
  // The third write reaches the server, but its answer is lost on the way back.
  await v.page.route('**/api/v1/covers/*', async (route) => {
    if (route.request().method() !== 'PATCH' || ++sent !== 3) return route.continue()
    await route.fetch()
    return route.abort()
  })
  await dialog.getByRole('button', { name: '开始（4 条）' }).click()
  await dialog.getByText('其余的还在').waitFor()
  await dialog.getByRole('button', { name: /^继续/ }).click()
  await dialog.getByText('完成 4').waitFor()
  expect(await dialog.getByText('未通过').count()).toBe(0)
  for (const c of items.slice(0, 4)) {
    const events = await asked<{ items: { action: string }[] }>(v, `/api/v1/wells/${c.well_uid}/timeline?limit=50`)
    expect(events.items.filter((e) => e.action === 'corrected')).toHaveLength(1)
  }
  await v.close()
})
