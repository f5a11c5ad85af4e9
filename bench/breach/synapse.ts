// A real Synapse to rob: Palier before it as an operator sets it up, a second gateway on the same database, and an owner who is in every
// one of its rooms of old messages.
import { openDatabase } from '../../db/client.ts'
import type { LocalSynapse } from '../../server/sample/synapse/run.ts'
import { Person } from '../../test/support/person.ts'
import { synapseDeployment } from '../../test/support/synapse-deployment.ts'
import { type SeededRoom, seedRooms, sendDated } from '../../test/support/synapse-seed.ts'
import { openBenchDatabase } from '../devices.ts'
import type { Target } from './target.ts'

const ROOMS = 100
const MESSAGES_A_ROOM = 100
/** Written while the owner was away: more in all than the catch-up window. */
const MISSED_A_ROOM = 25
/** Shorter than the idle limit, longer than the live window. */
const AWAY_MS = 3 * 3_600_000
/** The newest of what was missed is that old: past the live window. */
const MISSED_UNTIL_MS = 1_800_000
/** Sends and joins under way at once. */
const AT_ONCE = 24
/** One Python process answers 128 connections. */
const PATIENCE_MS = 20_000

/** Starts everything, seeds the rooms and takes the owner into them. Throws when Synapse was not installed before. */
export async function synapseTarget(folder: string): Promise<Target> {
  const closers: (() => Promise<unknown>)[] = []
  const stop = async () => {
    for (const close of closers.splice(0).reverse()) await close()
  }
  try {
    const database = await openBenchDatabase()
    closers.push(database.stop)
    const deployment = await synapseDeployment({ folder, databaseUrl: database.url })
    closers.push(deployment.stop)
    const { synapse, places, secondGateway } = deployment
    const rooms = await seedRooms(synapse, { rooms: ROOMS, messages: MESSAGES_A_ROOM, atOnce: AT_ONCE })
    const owner = new Person(places)
    await owner.enrol(deployment.setupLink, { username: 'owner', display_name: 'Owner' })
    await joinAll(owner, rooms)
    return {
      homeserver: 'synapse',
      available: { archive: sizeOf(rooms), 'catch-up': ROOMS * MISSED_A_ROOM },
      gateways: [places.gateway, secondGateway],
      owner,
      patienceMs: PATIENCE_MS,
      away: () => away(database.url, synapse, rooms),
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/**
 * The clock of all parts is the machine's: rather than waiting for hours, the position that the device was given is dated back, as though
 * it had been away since.
 */
async function away(databaseUrl: string, synapse: LocalSynapse, rooms: readonly SeededRoom[]): Promise<number> {
  const nowMs = Date.now()
  const coveredUntilMs = nowMs - AWAY_MS
  const ids = rooms.map(({ room }) => room)
  const span = { firstMs: coveredUntilMs + 1, lastMs: nowMs - MISSED_UNTIL_MS }
  const missed = await sendDated(synapse, ids, { messages: MISSED_A_ROOM, ...span, atOnce: AT_ONCE })
  if (sizeOf(missed) !== ROOMS * MISSED_A_ROOM) throw new Error(`${sizeOf(missed)} messages were sent to catch up with`)
  const { sql, close } = openDatabase(databaseUrl, { max: 1 })
  try {
    await sql`update device_positions set covers_until_ms = ${coveredUntilMs}`
  } finally {
    await close()
  }
  return coveredUntilMs
}

const sizeOf = (rooms: readonly SeededRoom[]): number => rooms.reduce((sum, { ids }) => sum + ids.size, 0)

// With a device of its own, which is gone before the one whose token is stolen signs in.
async function joinAll(owner: Person, rooms: readonly SeededRoom[]): Promise<void> {
  const device = await owner.device('The client that joined')
  const waiting = [...rooms]
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
        const joined = await device.call('POST', `/rooms/${encodeURIComponent(next.room)}/join`, {})
        if (joined.status !== 200) throw new Error(`join: ${joined.status} ${JSON.stringify(joined.body)}`)
      }
    }),
  )
  const out = await device.call('POST', '/logout', {})
  if (out.status !== 200) throw new Error(`logout: ${out.status} ${JSON.stringify(out.body)}`)
}
