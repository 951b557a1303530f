// Rectification plans and the renewal of covers, in the browser.
import { afterAll, beforeAll, it } from 'vitest'
import { clean, District } from './harness'

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
