// The console's copy of the API document is that of the program: types that were made from another one lie.
// When it is not: `JINGGAI_WRITE_API=1 npm run e2e -- api && npm run gen:api`, and commit both files.
import { readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { District } from './harness'

let district: District
beforeAll(async () => {
  district = await District.open()
})
afterAll(async () => {
  await district?.close()
})

it('is built for the API of this program', async () => {
  const served: unknown = await (await fetch(`${district.address}/api/v1/openapi.json`)).json()
  if (process.env.JINGGAI_WRITE_API) writeFileSync('openapi.json', `${JSON.stringify(served, null, 1)}\n`)
  expect(JSON.parse(readFileSync('openapi.json', 'utf8'))).toEqual(served)
})

it('serves the console under a strict policy, its files for ever, and nothing that is not there', async () => {
  const page = await fetch(`${district.address}/covers?kind=gas`)
  expect(page.headers.get('cache-control')).toBe('no-cache')
  const policy = page.headers.get('content-security-policy') ?? ''
  expect(policy).toContain("default-src 'none'")
  expect(policy).not.toMatch(/'unsafe-|https?:/)
  const script = /src="(\/assets\/[^"]+\.js)"/.exec(await page.text())?.[1]
  const file = await fetch(`${district.address}${script}`, { headers: { 'accept-encoding': 'br' } })
  expect([file.status, file.headers.get('cache-control'), file.headers.get('content-encoding')]).toEqual([200, 'public, max-age=31536000, immutable', 'br'])
  expect((await fetch(`${district.address}/assets/none.js`)).status).toBe(404)
  expect((await fetch(`${district.address}/api/v1/none`)).status).toBe(404)
  const again = await fetch(`${district.address}/`, { headers: { 'if-none-match': page.headers.get('etag') ?? '' } })
  expect(again.status).toBe(304)
})
