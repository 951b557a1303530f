// What a browser test needs: the real program on a fresh demo district, a real browser, an accessibility audit, pictures.
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { crc32, deflateSync } from 'node:zlib'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { expect } from 'vitest'

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js')
/** Where pictures go; a person looks at them. */
export const PICTURES = process.env.JINGGAI_PICTURES ?? join(tmpdir(), 'jinggai-pictures')
const BROWSERS = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const ARGUMENTS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']

function program(): string {
  const found = [process.env.JINGGAI_BIN, '../target/debug/jinggai', '../target/district/jinggai', '../target/release/jinggai'].filter((p): p is string => !!p && existsSync(resolve(p)))[0]
  if (!found) throw new Error('no jinggai to test: build it, or name it in JINGGAI_BIN')
  return resolve(found)
}

export class District {
  private constructor(
    readonly address: string,
    private readonly logins: Map<string, string>,
    private readonly process: ChildProcess,
    private readonly folder: string,
    private readonly browser: Browser,
  ) {}

  /** Starts the program with a demo district on a free port, and a browser; `env` sets it up. */
  static async open(env: Record<string, string> = {}): Promise<District> {
    const folder = mkdtempSync(join(tmpdir(), 'jinggai-e2e-'))
    const child = spawn(program(), ['serve', '--demo', '--data', folder, '--listen', '127.0.0.1:0'], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, JINGGAI_LOG: 'warn', ...env } })
    const address = await new Promise<string>((done, failed) => {
      let said = ''
      child.stdout.on('data', (bytes: Buffer) => {
        said += bytes.toString()
        const at = /https?:\/\/[\d.]+:\d+/.exec(said)
        if (at) done(at[0])
      })
      child.stderr.on('data', (bytes: Buffer) => (said += bytes.toString()))
      child.once('exit', (code) => failed(new Error(`jinggai ended with ${code}: ${said}`)))
    })
    const logins = new Map<string, string>()
    for (const line of readFileSync(join(folder, 'demo-logins.txt'), 'utf8').split('\n')) {
      const [, login, password] = line.trim().split('\t').map((w) => w.trim())
      if (login && password) logins.set(login, password)
    }
    const executablePath = BROWSERS.find((p): p is string => !!p && existsSync(p))
    if (!executablePath) throw new Error('no Chromium: install it, or name it in CHROMIUM')
    return new District(address, logins, child, folder, await chromium.launch({ executablePath, args: ARGUMENTS }))
  }

  /** A file of the district's data directory. */
  file(name: string): string {
    return join(this.folder, name)
  }

  async close(): Promise<void> {
    await this.browser.close()
    const ended = new Promise((done) => this.process.once('exit', done))
    this.process.kill('SIGTERM')
    await ended
    rmSync(this.folder, { recursive: true, force: true })
  }

  password(login: string): string {
    const found = this.logins.get(login)
    if (!found) throw new Error(`the demo has no login ${login}: ${[...this.logins.keys()].join(', ')}`)
    return found
  }

  /** A browser of somebody who was never here. */
  async visitor(options: { width?: number; height?: number; dark?: boolean } = {}): Promise<Visitor> {
    const { width = 1440, height = 900, dark = false } = options
    const context = await this.browser.newContext({ baseURL: this.address, viewport: { width, height }, colorScheme: dark ? 'dark' : 'light', locale: 'zh-CN', timezoneId: 'Asia/Shanghai', acceptDownloads: true, isMobile: width < 500, hasTouch: width < 500 })
    return new Visitor(this, context, await context.newPage())
  }
}

export class Visitor {
  /** What the pages complained about: script errors and broken policies. */
  readonly complaints: string[] = []

  constructor(
    private readonly district: District,
    readonly context: BrowserContext,
    readonly page: Page,
  ) {
    page.on('pageerror', (e) => this.complaints.push(String(e)))
    page.on('console', (m) => {
      // A refused request is told by the page in words; the browser's own line about it says nothing new.
      if (m.type() === 'error' && !m.text().startsWith('Failed to load resource')) this.complaints.push(m.text())
    })
  }

  async logIn(login: string): Promise<void> {
    await this.page.goto('/')
    await this.page.getByLabel('登录名').fill(login)
    await this.page.getByLabel('口令', { exact: true }).fill(this.district.password(login))
    await this.page.getByRole('button', { name: '登录', exact: true }).click()
    await this.page.getByRole('navigation', { name: '主导航' }).waitFor()
  }

  /** Accessibility faults of the page as it is (WCAG 2.1 A and AA), each with where. */
  async faults(): Promise<string[]> {
    await this.page.evaluate(readFileSync(AXE, 'utf8'))
    return this.page.evaluate(async () => {
      interface Result { violations: { id: string; help: string; nodes: { target: string[]; failureSummary?: string }[] }[] }
      const axe = (window as unknown as { axe: { run(o: unknown): Promise<Result> } }).axe
      const { violations } = await axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] })
      return violations.map((v) => `${v.id}: ${v.help} — ${v.nodes.slice(0, 3).map((n) => `${n.target.join(' ')} ${n.failureSummary ?? ''}`).join(' | ')}`)
    })
  }

  async picture(name: string): Promise<void> {
    mkdirSync(PICTURES, { recursive: true })
    await this.page.screenshot({ path: join(PICTURES, `${name}.png`) })
  }

  async close(): Promise<void> {
    await this.context.close()
  }
}

/** What the server answers whoever is logged in. */
export async function asked<T>(v: Visitor, address: string): Promise<T> {
  const response = await v.page.request.get(address)
  expect(response.ok(), address).toBe(true)
  return (await response.json()) as T
}

/** A picture for people, and nothing that a page must not do. */
export async function clean(v: Visitor, name: string): Promise<void> {
  await v.picture(name)
  expect(await v.faults(), name).toEqual([])
  expect(v.complaints, name).toEqual([])
  const wider = await v.page.evaluate(() => Math.max(...[document.documentElement, ...document.querySelectorAll('.page, .el-dialog__body')].map((e) => e.scrollWidth - e.clientWidth)))
  expect(wider, `${name} is wider than its window`).toBeLessThanOrEqual(0)
}

/** A small grey picture as a PNG file. */
export function photo(): string {
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type), data]), head = Buffer.alloc(4), tail = Buffer.alloc(4)
    head.writeUInt32BE(data.length)
    tail.writeUInt32BE(crc32(body))
    return Buffer.concat([head, body, tail])
  }
  const size = Buffer.from([0, 0, 0, 32, 0, 0, 0, 32, 8, 0, 0, 0, 0])
  const rows = Buffer.concat(Array.from({ length: 32 }, (_, y) => Buffer.from([0, ...Array.from({ length: 32 }, (_, x) => (x * y) % 255)])))
  const file = join(mkdtempSync(join(tmpdir(), 'jinggai-photo-')), 'photo.png')
  writeFileSync(file, Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', size), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))]))
  return file
}
