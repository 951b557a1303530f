// How much a browser loads before somebody sees a page, compressed as the server sends it. Fails when a budget is
// broken: bundles grow one harmless line at a time.
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { build } from 'vite'

const KB = 1000
/** Pages by the module that draws them, on top of what the program itself needs; budgets in kB (brotli). */
const CONSOLE = 'src/main.ts', SCREEN = 'src/screen/main.ts'
const PAGES = [
  { name: 'log-in', program: CONSOLE, modules: [], budget: 200 },
  { name: 'start page', program: CONSOLE, modules: ['src/start/StartPage.vue'], budget: 300 },
  { name: 'start page with charts', program: CONSOLE, modules: ['src/start/StartPage.vue', 'src/start/Bars.vue'], budget: 500 },
  { name: 'registry', program: CONSOLE, modules: ['src/covers/Covers.vue'], budget: 300 },
  { name: 'file of a well', program: CONSOLE, modules: ['src/well/WellPage.vue'], budget: 300 },
  { name: 'annex 2', program: CONSOLE, modules: ['src/annex/PeriodPage.vue', 'src/annex/Annex2View.vue'], budget: 300 },
  { name: 'map', program: CONSOLE, modules: ['src/map/MapPage.vue'], budget: 500 },
  { name: 'big screen', program: SCREEN, modules: [], budget: 300 },
]
/** What must not come along with a page. */
const HEAVY = { 'node_modules/ol/': ['map', 'big screen'], 'node_modules/echarts/': ['start page with charts'] }

const { output } = await build({ logLevel: 'error', build: { write: false } })
const files = new Map(output.map((f) => [f.fileName, f]))
const chunks = output.filter((f) => f.type === 'chunk')
const chunkOf = (module) => {
  const found = chunks.find((c) => c.facadeModuleId?.endsWith(`/${module}`)) ?? chunks.find((c) => c.moduleIds.some((m) => m.split('?')[0].endsWith(`/${module}`)))
  if (!found) throw new Error(`no chunk holds ${module}`)
  return found.fileName
}
const entry = chunks.find((c) => c.isEntry).fileName

/** Everything that is loaded with these chunks: what they import at once, and the styles of all of them. */
function loaded(names) {
  const out = new Set(['index.html'])
  const take = (name) => {
    if (out.has(name)) return
    out.add(name)
    const chunk = files.get(name)
    for (const css of chunk?.viteMetadata?.importedCss ?? []) out.add(css)
    for (const next of chunk?.imports ?? []) take(next)
  }
  names.forEach(take)
  return [...out]
}

const bytes = (name) => {
  const f = files.get(name)
  return Buffer.from(f.type === 'chunk' ? f.code : f.source)
}
const sum = (names, pack) => names.reduce((n, f) => n + pack(bytes(f)).length, 0) / KB
let broken = false
console.log(`${'page'.padEnd(26)}${'brotli'.padStart(9)}${'gzip'.padStart(9)}${'budget'.padStart(9)}  kB`)
for (const page of PAGES) {
  const names = loaded([entry, chunkOf(page.program), ...page.modules.map(chunkOf)])
  const brotli = sum(names, (b) => brotliCompressSync(b)), gzip = sum(names, (b) => gzipSync(b, { level: 9 }))
  const heavy = Object.entries(HEAVY).filter(([path, pages]) => !pages.includes(page.name) && names.some((n) => files.get(n).moduleIds?.some((m) => m.includes(path))))
  const wrong = [...(brotli > page.budget ? ['over its budget'] : []), ...heavy.map(([path]) => `brings ${path} along`)]
  broken ||= wrong.length > 0
  console.log(`${page.name.padEnd(26)}${brotli.toFixed(1).padStart(9)}${gzip.toFixed(1).padStart(9)}${String(page.budget).padStart(9)}  ${wrong.join(', ')}`)
}
process.exitCode = broken ? 1 : 0
