// Rules, the calendar and what goes to other systems, in the browser.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { asked, clean, District, type Visitor } from './harness'

let district: District
beforeAll(async () => {
  district = await District.open()
}, 120_000)
afterAll(() => district?.close())

interface Rule { versions: { version: number; effective_from: string; in_force: boolean }[]; pack: Record<string, unknown> }

/** Keeps a version behind the back of whoever is editing. */
async function meanwhile(v: Visitor, kind: string, key: string): Promise<void> {
  const { versions, pack } = await asked<Rule>(v, `/api/v1/rules/${kind}/${key}`)
  const { pack: _, ...content } = pack
  const status = await v.page.evaluate(async ([path, body]) => (await fetch(path!, { method: 'PUT', headers: { 'content-type': 'application/json', 'idempotency-key': crypto.randomUUID() }, body: body! })).status, [`/api/v1/rules/${kind}/${key}`, JSON.stringify({ version: versions.at(-1)!.version, pack: content, source: '别人的修改' })])
  expect(status).toBe(200)
}

it('shows every rule, says what is wrong, keeps a new version and tells of a conflict', async () => {
  const v = await district.visitor()
  await v.logIn('admin')
  await v.page.goto('/admin/rules')
  await v.page.getByRole('link', { name: 'hazards', exact: true }).click()
  await v.page.getByRole('cell', { name: 'H01', exact: true }).waitFor()
  await clean(v, 'rule-hazards')
  await v.page.getByRole('link', { name: '全部规则' }).click()
  await v.page.getByRole('link', { name: 'case-rules', exact: true }).click()
  await v.page.getByRole('heading', { name: '提醒阶梯' }).waitFor()
  await clean(v, 'rule-case-rules')
  await v.page.getByRole('button', { name: '修改' }).click()
  const text = v.page.getByLabel('内容（JSON）')
  const good = await text.inputValue()
  await v.page.getByLabel('依据').fill('区城管局会议纪要 3 号')
  await text.fill(good.slice(0, -3))
  await v.page.getByRole('button', { name: '存为新版本' }).click()
  await v.page.getByText('不是完整的 JSON').waitFor()
  const rules = JSON.parse(good) as { ladder: unknown[] }
  await text.fill(JSON.stringify({ ...rules, ladder: [{ share: -1, to: 'handler' }] }))
  await v.page.getByRole('button', { name: '存为新版本' }).click()
  await v.page.locator('#pack-wrong code').first().waitFor()
  await clean(v, 'rule-wrong')
  await text.fill(good.replace('"near_days": 30', '"near_days": 45'))
  await meanwhile(v, 'case_rules', 'case-rules')
  await v.page.getByRole('button', { name: '存为新版本' }).click()
  await v.page.getByRole('heading', { name: '别人刚存的第 2 版' }).waitFor()
  await clean(v, 'rule-conflict')
  await v.page.getByRole('button', { name: '保留我的内容' }).click()
  await v.page.getByRole('button', { name: '存为新版本' }).click()
  await v.page.getByRole('button', { name: '第 3 版' }).filter({ hasText: '现行' }).waitFor()
  await v.page.getByLabel('与另一版对比').selectOption('1')
  await v.page.getByRole('cell', { name: 'near_days' }).waitFor()
  expect(await v.page.locator('ins').allInnerTexts()).toEqual(['45'])
  await clean(v, 'rule-differs')
  await v.close()
})

it('lets those without the right read only', async () => {
  const v = await district.visitor({ width: 360, height: 740, dark: true })
  await v.logIn('leader')
  await v.page.goto('/admin/rules?kind=hazards&key=hazards')
  await v.page.getByRole('cell', { name: 'H01', exact: true }).waitFor()
  expect(await v.page.getByRole('button', { name: '修改' }).count()).toBe(0)
  await clean(v, 'rule-phone-dark')
  await v.close()
})
