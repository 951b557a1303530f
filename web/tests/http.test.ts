import { afterEach, expect, it, vi } from 'vitest'

/** The module as a page would load it, with a stand-in for the network. */
async function fresh(answer: (request: Request, n: number) => Response | Error) {
  vi.resetModules()
  vi.stubGlobal('location', { origin: 'http://district.test' })
  const sent: Request[] = []
  vi.stubGlobal('fetch', (request: Request) => {
    sent.push(request)
    const got = answer(request, sent.length)
    return got instanceof Error ? Promise.reject(got) : Promise.resolve(got)
  })
  return { http: await import('../src/api/http'), sent }
}
const json = (status: number, body: unknown) => new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } })
afterEach(() => vi.unstubAllGlobals())

it('gives every write a key of its own, and reads none', async () => {
  const { http, sent } = await fresh(() => json(200, {}))
  await http.call('POST', '/api/v1/wells', { a: 1 })
  await http.call('POST', '/api/v1/wells', { a: 1 })
  await http.call('GET', '/api/v1/me')
  const keys = sent.map((r) => r.headers.get('idempotency-key'))
  expect(keys[0]).toMatch(/^[0-9a-f]{32}$/)
  expect(keys[1]).not.toBe(keys[0])
  expect(keys[2]).toBeNull()
})

it('waits for a new log-in and sends the same request again, with the same key and body', async () => {
  const { http, sent } = await fresh((_, n) => (n === 1 ? json(401, { code: 'unauthenticated', title: 'log in' }) : json(200, { done: true })))
  let asked = 0
  http.onSessionEnd(() => {
    asked++
    return Promise.resolve()
  })
  expect(await http.call('PATCH', '/api/v1/wells/1', { road: 'x' })).toEqual({ done: true })
  expect(asked).toBe(1)
  expect(sent[1]!.headers.get('idempotency-key')).toBe(sent[0]!.headers.get('idempotency-key'))
  expect(await sent[1]!.text()).toBe('{"road":"x"}')
})

it('throws what the server refused, with its fields and request', async () => {
  const { http } = await fresh(() => json(422, { code: 'form.invalid', title: '有 1 处填写不对', fields: [{ field: 'road', message: '太长' }], request_id: 'r1' }))
  const refused = await http.call('POST', '/api/v1/wells', {}).catch((e: unknown) => e)
  expect(refused).toMatchObject({ status: 422, code: 'form.invalid', message: '有 1 处填写不对', fields: [{ field: 'road', message: '太长' }], requestId: 'r1' })
})

it('says that it is offline, and takes it back', async () => {
  const { http } = await fresh((_, n) => (n === 1 ? new TypeError('no line') : json(200, {})))
  await expect(http.call('GET', '/api/v1/me')).rejects.toMatchObject({ status: 0, code: 'offline' })
  expect(http.offline.value).toBe(true)
  await http.call('GET', '/api/v1/me')
  expect(http.offline.value).toBe(false)
})
