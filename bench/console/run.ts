// The console at a hundred thousand people: what the first page of each list takes, and an import of five thousand, over the API on an
// embedded Postgres with durable settings. Usage: node bench/console/run.ts [--json]; exits 1 when a limit is missed.
import { openDatabase } from '../../db/client.ts'
import { auditStore } from '../../db/stores/audit.ts'
import { apiTokenStore } from '../../db/stores/console-tokens.ts'
import { auditLog } from '../../server/audit/log.ts'
import { loadConfig } from '../../server/config/load.ts'
import { PERMISSIONS } from '../../server/console/permissions.ts'
import type { Assets } from '../../server/platform/assets.ts'
import { systemClock } from '../../server/platform/clock.ts'
import { base64Url } from '../../server/platform/encoding.ts'
import { prometheusMetrics } from '../../server/platform/prometheus.ts'
import { systemRandom } from '../../server/platform/random.ts'
import { openSealer } from '../../server/platform/seal-sealer.ts'
import { hashToken, newToken } from '../../server/platform/tokens.ts'
import { idParts } from '../../server/wiring/id.ts'
import { insertPerson } from '../../test/support/people.ts'
import { openBenchDatabase, SECRET } from '../devices.ts'
import { type Figure, type Figures, figureOf, missed, table } from '../figure.ts'
import { fillOrganisation, PEOPLE } from './fill.ts'
import { LISTS } from './lists.ts'

/** Milliseconds of a first page, and seconds of the import, at most. */
const FIRST_PAGE_MS = 200
const IMPORT_SECONDS = 60
const IMPORTED = 5_000
const RUNS = 5

const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }

interface Console {
  get(path: string, input: Readonly<Record<string, string>>): Promise<unknown>
  post(path: string, input: unknown): Promise<unknown>
  workOnImports(forMs: number): Promise<void>
}

async function figures(): Promise<Figures> {
  const database = await openBenchDatabase()
  const { db, sql, close } = openDatabase(database.url, { max: 10 })
  try {
    await fillOrganisation(sql)
    const id = await consoleOn(db)
    // The import first: the audit log then has something to list.
    const imported = await importOf(id)
    await sql`VACUUM ANALYZE audit_entries`
    const lists: Record<string, Figure> = {}
    for (const [name, path, input] of LISTS) {
      await id.get(path, input)
      const runs: number[] = []
      for (let run = 0; run < RUNS; run++) runs.push(await timed(() => id.get(path, input)))
      lists[`${name}_ms`] = figureOf(runs, FIRST_PAGE_MS, `first page at ${PEOPLE} people`)
    }
    return { ...lists, ...imported }
  } finally {
    await close()
    await database.stop()
  }
}

async function consoleOn(db: ReturnType<typeof openDatabase>['db']): Promise<Console> {
  const loaded = loadConfig({ PALIER_SERVER_NAME: 'example.org', PALIER_SECRET: SECRET }, undefined)
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.mistakes))
  const clock = systemClock
  const ground = {
    config: loaded.config,
    clock,
    random: systemRandom,
    log: quiet,
    db,
    sealer: openSealer({ secrets: [SECRET] }),
  }
  const assets = { page: () => null } as unknown as Assets
  const metrics = prometheusMetrics({ processMetrics: false })
  const id = await idParts(ground, { metrics, assets, addressOf: () => '192.0.2.7', requestsShare: true })
  const owner = await insertPerson(db, { username: 'owner' })
  await db.execute(`UPDATE people SET role = 'owner' WHERE id = '${owner.id}'`)
  const token = newToken('consoleToken', systemRandom)
  const now = clock.now()
  await apiTokenStore(db, auditLog({ store: auditStore(db), clock })).create(
    {
      id: newToken('apiToken', systemRandom),
      hash: hashToken(token),
      personId: owner.id,
      name: 'bench',
      permissions: PERMISSIONS,
      createdAt: new Date(now),
      expiresAt: new Date(now + 3_600_000),
    },
    { action: 'token.created', actor: owner.id, subject: 'bench', detail: {} },
  )
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const call = async (path: string, init: RequestInit) => {
    const response = await id.app.request(`http://localhost:8080/api/console/${path}`, { ...init, headers })
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
    return response.json()
  }
  return {
    get: (path, input) => call(`${path}?${new URLSearchParams(input)}`, { method: 'GET' }),
    post: (path, input) => call(path, { method: 'POST', body: JSON.stringify(input) }),
    workOnImports: id.workOnImports,
  }
}

/** Five thousand people in ten groups, from the file to the last of them: dry run, and application in the background. */
async function importOf(id: Console): Promise<Record<string, Figure>> {
  const lines = Array.from(
    { length: IMPORTED },
    (_, n) => `new${n};Nouvelle Personne ${n};new${n}@example.org;Import ${n % 10}`,
  )
  const content = base64Url(new TextEncoder().encode(`identifiant;nom;courriel;groupes\n${lines.join('\n')}`))
  let planned = ''
  const preview = await timed(async () => {
    const answer = (await id.post('imports/preview', { content, make_groups: true })) as { id: string }
    planned = answer.id
  })
  const applied = await timed(async () => {
    await id.post('imports/apply', { id: planned })
    await id.workOnImports(10 * IMPORT_SECONDS * 1000)
  })
  const { states } = (await id.get('imports/show', { id: planned })) as { states: { applied: number } }
  if (states.applied !== IMPORTED) throw new Error(`${states.applied} of ${IMPORTED} were imported`)
  const figure = (ms: number) => figureOf([ms / 1000], IMPORT_SECONDS, `${IMPORTED} people by CSV, an audit entry each`)
  return { import_dry_run_s: figure(preview), import_s: figure(preview + applied) }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const from = performance.now()
  await work()
  return performance.now() - from
}

const found = await figures()
process.stdout.write(`${process.argv.includes('--json') ? JSON.stringify(found) : table(found)}\n`)
for (const name of missed(found)) {
  process.stderr.write(`bench: ${name} is past its limit\n`)
  process.exitCode = 1
}
