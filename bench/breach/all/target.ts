// What is robbed endpoint by endpoint: a real Synapse with a past, two gateways, and an owner who was away for three hours.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openDatabase } from '../../../db/client.ts'
import { palier } from '../../../test/support/deployment.ts'
import { synapseDeployment } from '../../../test/support/synapse-deployment.ts'
import { sendDated } from '../../../test/support/synapse-seed.ts'
import { openBenchDatabase } from '../../devices.ts'
import type { Thief } from '../connection.ts'
import { firstSync } from '../owner.ts'
import type { Known } from './attacks.ts'
import { OWNER, pastOf, peopleOf } from './past.ts'
import { POLICY } from './thresholds.ts'

/** Each an address of the loopback, each a network of its own to the gateway: the owner's, and another. */
const ADDRESSES = ['127.0.0.1', '127.77.0.9']
const AWAY_MS = 3 * 3_600_000
/** The newest of what was missed is that old: past the live window. */
const MISSED_UNTIL_MS = 1_800_000
const MISSED_A_ROOM = 25
const AT_ONCE = 24

/** What has been spent, reserved, asked for and allowed, of everybody. */
const METERS = ['meters', 'meter_buckets', 'room_reads', 'reservations', 'charged_events', 'approvals', 'allowances']

export interface RobbedTarget {
  readonly thieves: readonly Thief[]
  readonly known: Known
  readonly coveredUntilMs: number
  /** Messages in Synapse's rooms. */
  readonly messages: number
  /** As though nothing had been read yet: every meter of everybody is empty again. */
  reset(): Promise<void>
  stop(): Promise<void>
}

/** Starts everything. `quick`: less of everything, for continuous integration. */
export async function robbedTarget(folder: string, quick: boolean): Promise<RobbedTarget> {
  const closers: (() => Promise<unknown>)[] = []
  const stop = async () => {
    for (const close of closers.splice(0).reverse()) await close()
  }
  try {
    const database = await openBenchDatabase()
    closers.push(database.stop)
    const what = pastOf(quick)
    const deployment = await synapseDeployment({
      folder,
      databaseUrl: database.url,
      // A refusal is answered at once: the thief does not wait, and neither does the bench.
      settings: { PALIER_HOLD: '0' },
      past: what,
      keepPast: true,
      synapse: { user_directory: { search_all_users: true } },
    })
    closers.push(deployment.stop)
    const { past, synapse, settings, places, secondGateway } = deployment
    const policy = join(folder, 'policy.yaml')
    writeFileSync(policy, POLICY)
    await palier(settings, 'policy', 'apply', policy, '--reason', 'thresholds of the bench', '--first')

    const owner = await deployment.person(OWNER)
    const device = await owner.device("The owner's client")
    const { position } = await firstSync(device)
    const rooms = past.rooms.filter(({ ids }) => ids.length > 0)
    const nowMs = Date.now()
    const coveredUntilMs = nowMs - AWAY_MS
    const span = { firstMs: coveredUntilMs + 1, lastMs: nowMs - MISSED_UNTIL_MS }
    const missed = rooms.filter(({ kind }) => kind === 'Archive').map(({ room }) => room)
    await sendDated(synapse, missed.slice(0, 100), { messages: MISSED_A_ROOM, ...span, atOnce: AT_ONCE })

    const { sql, close } = openDatabase(database.url, { max: 1 })
    closers.push(close)
    const reset = async () => {
      await sql`truncate ${sql(METERS)}`
      await sql`update device_positions set covers_until_ms = ${coveredUntilMs}`
    }
    return {
      thieves: [places.gateway, secondGateway].map((gateway) => ({
        gateway,
        token: device.token,
        addresses: ADDRESSES,
      })),
      known: {
        past,
        rooms,
        joinable: past.rooms.filter(({ ids }) => ids.length === 0).map(({ room }) => room),
        people: peopleOf(what),
        serverName: 'localhost',
        userId: device.userId,
        since: position,
      },
      coveredUntilMs,
      messages: rooms.reduce((sum, { ids }) => sum + ids.length, 0) + 100 * MISSED_A_ROOM,
      reset,
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}
