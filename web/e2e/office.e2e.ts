// Imports, annex 1, rights, and every page in every dress.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { clean, District } from './harness'

let district: District
const folder = mkdtempSync(join(tmpdir(), 'jinggai-files-'))
beforeAll(async () => {
  district = await District.open()
})
afterAll(async () => {
  await district?.close()
  rmSync(folder, { recursive: true, force: true })
})

/** An office's table with two good rows and two without a place. */
const TABLE = `编号,井盖类型,经度,纬度,道路名称,权属单位,规格
甲-1,雨水,106.5412345,29.5812345,试验路,演示排水公司,D700
甲-2,污水,106.5413345,29.5813345,试验路,演示排水公司,D700
甲-3,雨水,,,试验路,演示排水公司,D700
甲-4,雨水,,,试验路,演示排水公司,D700
`

it('imports a table with mistakes: looks, checks, imports the good rows and hands back the others', async () => {
  const v = await district.visitor()
  await v.logIn('registrar')
  await v.page.keyboard.press('g')
  await v.page.keyboard.press('i')
  const file = join(folder, '普查表.csv')
  writeFileSync(file, TABLE)
  await v.page.locator('input[type=file]').setInputFiles(file)
  await v.page.getByText('按现在的对应，前几行会这样登记').waitFor()
  expect(await v.page.getByRole('combobox', { name: '井盖类型' }).inputValue()).toBe('井盖类型')
  await clean(v, 'import-map')
  await v.page.getByRole('button', { name: '检查全部数据' }).click()
  await v.page.getByRole('heading', { name: '检查结果' }).waitFor()
  const figure = (label: string) => v.page.locator('dl.counts div', { hasText: label }).locator('dd').innerText()
  expect([await figure('读取'), await figure('将新增'), await figure('拒绝')]).toEqual(['4', '2', '2'])
  await v.page.getByRole('heading', { name: '需要处理的行' }).waitFor()
  await clean(v, 'import-check')
  const [errors] = await Promise.all([v.page.waitForEvent('download'), v.page.getByRole('link', { name: '下载问题行 XLSX' }).click()])
  expect(errors.suggestedFilename()).toMatch(/\.xlsx$/)
  // Nothing was written by the check.
  await v.page.getByRole('button', { name: '导入可导入的 2 行' }).click()
  await v.page.getByRole('heading', { name: '导入结果' }).waitFor()
  expect([await figure('新增'), await figure('拒绝')]).toEqual(['2', '2'])
  await v.page.getByRole('link', { name: '查看这批井盖' }).click()
  await v.page.getByRole('status').filter({ hasText: '共 2 个井盖' }).waitFor()
  await v.close()
})

it('draws annex 1, opens the covers behind a figure, and finds the report equal', async () => {
  const v = await district.visitor()
  await v.logIn('leader')
  await v.page.goto('/annex')
  await v.page.getByLabel('包含演示数据').check()
  await v.page.getByLabel('分组').selectOption('street')
  await v.page.getByLabel('再按').selectOption('')
  await v.page.getByRole('button', { name: '生成' }).click()
  await v.page.getByRole('heading', { level: 1, name: '江北区城市道路窨井盖普查统计表' }).waitFor()
  await v.page.getByRole('button', { name: '核对' }).click()
  await v.page.getByText('一致：用同样的条件重新统计，数字完全相同。').waitFor()
  await clean(v, 'annex')
  const [sheet] = await Promise.all([v.page.waitForEvent('download'), v.page.getByRole('link', { name: 'XLSX' }).click()])
  expect(sheet.suggestedFilename()).toMatch(/\.xlsx$/)
  const cell = v.page.getByRole('link', { name: /^合计 缺失/ })
  const n = await cell.innerText()
  await cell.click()
  await v.page.getByRole('status').filter({ hasText: `共 ${n} 个井盖` }).waitFor()
  await v.close()
})

it('enters a new well, with a warning when it may be there already', async () => {
  const v = await district.visitor()
  await v.logIn('registrar')
  await v.page.goto('/covers')
  await v.page.getByRole('heading', { level: 1, name: '井盖台账' }).waitFor()
  await v.page.keyboard.press('n')
  await v.page.getByRole('heading', { level: 1, name: '登记新井' }).waitFor()
  await v.page.getByRole('button', { name: '登记', exact: true }).click()
  await v.page.locator('.wrong').first().waitFor()
  await v.page.getByLabel('经度').fill('106.5500001')
  await v.page.getByLabel('纬度').fill('29.5900001')
  const pick = async () => {
    await v.page.getByRole('combobox', { name: '类型' }).click()
    await v.page.getByRole('option', { name: '燃气' }).click()
  }
  await pick()
  await v.page.getByRole('button', { name: '登记', exact: true }).click()
  await v.page.locator('article.cover').waitFor()
  await v.page.goto('/wells/new?at=106.5500002,29.5900001')
  await pick()
  await v.page.getByRole('button', { name: '登记', exact: true }).click()
  await v.page.getByText('附近已有同类井盖').waitFor()
  await clean(v, 'twin')
  await v.close()
})

it('shows people only what they may do', async () => {
  const v = await district.visitor()
  await v.logIn('inspector')
  const nav = v.page.getByRole('navigation', { name: '主导航' })
  expect(await nav.getByRole('link', { name: '导入' }).count()).toBe(0)
  await v.page.goto('/import')
  await v.page.getByText('您没有查看这里的权限').waitFor()
  await clean(v, 'no-right')
  await v.page.goto('/nowhere')
  await v.page.getByText('没有这个页面').waitFor()
  await v.close()
})

it('speaks English all through when asked', async () => {
  const v = await district.visitor()
  await v.logIn('admin')
  await v.page.evaluate(() => localStorage.setItem('language', 'en'))
  for (const path of ['/start', '/covers', '/ownership', '/import', '/annex', '/annex2', '/indicators', '/ranking', '/hazards', '/admin/units', '/account']) {
    await v.page.goto(path)
    await v.page.getByRole('heading', { level: 1 }).first().waitFor()
    expect(await v.page.getByRole('heading', { level: 1 }).first().innerText(), path).not.toMatch(/\p{Script=Han}/u)
  }
  await v.page.goto('/covers')
  await v.page.locator('[role=row].data').first().waitFor()
  expect(await v.page.getByRole('columnheader', { name: 'Number' }).count()).toBe(1)
  await clean(v, 'english')
  await v.close()
})

const PAGES: [string, string][] = [
  ['/start', '.bars svg text'], ['/covers', '[role=row].data'], ['/covers?state=missing&view=map', '[data-drawn]'], ['/map', '[data-drawn]'], ['/wells/new', 'form'], ['/ownership', 'tbody tr'], ['/import', 'input[type=file]'],
  ['/annex', 'form'], ['/admin/units', 'tbody tr'], ['/admin/areas', 'tbody tr'], ['/admin/users', 'tbody tr'], ['/admin/rules', 'tbody tr'], ['/admin/audit', 'tbody tr'], ['/admin/tokens', '.card'], ['/account', '.card'],
]
for (const [dress, options] of [['dark', { width: 1920, height: 1080, dark: true }], ['phone', { width: 360, height: 740 }]] as const) {
  it(`is fit for everybody on every page: ${dress}`, async () => {
    const v = await district.visitor(options)
    await v.page.goto('/')
    await v.page.getByLabel('登录名').waitFor()
    await clean(v, `${dress}-login`)
    await v.logIn('admin')
    for (const [path, ready] of PAGES) {
      await v.page.goto(path)
      await v.page.locator(ready).first().waitFor({ state: 'attached' })
      await clean(v, `${dress}${path.replaceAll(/[/?=&]/g, '-')}`)
    }
    const first = (await (await v.page.request.get('/api/v1/covers?limit=1&low_lying=true')).json()) as { items: { well_uid: string }[] }
    await v.page.goto(`/wells/${first.items[0]!.well_uid}`)
    await v.page.locator('article.cover').first().waitFor()
    await clean(v, `${dress}-well`)
    await v.close()
  })
}
