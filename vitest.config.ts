// The suites. `npm test` runs the first four (real Postgres, nothing else to install); the others need a browser, a Synapse or
// workerd and have scripts of their own (test/suite.ts).
import { defineConfig } from 'vitest/config'

const MINUTE = 60_000

function suite(name: string, testTimeout: number, options: { readonly serial?: boolean } = {}) {
  return {
    extends: true as const,
    test: {
      name,
      include: [`test/${name}/**/*.test.ts`],
      testTimeout,
      hookTimeout: Math.max(testTimeout, 4 * MINUTE),
      fileParallelism: options.serial !== true,
    },
  }
}

export default defineConfig({
  test: {
    globalSetup: ['test/support/pages.global.ts', 'test/support/postgres.global.ts'],
    maxWorkers: 2,
    // What is waited for comes at once, or on a machine with other work some seconds later.
    expect: { poll: { timeout: 20_000 } },
    projects: [
      // What takes a second takes twenty where others work; only what hangs is ended.
      suite('unit', 2 * MINUTE),
      suite('property', 4 * MINUTE),
      suite('store', 4 * MINUTE),
      suite('race', 2 * MINUTE, { serial: true }),
      suite('crash', 2 * MINUTE, { serial: true }),
      suite('e2e', 3 * MINUTE, { serial: true }),
      suite('scim', 3 * MINUTE, { serial: true }),
      suite('synapse', 10 * MINUTE, { serial: true }),
      suite('workerd', 2 * MINUTE, { serial: true }),
    ],
  },
})
