// Coming in: the first own password, the second factor, a wrong password said plainly.
import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { District } from './harness'

let district: District
beforeAll(async () => {
  district = await District.open()
})
afterAll(async () => {
  await district?.close()
})

/** Seconds that a code of an authenticator is valid (RFC 6238). */
const STEP_S = 30
/** What an authenticator shows, `later` steps from now. */
function code(secret: string, later = 0): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
  const bits = [...secret.replace(/=|\s/g, '')].map((c) => letters.indexOf(c).toString(2).padStart(5, '0')).join('')
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((b) => parseInt(b, 2)))
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 1000 / STEP_S) + later))
  const hash = createHmac('sha1', key).update(counter).digest()
  const at = hash[19]! & 15
  return String((hash.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}

it('lets a new colleague in with a password told once, which must be changed at once', async () => {
  const v = await district.visitor()
  await v.logIn('admin')
  await v.page.goto('/admin/users')
  await v.page.getByRole('button', { name: '新增用户' }).click()
  const form = v.page.getByRole('dialog', { name: '新增用户' })
  await form.getByLabel('登录名').fill('wangfang')
  await form.getByLabel('名称').fill('王芳')
  await form.getByRole('button', { name: '保存' }).click()
  const told = v.page.getByRole('dialog', { name: /王芳/ })
  const first = (await told.locator('code').innerText()).trim()
  await told.getByRole('combobox', { name: '角色' }).selectOption('registrar')
  await told.getByRole('button', { name: '授予角色' }).click()
  await told.getByText('全区').waitFor()
  expect(await v.faults()).toEqual([])
  await v.close()

  const w = await district.visitor()
  await w.page.goto('/')
  await w.page.getByLabel('登录名').fill('wangfang')
  await w.page.getByLabel('口令', { exact: true }).fill('不对的口令')
  await w.page.getByRole('button', { name: '登录', exact: true }).click()
  await w.page.getByRole('alert').filter({ hasText: '登录名或口令不对' }).waitFor()
  await w.page.getByLabel('口令', { exact: true }).fill(first)
  await w.page.getByRole('button', { name: '登录', exact: true }).click()
  await w.page.getByRole('heading', { name: '首次登录，请设置自己的口令' }).waitFor()
  await w.picture('must-change')
  expect(await w.faults()).toEqual([])
  const own = 'Jinggai-2026-Qiao!'
  await w.page.getByLabel('原口令').fill(first)
  await w.page.getByLabel('新口令', { exact: true }).fill(own)
  await w.page.getByLabel('再输一遍新口令').fill('另一个')
  await w.page.getByRole('button', { name: '修改口令' }).click()
  await w.page.getByText('两次输入不一样').waitFor()
  await w.page.getByLabel('再输一遍新口令').fill(own)
  await w.page.getByRole('button', { name: '修改口令' }).click()
  await w.page.getByRole('navigation', { name: '主导航' }).waitFor()
  await w.close()
})

it('asks for the second factor of whoever turned it on', async () => {
  const v = await district.visitor()
  await v.logIn('street')
  await v.page.goto('/account')
  await v.page.getByRole('button', { name: '启用', exact: true }).click()
  const secret = (await v.page.locator('.key').innerText()).trim()
  await v.page.getByLabel('动态码').fill(code(secret))
  await v.page.getByRole('button', { name: '确认启用' }).click()
  await v.page.getByText('已启用。登录时除口令外还要输入动态码。').waitFor()
  await v.page.getByRole('button', { name: /^账号/ }).click()
  await v.page.getByRole('button', { name: '退出登录' }).click()
  await v.page.getByLabel('登录名').fill('street')
  await v.page.getByLabel('口令', { exact: true }).fill(district.password('street'))
  await v.page.getByRole('button', { name: '登录', exact: true }).click()
  await v.page.getByText('打开验证器，输入 6 位动态码').waitFor()
  expect(await v.faults()).toEqual([])
  // Every code serves once; the next one is taken as well.
  await v.page.getByLabel('动态码').fill(code(secret, 1))
  await v.page.getByRole('button', { name: '登录', exact: true }).click()
  await v.page.getByRole('navigation', { name: '主导航' }).waitFor()
  await v.close()
})
