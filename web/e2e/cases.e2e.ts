// From a citizen's words to the closed case, by the people who do it, in the browser.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { asked, clean, District, photo, type Visitor } from './harness'

let district: District
beforeAll(async () => {
  district = await District.open()
}, 120_000)
afterAll(() => district.close())

async function person(login: string): Promise<Visitor> {
  const v = await district.visitor()
  await v.logIn(login)
  return v
}

/** Makes a move with the button of that name, and its window's own. */
async function move(v: Visitor, name: string, fill: () => Promise<void> = () => Promise.resolve()): Promise<void> {
  await v.page.getByRole('region', { name: '下一步' }).getByRole('button', { name, exact: true }).click()
  const window = v.page.getByRole('dialog', { name })
  await window.waitFor()
  await fill()
  await window.getByRole('button', { name, exact: true }).click()
  await v.page.getByText('已办理').first().waitFor()
}

async function upload(v: Visitor, button: string): Promise<void> {
  await v.page.getByText(button).locator('input[type=file]').setInputFiles(photo())
  await v.page.getByText('已保存').first().waitFor()
}

it('goes from a citizen’s words through six people to the closed case', async () => {
  const operator = await person('operator')
  await operator.page.getByRole('link', { name: '上报', exact: true }).click()
  await operator.page.getByRole('button', { name: '上报问题' }).click()
  // Nothing filled in: every mistake is named.
  const form = operator.page.getByRole('dialog', { name: '上报问题' })
  await form.getByRole('button', { name: '上报问题' }).click()
  await form.locator('.wrong').first().waitFor()
  expect(await operator.faults()).toEqual([])
  await operator.picture('report')
  await form.getByLabel('看到的问题').fill('井盖松动，车一压就响')
  await form.getByRole('combobox', { name: '来源' }).click()
  await operator.page.getByRole('option', { name: '12345热线' }).click()
  await form.getByLabel('编号或牌号').fill('5001050103000001')
  await form.getByLabel('来源工单号').fill('WO-2026-1')
  await form.getByLabel('反映人').fill('市民')
  await form.getByRole('button', { name: '上报问题' }).click()
  await operator.page.getByText('文字判读').waitFor()
  expect(await operator.page.getByText('指 H05').count()).toBe(1)
  expect(await operator.faults()).toEqual([])
  await operator.picture('finding')
  const finding = operator.page.url()
  // A public report must be verified first: the refusal says so.
  await operator.page.getByRole('region', { name: '下一步' }).getByRole('button', { name: '立案', exact: true }).click()
  const filing = operator.page.getByRole('dialog', { name: '立案' })
  await filing.getByRole('button', { name: '立案', exact: true }).click()
  await filing.getByText('须先核实').waitFor()
  await filing.getByRole('button', { name: '取消' }).click()
  await move(operator, '转核实')

  // Drawn at random among those of the area: here the inspector or the street office.
  const people = { inspector: await person('inspector'), street: await person('street') }
  const drawn = async () => {
    const name = (await operator.page.locator('dt', { hasText: '核查人' }).locator('xpath=following-sibling::dd').textContent()) ?? ''
    return name.includes('街镇') ? people.street : people.inspector
  }
  const verifier = await drawn()
  await verifier.page.goto(finding)
  await move(verifier, '核实属实')
  await operator.page.goto(finding)
  await move(operator, '立案')
  await operator.page.waitForURL(/\/cases\//)
  await operator.page.getByRole('heading', { level: 1, name: '松动、弹跳、异响' }).waitFor()
  const address = operator.page.url()
  await move(operator, '派遣')
  expect(await operator.faults()).toEqual([])
  await operator.picture('case-dispatched')

  const owner = await person('owner')
  await owner.page.getByRole('button', { name: /未读消息/ }).click()
  await owner.page.getByRole('button', { name: /待接收/ }).first().click()
  await owner.page.waitForURL(/\/cases\//)
  await owner.page.goto(address)
  await move(owner, '接收')
  await owner.page.getByRole('region', { name: '下一步' }).getByRole('button', { name: '处置完成' }).click()
  const finish = owner.page.getByRole('dialog', { name: '处置完成' })
  await finish.getByRole('button', { name: '处置完成' }).click()
  await finish.getByText('上传处置后照片').waitFor()
  await finish.getByRole('button', { name: '取消' }).click()
  await upload(owner, '添加处置后照片')
  await move(owner, '处置完成')

  await operator.page.goto(address)
  await move(operator, '转核查')
  const checker = await drawn()
  await checker.page.goto(address)
  await upload(checker, '添加核查照片')
  await move(checker, '核查通过')
  await operator.page.goto(address)
  await move(operator, '结案')
  await operator.page.getByText('已结案').first().waitFor()
  expect(await operator.faults()).toEqual([])
  await operator.picture('case-closed')
  for (const v of [operator, people.inspector, people.street, owner]) expect(v.complaints).toEqual([])
  for (const v of [operator, people.inspector, people.street, owner]) await v.close()
}, 120_000)

it('shows the board, filters by it, and follows a case that moves elsewhere', async () => {
  const v = await person('operator')
  await v.page.getByRole('link', { name: '案卷', exact: true }).click()
  await v.page.getByRole('grid', { name: '案卷列表' }).waitFor()
  expect(await v.faults()).toEqual([])
  await v.picture('cases')
  await v.page.getByRole('button', { name: /已超期/ }).click()
  await v.page.waitForURL(/overdue=true/)
  const n = Number((await v.page.getByRole('button', { name: /已超期/ }).locator('b').textContent()) ?? '0')
  await v.page.getByRole('status').filter({ hasText: `共 ${n} 件` }).waitFor()
  await v.page.getByRole('button', { name: /待派遣/ }).click()
  await v.page.getByRole('grid').getByText('待派遣').first().waitFor()
  await v.close()
})

it('divides a case, shows both in each other, and opens a child on a phone', async () => {
  const v = await person('operator')
  await v.page.goto('/cases?state=filed')
  await v.page.getByRole('row').nth(1).click()
  await v.page.waitForURL(/\/cases\//)
  await v.page.getByRole('button', { name: '立子案卷' }).click()
  const window = v.page.getByRole('dialog', { name: '立子案卷' })
  await window.getByRole('combobox', { name: '隐患类型' }).click()
  const choice = v.page.getByRole('option', { name: /H17/ })
  await choice.click()
  await choice.waitFor({ state: 'hidden' })
  await window.getByLabel('要办的事').fill('井筒内壁破损，另派单位修补')
  expect(await v.faults()).toEqual([])
  await v.picture('child-form')
  await window.getByRole('button', { name: '立子案卷' }).click()
  await v.page.getByRole('heading', { level: 2, name: '子案卷' }).waitFor()
  await v.page.getByText(/立子案卷 AJ/).waitFor()
  expect(await v.faults()).toEqual([])
  await v.picture('case-parent')
  await v.page.locator('section', { has: v.page.getByRole('heading', { name: '子案卷' }) }).getByRole('link').click()
  await v.page.getByText('父案卷').waitFor()
  await v.page.getByText('井筒内壁破损，另派单位修补').waitFor()
  const child = v.page.url()
  const phone = await district.visitor({ width: 360, height: 740, dark: true })
  await phone.logIn('operator')
  await phone.page.goto(child)
  await phone.page.getByText('父案卷').waitFor()
  expect(await phone.faults()).toEqual([])
  await phone.picture('phone-child')
  await phone.close()
  await v.close()
}, 60_000)

it('reads on a phone and in the dark', async () => {
  for (const [name, options] of [['phone', { width: 360, height: 740 }], ['dark', { dark: true }]] as const) {
    const v = await district.visitor(options)
    await v.logIn('operator')
    for (const [page, path] of [['cases', '/cases'], ['findings', '/findings']] as const) {
      await v.page.goto(path)
      await v.page.getByRole('heading', { level: 1 }).waitFor()
      await v.page.waitForLoadState('networkidle')
      expect(await v.faults(), `${name} ${page}`).toEqual([])
      await v.picture(`${name}-${page}`)
    }
    await v.page.goto('/cases?state=handling')
    await v.page.getByRole('row').nth(1).click()
    await v.page.waitForURL(/\/cases\//)
    await v.page.getByRole('heading', { level: 2, name: '流转记录' }).waitFor()
    expect(await v.faults(), `${name} case`).toEqual([])
    await v.picture(`${name}-case`)
    await v.close()
  }
}, 60_000)

it('shows the public list only where the rules have a rung to it, and nothing precise', async () => {
  const v = await person('admin')
  await v.page.goto('/cases')
  await v.page.getByRole('link', { name: '公示名单' }).click()
  await v.page.getByText('本区规则没有启用公示名单').waitFor()
  await clean(v, 'public-list-off')
  const kept = await asked<{ pack: Record<string, unknown> & { ladder: unknown[] } }>(v, '/api/v1/rules/case_rules/case-rules')
  const { pack: _, ...content } = kept.pack
  content.ladder = [...kept.pack.ladder, { share: 1.01, to: 'public' }]
  const status = await v.page.evaluate(async (body) => (await fetch('/api/v1/rules/case_rules/case-rules', { method: 'PUT', headers: { 'content-type': 'application/json', 'idempotency-key': crypto.randomUUID() }, body })).status, JSON.stringify({ version: 1, pack: content, source: '区督办办法' }))
  expect(status).toBe(200)
  // The next sweep of the clocks finds who is past the rung.
  await expect.poll(async () => (await asked<{ total: number }>(v, '/api/v1/public-list')).total, { timeout: 90_000 }).toBeGreaterThan(0)
  await v.page.reload()
  await v.page.getByRole('cell', { name: /AJ/ }).first().waitFor()
  expect(await v.page.getByRole('columnheader').allInnerTexts()).toEqual(['案卷编号', '井盖类型', '街镇', '责任单位', '超期天数'])
  expect(await v.page.getByRole('link', { name: '下载 CSV' }).getAttribute('href')).toBe('/api/v1/public-list.csv')
  await clean(v, 'public-list')
  await v.close()
  const phone = await district.visitor({ width: 360, height: 740, dark: true })
  await phone.logIn('leader')
  await phone.page.goto('/public-list')
  await phone.page.getByRole('cell', { name: /AJ/ }).first().waitFor()
  await clean(phone, 'public-list-phone')
  await phone.close()
}, 150_000)
