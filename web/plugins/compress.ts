// Writes .br and .gz beside every text file of a release, so that the server compresses nothing at run time.
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import type { Plugin } from 'vite'

const TEXT = /\.(js|mjs|css|html|svg|json|webmanifest|wasm)$/
/** Below this a packet is a packet. */
const SMALL = 1024

function* files(folder: string): Generator<string> {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name)
    if (statSync(path).isDirectory()) yield* files(path)
    else if (TEXT.test(name)) yield path
  }
}

export function compress(): Plugin {
  let folder = 'dist'
  let write = true
  return {
    name: 'compress',
    apply: 'build',
    enforce: 'post',
    configResolved(config) {
      folder = config.build.outDir
      write = config.build.write
    },
    closeBundle() {
      if (!write) return
      const quality = { [constants.BROTLI_PARAM_QUALITY]: 11 }
      for (const path of files(folder)) {
        const bytes = readFileSync(path)
        if (bytes.length < SMALL) continue
        writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params: quality }))
        writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }))
      }
    },
  }
}
