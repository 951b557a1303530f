// What lies under and over the covers: the base map of the server, a shifted one, lines, open cases.
import { resolve } from 'node:path'
import { crc32, deflateSync } from 'node:zlib'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { asked, clean, District, type Visitor } from './harness'

let district: District
beforeAll(async () => {
  district = await District.open({ JINGGAI_BASEMAP: 'pmtiles', JINGGAI_BASEMAP_FILE: resolve('../crates/jinggai-test/tests/data/basemap/test_fixture_1.pmtiles'), JINGGAI_BASEMAP_ATTRIBUTION: '测试底图' })
}, 120_000)
afterAll(async () => {
  await district?.close()
})

interface Feature { get(name: string): unknown; getGeometry(): { getCoordinates(): number[] } }
interface Layer { getFeaturesInExtent?(e: number[]): Feature[]; getSource?(): { getFeatures?(): Feature[] }; getVisible(): boolean }
interface Host { olMap: { getAllLayers(): Layer[]; getView(): { calculateExtent(): number[]; setCenter(c: number[]): void; setZoom(z: number): void }; getPixelFromCoordinate(c: number[]): number[]; once(what: string, done: () => void): void; render(): void } }
interface Case { uid: string; title: string; level: string; lng: number | null; lat: number | null }

const HALF = 20037508.342789244
const metres = (lng: number, lat: number): [number, number] => [(lng * HALF) / 180, (Math.asinh(Math.tan((lat * Math.PI) / 180)) * HALF) / Math.PI]
async function map(v: Visitor, query = ''): Promise<void> {
  await v.page.goto(`/map${query}`)
  await v.page.locator('.host[data-drawn]').waitFor()
}
/** Looks at a place, until everything of it is drawn. */
async function look(v: Visitor, lng: number, lat: number, zoom: number): Promise<void> {
  await v.page.evaluate(([x, y, z]) => new Promise<void>((done) => {
    const { olMap } = document.querySelector('.host') as unknown as Host
    olMap.once('rendercomplete', () => done())
    olMap.getView().setCenter([x!, y!])
    olMap.getView().setZoom(z!)
  }), [...metres(lng, lat), zoom])
}
/** How many lines are drawn. */
const linesDrawn = (v: Visitor) => v.page.evaluate(() => {
  const { olMap } = document.querySelector('.host') as unknown as Host
  return olMap.getAllLayers().filter((l) => l.getVisible()).flatMap((l) => l.getFeaturesInExtent?.(olMap.getView().calculateExtent()) ?? []).filter((f) => f.get('kind') !== undefined && f.get('state') === undefined && f.get('n') === undefined).length
})

it('draws the file of the base map under everything and says whose it is', async () => {
  const v = await district.visitor()
  await v.logIn('leader')
  const told = await asked<{ layers: { format: string }[]; attribution: string }>(v, '/api/v1/basemap')
  expect(told.layers.map((l) => l.format)).toEqual(['mvt'])
  await map(v)
  await v.page.getByText(told.attribution).waitFor()
  // The file says that it covers one degree off Africa: there its areas are drawn.
  await look(v, 0.5, 0.5, 8)
  const ground = await v.page.evaluate(() => {
    const { olMap } = document.querySelector('.host') as unknown as Host
    return olMap.getAllLayers().flatMap((l) => l.getFeaturesInExtent?.(olMap.getView().calculateExtent()) ?? []).length
  })
  await v.picture('basemap-file')
  expect(ground).toBeGreaterThan(0)
  await v.close()
})

/** A grey picture tile: black where the shifted map is west of the line, white where it is east. */
function tile(z: number, x: number, line: number): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type), data]), head = Buffer.alloc(4), tail = Buffer.alloc(4)
    head.writeUInt32BE(data.length)
    tail.writeUInt32BE(crc32(body))
    return Buffer.concat([head, body, tail])
  }
  const width = (2 * HALF) / 2 ** z, west = x * width - HALF
  const row = Buffer.from([0, ...Array.from({ length: 256 }, (_, i) => (west + ((i + 0.5) * width) / 256 < line ? 0 : 255))])
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', Buffer.from([0, 0, 1, 0, 0, 0, 1, 0, 8, 0, 0, 0, 0])), chunk('IDAT', deflateSync(Buffer.concat(Array.from({ length: 256 }, () => row)))), chunk('IEND', Buffer.alloc(0))])
}

it('draws a shifted base map in its place, and a place clicked is the place of the ledger', async () => {
  const v = await district.visitor()
  await v.logIn('leader')
  // A row of the vectors that the server's shift is tested with.
  const wgs = [106.532844, 29.575352] as const, gcj = [106.5366022272459, 29.572550527485774] as const
  await v.page.route('**/api/v1/basemap', (r) => r.fulfill({ json: { kind: 'xyz', crs: 'gcj02', attribution: '审图号', layers: [{ id: 'base', title: '底图', group: 'base', overlay: false, url: '/basemap/base/{z}/{x}/{y}', format: 'image', min_zoom: 3, max_zoom: 18 }] } }))
  await v.page.route('**/basemap/base/**', (r) => {
    const [z = 0, x = 0] = new URL(r.request().url()).pathname.split('/').slice(3).map(Number)
    return r.fulfill({ contentType: 'image/png', body: tile(z, x, metres(gcj[0], gcj[1])[0]) })
  })
  await map(v)
  await v.page.getByText('管线').click()
  await look(v, wgs[0], wgs[1], 17)
  await clean(v, 'basemap-gcj')
  const edge = await v.page.evaluate(() => {
    const canvas = document.querySelector<HTMLCanvasElement>('.ol-base canvas')!, y = Math.floor(canvas.height / 2)
    const row = canvas.getContext('2d')!.getImageData(0, y, canvas.width, 1).data
    let x = 0
    while (x < canvas.width && row[4 * x]! < 128) x++
    return { x, width: canvas.width }
  })
  // The line of the shifted map runs through the middle, where the ledger has it: two pixels are two metres.
  expect(Math.abs(edge.x - edge.width / 2)).toBeLessThanOrEqual(2)
  await v.close()
})

it('says what is wrong with the base map', async () => {
  const v = await district.visitor()
  await v.logIn('leader')
  await v.page.route('**/api/v1/basemap', (r) => r.fulfill({ json: { kind: 'pmtiles', crs: 'wgs84', attribution: '', layers: [], fault: '文件读不了' } }))
  await map(v)
  await v.page.getByText('底图用不了：文件读不了').waitFor()
  await v.close()
})

/** A vector tile with one sewage line across it, by the encoding of MVT 2.1. */
function lineTile(): Buffer {
  const field = (n: number, bytes: Buffer) => Buffer.concat([Buffer.from([n * 8 + 2, bytes.length]), bytes]), text = (s: string) => Buffer.from(s)
  // Move to (0, 1000), line by (+4000, +1000); zigzag varints.
  const zigzag = (n: number) => Buffer.from([((n * 2) & 127) | 128, (n * 2) >> 7])
  const geometry = Buffer.concat([Buffer.from([9, 0]), zigzag(1000), Buffer.from([10]), zigzag(4000), zigzag(1000)])
  const feature = Buffer.concat([field(2, Buffer.from([0, 0])), Buffer.from([24, 2]), field(4, geometry)])
  const layer = Buffer.concat([field(1, text('lines')), field(2, feature), field(3, text('kind')), field(4, field(1, text('sewage'))), Buffer.from([40, 128, 32, 120, 2])])
  return field(3, layer)
}

it('draws lines along the streets, until they are switched off', async () => {
  const v = await district.visitor({ dark: true })
  await v.logIn('registrar')
  // The demo district has no lines: the server says so with an empty tile.
  expect((await v.page.request.get('/tiles/lines/14/13040/6796.mvt')).ok()).toBe(true)
  await v.page.route('**/tiles/lines/**', (r) => r.fulfill({ contentType: 'application/vnd.mapbox-vector-tile', body: lineTile() }))
  await map(v)
  await look(v, 106.531, 29.576, 16)
  expect(await linesDrawn(v)).toBeGreaterThan(1)
  await clean(v, 'map-lines-dark')
  const box = v.page.getByRole('checkbox', { name: '管线' })
  await box.uncheck()
  expect(await linesDrawn(v)).toBe(0)
  await v.page.reload()
  await v.page.locator('.host[data-drawn]').waitFor()
  expect(await box.isChecked()).toBe(false)
  await v.close()
})

const badges = (v: Visitor) => v.page.evaluate(() => (document.querySelector('.host') as unknown as Host).olMap.getAllLayers().filter((l) => l.getVisible()).flatMap((l) => l.getSource?.()?.getFeatures?.() ?? []).filter((f) => f.get('overdue') !== undefined).map((f) => f.get('uid') as string).sort())

it('shows each open case, and the way to it', async () => {
  const v = await district.visitor()
  await v.logIn('operator')
  const { items, total } = await asked<{ items: Case[]; total: number }>(v, '/api/v1/cases?state=open&limit=500')
  expect(total).toBeGreaterThan(0)
  await map(v)
  await v.page.getByText(`未结案卷 ${total}`).waitFor()
  expect(await badges(v)).toEqual(items.filter((c) => c.lng !== null && c.lng !== undefined).map((c) => c.uid).sort())
  await clean(v, 'map-cases')
  const one = items.find((c) => c.lng !== null && c.lng !== undefined)!
  await look(v, one.lng!, one.lat!, 18)
  const at = await v.page.evaluate((c) => {
    const host = document.querySelector('.host') as unknown as HTMLElement & Host, box = host.getBoundingClientRect(), [x = 0, y = 0] = host.olMap.getPixelFromCoordinate(c)
    return [x + box.x, y + box.y]
  }, metres(one.lng!, one.lat!))
  await v.page.mouse.click(at[0]!, at[1]!)
  const card = v.page.getByRole('complementary', { name: '案卷' })
  await card.waitFor()
  await clean(v, 'map-case-card')
  await card.getByRole('link', { name: '打开案卷' }).click()
  await v.page.waitForURL(/\/cases\/[0-9a-f-]{36}$/)
  await v.page.goBack()
  await v.page.getByRole('checkbox', { name: /未结案卷/ }).uncheck()
  expect(await badges(v)).toEqual([])
  await v.close()
})
