// The committed list of what Synapse serves is what the Synapse of this machine serves: an endpoint that a new release adds fails here,
// and with it test/unit/gateway/servlets.test.ts, until the route table has a row for it.
// A new list: `.synapse/venv/bin/python test/synapse/servlets.py > test/support/synapse-servlets.json && npm run format`.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { ROUTES } from '../../server/gateway/routes.ts'
import { SYNAPSE_VERSION } from '../../server/sample/synapse/install.ts'
import { type Servlets, SNAPSHOT, walk } from '../support/servlets.ts'
import { NO_ROW } from '../support/servlets-reasons.ts'
import { PYTHON } from '../support/synapse-seed.ts'

test('what this Synapse serves is the committed list, and every endpoint of it has a row', async () => {
  const script = fileURLToPath(new URL('servlets.py', import.meta.url))
  const { stdout } = await promisify(execFile)(PYTHON, [script], { maxBuffer: 16 * 1024 * 1024 })
  const served = JSON.parse(stdout) as Servlets
  expect(served.version).toBe(SYNAPSE_VERSION)
  expect(walk(served, ROUTES).unlisted.filter((one) => !(one in NO_ROW))).toEqual([])
  expect(served).toEqual(SNAPSHOT)
})
