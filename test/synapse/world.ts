// Palier in front of a real Synapse, as an operator sets it up: one process for id and the gateway, a second gateway on the same
// Postgres, recording proxies at the public addresses, and a room of old messages that an application service wrote.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { testDatabase } from '../support/database.ts'
import { synapseDeployment } from '../support/synapse-deployment.ts'
import { type SeededRoom, seedRooms } from '../support/synapse-seed.ts'

/** Old messages in the seeded room. */
export const SEEDED = 4_900
export const THRESHOLD = 1_000
export const A_TAP = 2_000

const AT_ONCE = 48

export type World = Awaited<ReturnType<typeof startWorld>>

/** Brings everything up and seeds the room. */
export async function startWorld() {
  const folder = mkdtempSync(join(tmpdir(), 'palier-synapse-'))
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
      record: true,
      settings: { PALIER_TRUSTED_PROXIES: '127.0.0.1,::1', PALIER_LOG_LEVEL: 'debug' },
    })
    closers.push(deployment.stop)
    const [seeded] = (await seedRooms(deployment.synapse, { rooms: 1, messages: SEEDED, atOnce: AT_ONCE })) as [
      SeededRoom,
    ]
    return { ...deployment, folder, database, seeded, end }
  } catch (error) {
    await end()
    throw error
  }
}
