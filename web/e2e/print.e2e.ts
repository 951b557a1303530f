// On paper: all rows of a list and not only those on the screen, the file of a well, black on white whatever the theme.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { asked, District, PICTURES, type Visitor } from './harness'

let district: District
beforeAll(async () => {
  district = await District.open()
})
afterAll(async () => {
  await district?.close()
})

interface Page { items: { uid: string; well_uid: string; code: string }[]; total: number }
/** Sheets of the paper as the browser would print it, and their shape. */
async function paper(v: Visitor, name: string): Promise<{ sheets: number; wide: boolean }> {
  const bytes = await v.page.pdf({ preferCSSPageSize: true })
  mkdirSync(PICTURES, { recursive: true })
  writeFileSync(join(PICTURES, `${name}.pdf`), bytes)
  const text = bytes.toString('latin1')
  const box = /\/MediaBox\s*\[\s*\S+ \S+ (\S+) (\S+?)\s*\]/.exec(text)
  return { sheets: text.match(/\/Type\s*\/Page\b(?!s)/g)?.length ?? 0, wide: Number(box?.[1]) > Number(box?.[2]) }
}
/** Text and paper differ, and the paper is white. */
const ink = (v: Visitor, selector: string) => v.page.locator(selector).first().evaluate((e) => [getComputedStyle(e).color, getComputedStyle(document.body).backgroundColor])

it('prints every row of the filter, in columns that fit, with what was asked', async () => {
  const v = await district.visitor({ dark: true })
  await v.page.addInitScript(() => {
    Object.assign(window, { print: () => document.documentElement.setAttribute('data-printed', '') })
  })
  await v.logIn('registrar')
  await v.page.goto('/covers?kind=sewage')
  const { total } = await asked<Page>(v, '/api/v1/covers?limit=1&kind=sewage')
  await v.page.getByRole('row').nth(3).waitFor()
  await v.page.keyboard.press('Control+p')
  await v.page.locator('[data-printed]').waitFor()
  await v.page.emulateMedia({ media: 'print' })
  expect(await v.page.locator('.sheet tbody tr').count()).toBe(total)
  expect(total).toBeGreaterThan(300)
  expect(await v.page.locator('.sheet').getByText('井盖类型 污水').isVisible()).toBe(true)
  expect(await v.page.getByRole('grid').isVisible()).toBe(false)
  expect(await ink(v, '.sheet td')).toEqual(['rgb(0, 0, 0)', 'rgb(255, 255, 255)'])
  const { sheets, wide } = await paper(v, 'print-list')
  expect(wide).toBe(true)
  expect(sheets).toBeGreaterThan(5)
  await v.page.emulateMedia({ media: 'screen' })
  await v.page.evaluate(() => dispatchEvent(new Event('afterprint')))
  expect(await v.page.locator('.sheet tbody tr').count()).toBe(0)
  expect(v.complaints).toEqual([])
  await v.close()
})

it('prints the file of a well without what is for hands', async () => {
  const v = await district.visitor({ dark: true })
  await v.logIn('registrar')
  const { items } = await asked<Page>(v, '/api/v1/covers?limit=1&low_lying=true')
  await v.page.goto(`/wells/${items[0]!.well_uid}`)
  await v.page.locator('article.cover').first().waitFor()
  await v.page.emulateMedia({ media: 'print' })
  await v.page.evaluate(() => dispatchEvent(new Event('beforeprint')))
  expect(await v.page.getByRole('button').filter({ visible: true }).count()).toBe(0)
  expect(await v.page.getByText(/打印于 \d{4}-\d\d-\d\d/).isVisible()).toBe(true)
  expect(await ink(v, 'article.cover')).toEqual(['rgb(0, 0, 0)', 'rgb(255, 255, 255)'])
  const { sheets, wide } = await paper(v, 'print-well')
  expect(wide).toBe(false)
  expect(sheets).toBeLessThanOrEqual(3)
  await v.close()
})
