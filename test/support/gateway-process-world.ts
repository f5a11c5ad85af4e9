// Gateways, a database and a rigged homeserver, with people and devices put in through the stores.
import { eq } from 'drizzle-orm'
import { openDatabase } from '../../db/client.ts'
import { credentials, people } from '../../db/schema/people.ts'
import { idSessions, sids } from '../../db/schema/sessions.ts'
import { approvalStore } from '../../db/stores/approvals.ts'
import { auditStore } from '../../db/stores/audit.ts'
import { devicesStore, owedLogoutsStore } from '../../db/stores/devices.ts'
import { meterStore } from '../../db/stores/metering.ts'
import { revocationsStore } from '../../db/stores/revocations.ts'
import { auditLog } from '../../server/audit/log.ts'
import { systemClock } from '../../server/platform/clock.ts'
import { systemRandom } from '../../server/platform/random.ts'
import { sealPlace } from '../../server/platform/seal-columns.ts'
import { openSealer } from '../../server/platform/seal-sealer.ts'
import { hashToken, newToken } from '../../server/platform/tokens.ts'
import { defaultPolicy } from '../../server/policy/defaults.ts'
import { revocationService } from '../../server/sessions/revocation.ts'
import type { Intent } from '../../server/stepup/intent.ts'
import type { Receipt } from '../../server/stepup/receipt.ts'
import { testDatabase } from './database.ts'
import { type GatewayProcess, SECRET, SERVER_NAME, startGateway } from './gateway-process.ts'
import { riggedHomeserver } from './rigged-homeserver.ts'

export interface TestPerson {
  readonly id: string
  readonly username: string
  readonly credentialId: string
}

export interface TestDevice {
  readonly person: TestPerson
  /** `dev_…` */
  readonly id: string
  readonly token: string
  readonly sid: string
  readonly idSessionHash: string
}

/** The hour's threshold: the tightest window of the archive. */
export const THRESHOLD = Math.min(...defaultPolicy.windows.archive.map(({ limit }) => limit))

const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }

export type World = Awaited<ReturnType<typeof gatewayWorld>>

/** As many gateways as asked for, on one database and one homeserver. `databaseUrl`: a migrated one of the test's own. */
export async function gatewayWorld({
  gateways: count = 2,
  env = {},
  databaseUrl,
}: {
  gateways?: number
  env?: Readonly<Record<string, string>>
  databaseUrl?: string
} = {}) {
  const database = databaseUrl === undefined ? await testDatabase() : ownDatabase(databaseUrl)
  const { db, sql, url } = database
  const homeserver = await riggedHomeserver()
  const start = (more: Readonly<Record<string, string>> = {}, through = url) =>
    startGateway({ databaseUrl: through, homeserverUrl: homeserver.url, env: { ...env, ...more } })
  const gateways: GatewayProcess[] = []
  // One after the other: the first start migrates and notes the secret's key.
  for (let index = 0; index < count; index++) gateways.push(await start())

  const sealer = openSealer({ secrets: [SECRET] })
  const audit = auditLog({ store: auditStore(db), clock: systemClock })
  const meters = meterStore(db, defaultPolicy)
  const devices = devicesStore(db)
  const revoker = revocationService({
    audit,
    sealer,
    log: quiet,
    revocations: revocationsStore(db),
    owedLogouts: owedLogoutsStore(db),
    homeserver: null,
    enqueueLogout: async () => undefined,
  })

  async function addPerson(): Promise<TestPerson> {
    const now = new Date()
    const id = newToken('person', systemRandom)
    const username = id.toLowerCase().replaceAll(/[^a-z0-9]/g, '')
    const credentialId = newToken('credential', systemRandom)
    await db.insert(people).values({ id, username, displayName: username, createdAt: now })
    await db.insert(credentials).values({
      id: credentialId,
      personId: id,
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
    return { id, username, credentialId }
  }

  async function addDevice(
    person: TestPerson,
    deviceId: string = newToken('device', systemRandom).slice(4, 14),
  ): Promise<TestDevice> {
    const now = new Date()
    const [id, sid, token] = [
      newToken('device', systemRandom),
      newToken('sid', systemRandom),
      newToken('matrixAccessToken', systemRandom),
    ]
    const idSessionHash = hashToken(newToken('idSession', systemRandom))
    const tap = {
      personId: person.id,
      credentialId: person.credentialId,
      authTime: now,
      acr: 'phr',
      amr: ['hwk'],
      createdAt: now,
    }
    await db.insert(idSessions).values({
      ...tap,
      hash: idSessionHash,
      network: '192.0.2.0/24',
      userAgent: 'test',
      expiresAt: new Date(now.getTime() + 3_600_000),
    })
    await db.insert(sids).values({ ...tap, id: sid, idSessionHash, clientId: 'hs' })
    const inserted = await devices.insert({
      id,
      sid,
      deviceId,
      serverName: SERVER_NAME,
      userId: `@${person.username}:${SERVER_NAME}`,
      homeserverToken: sealer.seal('homeserver-token', sealPlace('devices', id, person.id), `upstream-${id}`),
      displayName: null,
      client: 'test',
      network: '127.0.0.0/24',
      refreshes: false,
      lifetimeSeconds: 3_600,
      tokens: [{ hash: hashToken(token), kind: 'access' }],
    })
    if (!inserted) throw new Error('the device was not taken')
    return { person, id, token, sid, idSessionHash }
  }

  /** A person who has read all but `events` of the threshold. What the meters hold of other shapes is kept whole by the store. */
  async function leave(person: TestPerson, events: number): Promise<void> {
    await sql`delete from reservations where person_id = ${person.id}`
    await sql`insert into meters (server_name, person_id, meter, newest, used, held)
      values (${SERVER_NAME}, ${person.id}, 'archive', '{}', ${[THRESHOLD - events]}::integer[], 0)
      on conflict (server_name, person_id, meter) do update set newest = excluded.newest, used = excluded.used, held = 0`
  }

  /** The archive meter of a person: the hour's window. */
  async function archive(person: TestPerson): Promise<{ used: number; held: number; left: number }> {
    const [hour] = await meters.remaining(SERVER_NAME, person.id)
    if (!hour) throw new Error('there is no archive meter')
    return { used: hour.used, held: hour.held, left: THRESHOLD - hour.used - hour.held }
  }

  /** What the tap over an approval's page does, from the page's address. */
  async function approve(approvalUri: string): Promise<void> {
    const store = approvalStore(db, { audit, meters })
    const found = await store.get(hashToken(approvalUri.slice(approvalUri.lastIndexOf('/') + 1)))
    if (!found) throw new Error(`there is no approval ${approvalUri}`)
    const [person] = await db.select().from(credentials).where(eq(credentials.personId, found.personId))
    const intent = JSON.parse(found.intent) as Intent
    const approved = await store.approve({
      hash: found.hash,
      personId: found.personId,
      credentialId: person?.id ?? '',
      receipt: {} as Receipt,
      receiptDigest: '',
      at: new Date(),
      allowance: {
        id: newToken('allowance', systemRandom),
        rooms: intent.rooms.map(({ id }) => id),
        direction: intent.direction,
        amounts: { archive: intent.max_events },
        livesSeconds: intent.lives_seconds,
      },
    })
    if (!approved.ok) throw new Error(approved.reason)
  }

  return {
    db,
    sql,
    url,
    homeserver,
    gateways,
    start,
    sealer,
    meters,
    revoker,
    addPerson,
    addDevice,
    leave,
    archive,
    approve,
    async stop() {
      await Promise.all(gateways.map((gateway) => gateway.kill()))
      await homeserver.stop()
      await database.drop()
    },
  }
}

function ownDatabase(url: string) {
  const { db, sql, close } = openDatabase(url)
  return { db, sql, url, drop: close }
}
