// Gateways, a database and a rigged homeserver, with people and devices put in through the stores.
import { eq } from 'drizzle-orm'
import { openDatabase } from '../../db/client.ts'
import { credentials } from '../../db/schema/people.ts'
import { approvalStore } from '../../db/stores/approvals.ts'
import { auditStore } from '../../db/stores/audit.ts'
import { owedLogoutsStore } from '../../db/stores/devices.ts'
import { meterStore } from '../../db/stores/metering.ts'
import { revocationsStore } from '../../db/stores/revocations.ts'
import { auditLog } from '../../server/audit/log.ts'
import { systemClock } from '../../server/platform/clock.ts'
import { systemRandom } from '../../server/platform/random.ts'
import { openSealer } from '../../server/platform/seal-sealer.ts'
import { hashToken, newToken } from '../../server/platform/tokens.ts'
import { defaultPolicy } from '../../server/policy/defaults.ts'
import { revocationService } from '../../server/sessions/revocation.ts'
import type { Intent } from '../../server/stepup/intent.ts'
import type { Receipt } from '../../server/stepup/receipt.ts'
import { testDatabase } from './database.ts'
import { type GatewayProcess, SECRET, SERVER_NAME, startGateway } from './gateway-process.ts'
import { insertDevice, insertPerson, type TestDevice, type TestPerson } from './people.ts'
import { riggedHomeserver } from './rigged-homeserver.ts'
import { PLAIN_SPENDING } from './spending.ts'

export type { TestDevice, TestPerson } from './people.ts'

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
  const revoker = revocationService({
    audit,
    sealer,
    log: quiet,
    revocations: revocationsStore(db),
    owedLogouts: owedLogoutsStore(db),
    homeserver: null,
    enqueueLogout: async () => undefined,
  })

  const addPerson = (): Promise<TestPerson> => insertPerson(db)
  const addDevice = (person: TestPerson, deviceId?: string): Promise<TestDevice> =>
    insertDevice({ db, sealer, serverName: SERVER_NAME }, person, deviceId === undefined ? {} : { deviceId })

  /** A person who has read all but `events` of the threshold. */
  async function leave(person: TestPerson, events: number): Promise<void> {
    await sql`delete from reservations where person_id = ${person.id}`
    await sql`delete from meter_buckets where person_id = ${person.id} and meter = 'archive'`
    await sql`delete from meters where person_id = ${person.id} and meter = 'archive'`
    if (events === THRESHOLD) return
    const spent = await meters.spend({
      serverName: SERVER_NAME,
      personId: person.id,
      device: `another-${person.id}`,
      streams: { archive: { hashes: [], bare: THRESHOLD - events } },
      ...PLAIN_SPENDING,
    })
    if (spent.state !== 'paid') throw new Error(`what was read before cannot be charged: ${spent.state}`)
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
        amounts: Object.fromEntries(intent.amounts.map(({ meter, units }) => [meter, units])),
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
