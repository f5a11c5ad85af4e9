// Palier before a Synapse whose people are in 150 rooms, with thresholds low enough that a few hundred messages are past them; and what
// happens while their clients are away.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { testDatabase } from '../support/database.ts'
import { palier } from '../support/deployment.ts'
import { eventually } from '../support/eventually.ts'
import type { Person } from '../support/person.ts'
import { synapseDeployment } from '../support/synapse-deployment.ts'
import type { RoomsToSeed } from '../support/synapse-past.ts'
import { sendDated } from '../support/synapse-seed.ts'

const DAY_MS = 86_400_000
export const WEEK_MS = 7 * DAY_MS
/** Gateways that must hear of a policy. */
const PROCESSES = 2
const AT_ONCE = 24

/** What fills an initial sync: 150 rooms, each with more than a client asks for at once; and one with a long past. */
export const ROOMS = 150
export const IN_EACH = 10
export const ARCHIVE = 700

/** Low thresholds, in the proportions of the ones that ship. */
const TIGHT = `windows:
  archive:
    - { window: 1 h, buckets: 60, limit: 300 }
    - { window: 1 d, buckets: 96, limit: 600 }
    - { window: 30 d, buckets: 120, limit: 6000 }
  catch-up:
    - { window: 1 d, buckets: 96, limit: 200 }
rooms: { window: 1 d, limit: 1000 }
first_sync: 400
taps:
  archive: { units: 500, for: 8 h }
`
/** Nothing is withheld. */
const GENEROUS = `windows:
  archive:
    - { window: 1 h, buckets: 60, limit: 1000000 }
    - { window: 1 d, buckets: 96, limit: 1000000 }
    - { window: 30 d, buckets: 120, limit: 1000000 }
  catch-up:
    - { window: 1 d, buckets: 96, limit: 1000000 }
rooms: { window: 1 d, limit: 100000 }
first_sync: 400
taps:
  archive: { units: 500, for: 8 h }
`

export type LivingWorld = Awaited<ReturnType<typeof livingWorld>>

export async function livingWorld({
  owners,
  rooms,
  hold,
}: {
  owners: readonly string[]
  rooms: readonly RoomsToSeed[]
  hold: string
}) {
  const folder = mkdtempSync(join(tmpdir(), 'palier-living-'))
  const database = await testDatabase()
  const closers: (() => Promise<unknown>)[] = [() => database.drop()]
  const end = async () => {
    for (const close of closers.splice(0).reverse()) await close()
    if (!process.env['PALIER_TEST_KEEP']) rmSync(folder, { recursive: true, force: true })
  }
  try {
    const deployment = await synapseDeployment({
      folder,
      databaseUrl: database.url,
      settings: { PALIER_HOLD: hold },
      past: { owners, rooms },
      keepPast: true,
    })
    closers.push(deployment.stop)
    let version = 0
    const apply = async (policy: string) => {
      const file = join(folder, 'policy.yaml')
      writeFileSync(file, policy)
      await palier(deployment.settings, 'policy', 'apply', file, '--reason', 'thresholds of the tests', '--first')
      version += 1
      // Each process says when it follows another version.
      const inForce = () =>
        readFileSync(deployment.files.log, 'utf8')
          .split('\n')
          .filter((line) => line.includes('"policy.in-force"') && line.includes(`"version":${version},`))
      await eventually(() => inForce().length === PROCESSES)
    }
    await apply(TIGHT)
    const sent = new Map(deployment.past.rooms.map(({ room, ids }) => [room, new Set(ids)]))
    return {
      ...deployment,
      database,
      end,
      /** Ids of every message, by room. */
      sent,
      roomsOf: (kind: string) => deployment.past.rooms.filter((one) => one.kind === kind).map(({ room }) => room),
      lift: () => apply(GENEROUS),
      deny: (person: Person, uri: string) => person.post('/api/approvals/deny', { approval: uri.split('/').at(-1) }),
      /**
       * The clock of all parts is the machine's: rather than waiting for a week, the positions that devices were given are dated
       * back, and messages are written whose dates lie in the week.
       */
      week: async (into: readonly string[], messages: number) => {
        const nowMs = Date.now()
        const coveredUntilMs = nowMs - WEEK_MS
        await database.sql`update device_positions set covers_until_ms = ${coveredUntilMs}`
        const span = { firstMs: coveredUntilMs + 1, lastMs: nowMs - 1_800_000 }
        for (const { room, ids } of await sendDated(deployment.synapse, into, { messages, ...span, atOnce: AT_ONCE })) {
          for (const id of ids) sent.get(room)?.add(id)
        }
      },
    }
  } catch (error) {
    await end()
    throw error
  }
}
