// 附件2, the indicators and the ranking, in the browser.
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { asked, clean, District, type Visitor } from './harness'

let district: District
beforeAll(async () => {
  district = await District.open()
}, 120_000)
afterAll(() => district?.close())

interface Row { key: string; label: string; period: { figures: Record<string, number> } }

/** 附件2 of this month with the demo records. */
async function annex2(v: Visitor): Promise<void> {
  await v.page.getByRole('link', { name: '报表', exact: true }).click()
  await v.page.getByRole('link', { name: '附件2 专项整治' }).click()
  await v.page.getByRole('heading', { level: 1, name: '附件2 专项整治情况统计表' }).waitFor()
  await v.page.getByLabel('包含演示数据').check()
  await v.page.getByRole('region', { name: '附件2 专项整治情况统计表 本期' }).getByRole('row', { name: /合计/ }).waitFor()
}

/** How many rows a list says that it has. */
async function counted(v: Visitor, words: RegExp): Promise<number> {
  const said = v.page.getByRole('status').filter({ hasText: words })
  await said.waitFor()
  return Number(words.exec((await said.textContent())!)![1]!.replace(',', ''))
}

for (const [dress, options] of [['light', {}], ['dark', { dark: true }], ['phone', { width: 360, height: 740 }]] as const) {
  it(`shows the reports about a period to everybody: ${dress}`, async () => {
    const v = await district.visitor(options)
    await v.logIn('leader')
    await annex2(v)
    await clean(v, `annex2-${dress}`)
    await v.page.getByRole('heading', { name: '存档的报表' }).scrollIntoViewIfNeeded()
    await v.picture(`annex2-${dress}-below`)
    await v.page.getByRole('button', { name: '累计' }).click()
    await v.page.getByRole('region', { name: '附件2 专项整治情况统计表 累计' }).waitFor()
    await clean(v, `annex2-cumulative-${dress}`)
    await v.page.getByRole('link', { name: '评价指标' }).click()
    await v.page.getByRole('heading', { name: '案卷指标：合计' }).waitFor()
    await v.page.getByRole('img', { name: /^得分/ }).waitFor()
    await clean(v, `indicators-${dress}`)
    await v.page.getByRole('heading', { name: '井盖和隐患指标：合计' }).scrollIntoViewIfNeeded()
    await v.picture(`indicators-${dress}-below`)
    await v.page.getByRole('link', { name: '排名', exact: true }).click()
    await v.page.getByRole('region', { name: '排名：街镇' }).first().waitFor()
    await v.page.getByRole('img').nth(1).waitFor()
    await clean(v, `ranking-${dress}`)
    await v.close()
  })
}

it('opens the rows behind the figures, and they are as many', async () => {
  const v = await district.visitor()
  await v.logIn('leader')
  await annex2(v)
  const sheet = v.page.getByRole('region', { name: '附件2 专项整治情况统计表 本期' })
  for (const [column, heading, words, picture] of [['发现问题数', '隐患', /共 ([\d,]+) 条/, 'annex2-hazards'], ['排查窨井盖数', '井盖台账', /([\d,]+) 个/, 'annex2-covers'], ['受理', '上报受理', /([\d,]+) 条/, 'annex2-findings']] as const) {
    const link = sheet.getByRole('link', { name: new RegExp(`^合计 ${column}`) })
    const figure = Number(await link.textContent())
    expect(figure, column).toBeGreaterThan(0)
    await link.click()
    await v.page.getByRole('heading', { level: 1, name: heading }).waitFor()
    expect(await counted(v, words), column).toBe(figure)
    await clean(v, picture)
    await v.page.goBack()
    await sheet.waitFor()
  }
  // The question is the address: a link that somebody is sent shows the same table.
  expect(v.page.url()).toContain('include_demo=true')
  await v.page.getByRole('link', { name: '评价指标' }).click()
  const all = v.page.getByRole('region', { name: '案卷指标：合计' })
  const row = all.getByRole('row', { name: /^处置率/ })
  const [handled, toHandle] = [Number(await row.getByRole('link').first().textContent()), Number(await row.getByRole('link').last().textContent())]
  expect(await row.textContent()).toContain(`${((100 * handled) / toHandle).toFixed(2)}%`)
  expect(await all.getByRole('row', { name: /^按期受理率/ }).textContent()).toContain('不计算')
  const covers = v.page.getByRole('region', { name: '井盖和隐患指标：合计' })
  await covers.getByText('目标 100%').waitFor()
  const guard = covers.getByRole('row', { name: /^防坠装置覆盖率/ }).getByRole('link').last()
  const needed = Number((await guard.textContent())!.replace(',', ''))
  await guard.click()
  await v.page.getByRole('heading', { level: 1, name: '井盖台账' }).waitFor()
  expect(await counted(v, /([\d,]+) 个/)).toBe(needed)
  await v.page.goBack()
  await row.getByRole('link').first().click()
  await v.page.getByRole('heading', { level: 1, name: '案卷' }).waitFor()
  expect(await counted(v, /([\d,]+) 件/)).toBe(handled)
  await v.page.getByText('报表数字背后的记录').waitFor()
  await clean(v, 'indicators-cases')
  await v.close()
}, 120_000)

it('keeps a report, fills in a cell, compares it and hands it out in four formats', async () => {
  const v = await district.visitor()
  await v.logIn('leader')
  await annex2(v)
  await v.page.getByRole('button', { name: '存档' }).click()
  await v.page.waitForURL(/\/annex2\/[0-9a-f-]{36}/)
  const sheet = v.page.getByRole('region', { name: '附件2 专项整治情况统计表 本期' })
  const cell = sheet.getByRole('button', { name: /^填报 演示排水公司 投入资金/ })
  await cell.click()
  const window = v.page.getByRole('dialog', { name: '手工填报' })
  await window.getByLabel('投入资金（万元）').fill('12.345')
  await window.getByRole('button', { name: '保存' }).click()
  await window.getByRole('alert').getByText('至多两位小数').waitFor()
  await clean(v, 'annex2-fill')
  await window.getByLabel('投入资金（万元）').fill('12.5')
  await window.getByRole('button', { name: '保存' }).click()
  await window.waitFor({ state: 'hidden' })
  expect(await cell.textContent()).toBe('12.50')
  const filled = v.page.getByRole('region', { name: '手工填报的内容' })
  await filled.getByText('领导小组办公室（演示）').waitFor()
  await v.page.getByRole('button', { name: '核对' }).click()
  await v.page.getByText('一致：用同样的条件重新统计').waitFor()
  await clean(v, 'annex2-kept')
  await filled.scrollIntoViewIfNeeded()
  await v.picture('annex2-kept-below')
  for (const [format, magic] of [['XLSX', 'PK'], ['PDF', '%PDF'], ['CSV', ''], ['JSON', '{']] as const) {
    const [file] = await Promise.all([v.page.waitForEvent('download'), v.page.getByRole('link', { name: `下载 ${format}` }).click()])
    expect(file.suggestedFilename()).toMatch(new RegExp(`^附件2-.*\\.${format.toLowerCase()}$`))
    expect(readFileSync((await file.path())!).toString('latin1').startsWith(magic), format).toBe(true)
  }
  // With demo records it closes no period, and the window says why.
  await v.page.getByRole('button', { name: '结账' }).click()
  const closing = v.page.getByRole('dialog', { name: '结账' })
  await closing.getByRole('button', { name: '结账' }).click()
  await closing.getByRole('alert').getByText('不含演示数据').waitFor()
  await v.close()
}, 90_000)

it('closes a period, which is then shown as closed and takes no more words', async () => {
  const v = await district.visitor()
  await v.logIn('leader')
  await v.page.goto('/annex2?from=2025-01-01&to=2026-01-01')
  await v.page.getByRole('button', { name: '存档' }).click()
  await v.page.waitForURL(/\/annex2\/[0-9a-f-]{36}/)
  await v.page.getByRole('button', { name: '结账' }).click()
  const closing = v.page.getByRole('dialog', { name: '结账' })
  await closing.getByRole('button', { name: '结账' }).click()
  await closing.waitFor({ state: 'hidden' })
  await v.page.getByText('本期已由 领导小组办公室（演示）').waitFor()
  await clean(v, 'annex2-closed')
  expect(await v.page.getByRole('button', { name: '结账' }).count()).toBe(0)
  await v.page.goto('/annex2')
  await v.page.getByRole('region', { name: '存档的报表' }).getByText('已结账').waitFor()
  await v.close()
}, 60_000)

it('compares indicators of a unit, and a place of the ranking opens its indicators', async () => {
  const v = await district.visitor()
  await v.logIn('leader')
  await v.page.goto('/ranking?include_demo=true')
  const units = v.page.getByRole('region', { name: '排名：责任单位' }).last()
  const first = units.getByRole('row').nth(1)
  expect((await first.textContent())!.trim().startsWith('1')).toBe(true)
  const name = await first.getByRole('link').first().textContent()
  await first.getByRole('link').first().click()
  await v.page.getByRole('heading', { name: `案卷指标：${name}` }).waitFor()
  await v.page.getByLabel('比较哪一项').selectOption({ label: '结案率' })
  await v.page.getByRole('img', { name: /^结案率/ }).waitFor()
  await clean(v, 'indicators-unit')
  await v.page.getByRole('button', { name: '存档' }).click()
  await v.page.waitForURL(/\/indicators\/[0-9a-f-]{36}/)
  await v.page.getByRole('link', { name: '下载 XLSX' }).waitFor()
  await clean(v, 'indicators-kept')
  // What the table shows is what the server counted.
  const drawn = await asked<{ rows: Row[] }>(v, `/api/v1/reports/${v.page.url().split('/').pop()!.split('?')[0]}`)
  expect(drawn.rows.map((r) => r.label)).toContain(name)
  await v.close()
}, 60_000)

it('speaks English, and prints what a report says without what only a screen can do', async () => {
  const v = await district.visitor()
  await v.logIn('leader')
  await v.page.evaluate(() => localStorage.setItem('language', 'en'))
  await v.page.goto('/indicators?include_demo=true')
  const cases = v.page.getByRole('region', { name: 'Indicators of cases: Total' })
  await cases.waitFor()
  expect(await cases.innerText()).not.toMatch(/\p{Script=Han}/u)
  expect(await v.page.getByRole('region', { name: 'Indicators of covers and hazards: Total' }).innerText()).not.toMatch(/\p{Script=Han}/u)
  await clean(v, 'indicators-english')
  await v.page.goto('/annex2?include_demo=true&by=street,kind')
  const sheet = v.page.getByRole('region', { name: 'Annex 2: treatment of covers This period' })
  await sheet.waitFor()
  expect(await sheet.getByRole('columnheader', { name: 'Found, by type' }).count()).toBe(1)
  await clean(v, 'annex2-english')
  await v.page.emulateMedia({ media: 'print' })
  expect(await v.page.getByRole('navigation').count()).toBe(0)
  expect(await v.page.getByRole('button', { name: 'Keep' }).count()).toBe(0)
  expect(await sheet.isVisible()).toBe(true)
  await v.picture('annex2-print')
  await v.close()
}, 60_000)
