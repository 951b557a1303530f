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

it('marks days by mouse and keys, reads published data and keeps a year that was open', async () => {
  const v = await district.visitor()
  await v.logIn('admin')
  await v.page.goto('/admin/calendar?year=2026')
  await v.page.getByText('放假', { exact: false }).first().waitFor()
  await v.page.locator('.year .off').first().waitFor()
  await clean(v, 'calendar')
  await v.page.getByLabel('年份').selectOption('2027')
  await v.page.getByText('2027 年的放假安排尚未录入').waitFor()
  await v.page.getByRole('button', { name: '录入这一年' }).click()
  await v.page.getByRole('button', { name: '粘贴公布的数据' }).click()
  await v.page.getByLabel('公布的数据（JSON）').fill('{"holidays": {}}')
  await v.page.getByRole('button', { name: '读入' }).click()
  await v.page.getByRole('alert').waitFor()
  await v.page.getByLabel('公布的数据（JSON）').fill('{"holidays": {"2027-01-01": "New Year\'s Day,元旦,1"}, "workdays": {"2027-02-06": "Spring Festival,春节,4"}}')
  await v.page.getByRole('button', { name: '读入' }).click()
  await v.page.getByRole('button', { name: '2027-02-06 调休上班 春节' }).waitFor()
  await v.page.getByLabel('新标记日期的节日名称').fill('元旦')
  await v.page.locator('[data-day="2027-01-01"]').focus()
  await v.page.keyboard.press('ArrowRight')
  await v.page.keyboard.press('Enter')
  await v.page.getByRole('button', { name: '2027-01-02 放假 元旦' }).waitFor()
  await v.page.getByLabel('依据').fill('国办发明电〔2026〕7号')
  await clean(v, 'calendar-edit')
  await v.page.getByRole('button', { name: '存为新版本' }).click()
  await v.page.getByText('第 1 版').first().waitFor()
  const { pack } = await asked<{ pack: { off: unknown[]; working: unknown[] } }>(v, '/api/v1/rules/calendar/2027?version=1')
  expect([pack.off.length, pack.working]).toEqual([2, [{ date: '2027-02-06', name: '春节' }]])
  await v.close()
})

it('shows what went out and what did not', async () => {
  const v = await district.visitor()
  await v.logIn('admin')
  await v.page.route('**/api/v1/outbox?*', (route) => route.fulfill({ json: { items: [{ uid: '018f0000-0000-7000-8000-000000000001', channel: 'sms', kind: 'case', title: '案卷即将到期', state: 'failed', attempts: 8, created_at: '2026-01-05T02:00:00Z', next_at: '2026-01-05T02:00:00Z', sent_at: null, error: '短信网关 503', user: '张三' }], next: null } }))
  let sent = ''
  await v.page.route('**/api/v1/outbox/*/again', (route) => {
    sent = route.request().url()
    return route.fulfill({ json: {} })
  })
  await v.page.goto('/admin/outbox')
  await v.page.getByText('短信网关 503').waitFor()
  await clean(v, 'outbox')
  await v.page.getByRole('button', { name: '未送达' }).click()
  expect(new URL(v.page.url()).search).toBe('?state=failed')
  await v.page.getByRole('button', { name: /^再发一次/ }).click()
  await v.page.getByText('已重新排队').waitFor()
  expect(sent).toContain('000000000001')
  await v.page.unrouteAll()
  await v.page.goto('/admin/outbox?state=sent')
  await v.page.getByText('没有符合的消息').waitFor()
  await v.close()
})

for (const [dress, options] of [['dark', { dark: true }], ['phone', { width: 360, height: 740 }]] as const) {
  it(`is fit for everybody: ${dress}`, async () => {
    const v = await district.visitor(options)
    await v.logIn('admin')
    for (const [path, ready] of [['/admin/rules', 'tbody tr'], ['/admin/rules?kind=case_rules&key=case-rules', '.ladder'], ['/admin/calendar', '.year'], ['/admin/outbox', '.card']] as const) {
      await v.page.goto(path)
      await v.page.locator(ready).first().waitFor()
      await clean(v, `${dress}${path.replaceAll(/[/?=&]/g, '-')}`)
    }
    await v.close()
  })
}

it("keeps a person's e-mail address, says what is no address, and fits a phone", async () => {
  const v = await district.visitor()
  await v.logIn('admin')
  await v.page.goto('/admin/users')
  const edit = v.page.getByRole('row').filter({ hasText: '领导' }).getByRole('button', { name: '修改' })
  await edit.first().click()
  const drawer = v.page.getByRole('dialog').first()
  await drawer.getByRole('button', { name: '修改' }).click()
  const form = v.page.locator('#admin-form')
  await form.getByLabel('电子邮箱（接收消息）').fill('值班室')
  await v.page.getByRole('button', { name: '保存' }).click()
  await form.getByRole('alert').filter({ hasText: '不是电子邮箱' }).waitFor()
  await clean(v, 'user-email-wrong')
  await form.getByLabel('电子邮箱（接收消息）').fill('zhiban@example.gov.cn')
  await v.page.getByRole('button', { name: '保存' }).click()
  await drawer.getByText('zhiban@example.gov.cn').waitFor()
  await clean(v, 'user-email')
  await v.close()
  const phone = await district.visitor({ width: 360, height: 740, dark: true })
  await phone.logIn('admin')
  await phone.page.goto('/admin/users')
  await phone.page.getByRole('button', { name: '修改' }).first().click()
  await phone.page.getByRole('dialog').first().getByRole('button', { name: '修改' }).click()
  await phone.page.locator('#admin-form').waitFor()
  await clean(phone, 'user-email-phone')
  await phone.close()
})
