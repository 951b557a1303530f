// Rectification plans and the renewal of covers, in the browser.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { clean, District, photo, type Visitor } from './harness'

let district: District
beforeAll(async () => {
  district = await District.open()
}, 120_000)
afterAll(() => district?.close())

for (const [dress, options] of [['light', {}], ['dark', { dark: true }], ['phone', { width: 360, height: 740 }]] as const) {
  it(`shows plans and candidates to everybody: ${dress}`, async () => {
    const v = await district.visitor(options)
    await v.logIn('admin')
    await v.page.goto('/plans')
    await v.page.getByRole('heading', { level: 1, name: '整改计划' }).waitFor()
    await clean(v, `plans-${dress}`)
    await v.page.goto('/renewal')
    await v.page.locator('tbody tr').first().waitFor()
    await clean(v, `renewal-${dress}`)
    await v.close()
  })
}

/** Does what the button of that name opens, and waits until it is kept. */
async function act(v: Visitor, name: string, fill: (window: ReturnType<Visitor['page']['getByRole']>) => Promise<void> = () => Promise.resolve()): Promise<void> {
  await v.page.getByRole('button', { name, exact: true }).first().click()
  const window = v.page.getByRole('dialog', { name })
  await window.waitFor()
  await fill(window)
  await window.getByRole('button', { name, exact: true }).click()
  await window.waitFor({ state: 'hidden' })
}

it('draws up a plan, has it approved, proves the work and is told what the closing still lacks', async () => {
  const owner = await district.visitor()
  await owner.logIn('owner')
  await owner.page.goto('/plans/new')
  await owner.page.getByLabel('名称').fill('雨水井标识整改')
  await owner.page.getByLabel('责任人').fill('整改专班')
  await owner.page.getByLabel('完成期限').fill('2027-03-31')
  await owner.page.getByLabel('隐患', { exact: true }).selectOption('H11')
  await owner.page.locator('tbody input[type=checkbox]').first().check()
  await clean(owner, 'plan-new')
  await owner.page.getByRole('button', { name: '存为草稿（1 项）' }).click()
  await owner.page.getByRole('heading', { level: 1, name: '雨水井标识整改' }).waitFor()
  const address = owner.page.url()
  await clean(owner, 'plan-draft')
  await act(owner, '报批')

  const leader = await district.visitor()
  await leader.logIn('leader')
  await leader.page.goto(address)
  await act(leader, '批准')
  await leader.page.getByText('实施中').first().waitFor()

  await owner.page.goto(address)
  // Without a photo the work does not count as done, and the window says so.
  await owner.page.getByRole('button', { name: '已整改', exact: true }).click()
  const treat = owner.page.getByRole('dialog', { name: '已整改' })
  await treat.getByLabel('处置措施').selectOption({ label: '设置标识' })
  await treat.getByRole('button', { name: '已整改', exact: true }).click()
  await treat.getByRole('alert').getByText('照片').waitFor()
  await treat.getByRole('button', { name: '取消' }).click()
  await owner.page.getByText('添加处置后照片').locator('input[type=file]').setInputFiles(photo())
  await owner.page.getByText('已保存').first().waitFor()
  await act(owner, '已整改', async (w) => {
    await w.getByLabel('处置措施').selectOption({ label: '设置标识' })
  })
  await owner.page.getByText('待核查').first().waitFor()
  await clean(owner, 'plan-treated')

  const inspector = await district.visitor({ width: 360, height: 740 })
  await inspector.logIn('inspector')
  await inspector.page.goto(address)
  await inspector.page.getByText('添加核查照片').locator('input[type=file]').setInputFiles(photo())
  await inspector.page.getByText('已保存').first().waitFor()
  await inspector.page.getByRole('button', { name: '核查', exact: true }).click()
  const check = inspector.page.getByRole('dialog', { name: '核查' })
  await check.getByRole('button', { name: '核查', exact: true }).click()
  await check.getByRole('alert').getByText('须在台账登记已固定的标识').waitFor()
  await clean(inspector, 'plan-check-phone')
  for (const v of [owner, leader, inspector]) await v.close()
}, 90_000)

it('answers what a budget would replace, and makes a plan of it', async () => {
  const v = await district.visitor()
  await v.logIn('owner')
  await v.page.goto('/renewal')
  await v.page.getByLabel('每年资金').fill('20000')
  await v.page.getByLabel('每个井盖更换费用').fill('1000')
  await v.page.getByRole('button', { name: '测算', exact: true }).click()
  const years = v.page.getByRole('table', { name: /个待更换，评分合计/ }).locator('tbody tr')
  await years.first().waitFor()
  expect(await years.count()).toBe(3)
  await clean(v, 'renewal-budget')
  await v.page.getByRole('button', { name: '据此编制计划' }).click()
  await v.page.getByLabel('名称').fill('三年更换计划')
  await v.page.getByLabel('责任人').fill('更换专班')
  await clean(v, 'renewal-make')
  await v.page.getByRole('button', { name: '存为计划草稿' }).click()
  await v.page.getByRole('heading', { level: 1, name: '三年更换计划' }).waitFor()
  await v.page.locator('tbody tr').first().waitFor()
  await clean(v, 'renewal-plan')
  await v.close()
}, 60_000)
