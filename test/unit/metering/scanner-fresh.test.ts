// The compiled scanner in the tree is what its sources compile to.
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { compileScanner } from '../../../server/gateway/node/build-scanner.ts'

it('is fresh: `npm run build` makes it anew', async () => {
  const there = readFileSync(new URL('../../../server/metering/scanner/scanner.wasm', import.meta.url))
  expect(Buffer.from(await compileScanner()).equals(there)).toBe(true)
}, 60_000)
