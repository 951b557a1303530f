import { defineConfig } from 'vitest/config'

/** A browser, a server and a demo district take their time on a small machine. */
const SLOW_MS = 180_000

export default defineConfig({
  test: { include: ['e2e/**/*.e2e.ts'], testTimeout: SLOW_MS, hookTimeout: SLOW_MS, fileParallelism: false, sequence: { concurrent: false } },
})
