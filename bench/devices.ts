// A database as `npm start` runs it, and people with a signed-in device each.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDatabase } from '../db/client.ts'
import { openEmbedded } from '../db/embedded/server.ts'
import { migrate } from '../db/migrate.ts'
import { credentials, people } from '../db/schema/people.ts'
import { idSessions, sids } from '../db/schema/sessions.ts'
import { devicesStore } from '../db/stores/devices.ts'
import type { Log } from '../server/platform/log.ts'
import { systemRandom } from '../server/platform/random.ts'
import { sealPlace } from '../server/platform/seal-columns.ts'
import { openSealer } from '../server/platform/seal-sealer.ts'
import { hashToken, newToken } from '../server/platform/tokens.ts'

export const SECRET = 'k3Vd9-qLw2Zt7_Xr5Nb8-Jm4Hc6_Pf1Gs0'
const SERVER_NAME = 'bench.example'
export const GATEWAY_ENV = { PALIER_SECRET: SECRET, PALIER_SERVER_NAME: SERVER_NAME, PALIER_HOLD: '0' }

export interface BenchDatabase {
  readonly url: string
  /** The database server's first process. */
  readonly pid: number
  /** Signs that many people in and returns their tokens. */
  signIn(count: number): Promise<string[]>
  stop(): Promise<void>
}

const quiet: Log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }

/** Opens an embedded server with durable settings in a folder of its own, migrated. */
export async function openBenchDatabase(): Promise<BenchDatabase> {
  const folder = mkdtempSync(join(tmpdir(), 'palier-bench-db-'))
  const embedded = await openEmbedded({ dataDir: folder, log: quiet })
  const { db, sql, close } = openDatabase(embedded.url, { max: 2 })
  await migrate(db)
  const pid = await postmaster()
  const sealer = openSealer({ secrets: [SECRET] })
  const devices = devicesStore(db)

  async function one(): Promise<string> {
    const now = new Date()
    const [personId, credentialId, id, sid, token] = [
      newToken('person', systemRandom),
      newToken('credential', systemRandom),
      newToken('device', systemRandom),
      newToken('sid', systemRandom),
      newToken('matrixAccessToken', systemRandom),
    ] as const
    const username = personId.toLowerCase().replaceAll(/[^a-z0-9]/g, '')
    await db.insert(people).values({ id: personId, username, displayName: username, createdAt: now })
    await db.insert(credentials).values({
      id: credentialId,
      personId,
      webauthnId: credentialId,
      name: 'key',
      publicKey: new Uint8Array(1),
      signCount: 0,
      transports: [],
      aaguid: '',
      attestationFormat: 'none',
      backupEligible: false,
      policy: 'any',
      acr: 'phr',
      discoverable: true,
      attestationObject: new Uint8Array(1),
      registrationClientData: new Uint8Array(1),
      createdAt: now,
    })
    const tap = { personId, credentialId, authTime: now, acr: 'phr', amr: ['hwk'], createdAt: now }
    const hash = hashToken(newToken('idSession', systemRandom))
    const expiresAt = new Date(now.getTime() + 3_600_000)
    await db.insert(idSessions).values({ ...tap, hash, network: '127.0.0.0/24', userAgent: 'bench', expiresAt })
    await db.insert(sids).values({ ...tap, id: sid, idSessionHash: hash, clientId: 'homeserver' })
    const taken = await devices.insert({
      id,
      sid,
      deviceId: id.slice(4, 14),
      serverName: SERVER_NAME,
      userId: `@${username}:${SERVER_NAME}`,
      homeserverToken: sealer.seal(
        'homeserver-token',
        sealPlace('devices', id, personId),
        'syt_cGVyc29u_AAAAAAAAAAAAAAAAAAAA_000000',
      ),
      displayName: null,
      client: 'bench',
      network: '127.0.0.0/24',
      refreshes: false,
      lifetimeSeconds: 3_600,
      tokens: [{ hash: hashToken(token), kind: 'access' }],
    })
    if (!taken) throw new Error('the device was not taken')
    return token
  }

  return {
    url: embedded.url,
    pid,
    signIn: (count) => Promise.all(Array.from({ length: count }, one)),
    stop: async () => {
      await close()
      await embedded.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }

  async function postmaster(): Promise<number> {
    const [row] = await sql<{ text: string }[]>`select pg_read_file('postmaster.pid') as text`
    const first = Number(row?.text.split('\n', 1)[0])
    if (!Number.isInteger(first)) throw new Error('the database server has no process id')
    return first
  }
}
