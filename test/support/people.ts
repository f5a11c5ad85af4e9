// People with a key and signed-in devices, put into a database as enrolment and sign-in leave them.
import type { Database } from '../../db/client.ts'
import { credentials, people } from '../../db/schema/people.ts'
import { idSessions, sids } from '../../db/schema/sessions.ts'
import { devicesStore } from '../../db/stores/devices.ts'
import { systemRandom } from '../../server/platform/random.ts'
import { sealPlace } from '../../server/platform/seal-columns.ts'
import type { openSealer } from '../../server/platform/seal-sealer.ts'
import { hashToken, newToken } from '../../server/platform/tokens.ts'

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

/** A person with one security key. */
export async function insertPerson(db: Database, who: { username?: string; displayName?: string } = {}) {
  const now = new Date()
  const id = newToken('person', systemRandom)
  const username = who.username ?? id.toLowerCase().replaceAll(/[^a-z0-9]/g, '')
  await db.insert(people).values({ id, username, displayName: who.displayName ?? username, createdAt: now })
  return { id, username, credentialId: await insertKey(db, id) } satisfies TestPerson
}

/** A security key of a person who is there already. Returns its id. */
export async function insertKey(db: Database, personId: string): Promise<string> {
  const id = newToken('credential', systemRandom)
  await db.insert(credentials).values(bareKey({ id, personId }))
  return id
}

/** The row of a key of which nothing matters but what is said. */
export const bareKey = ({
  id,
  personId,
  ...said
}: { id: string; personId: string } & Partial<typeof credentials.$inferInsert>) => ({
  id,
  personId,
  webauthnId: id,
  name: 'key',
  publicKey: new Uint8Array(1),
  signCount: 0,
  transports: [],
  aaguid: '',
  attestationFormat: 'none',
  backupEligible: false,
  policy: 'any' as const,
  acr: 'phr' as const,
  discoverable: true,
  attestationObject: new Uint8Array(1),
  registrationClientData: new Uint8Array(1),
  createdAt: new Date(),
  ...said,
})

/** A device of that person, signed in through a session and a sid of its own. */
export async function insertDevice(
  { db, sealer, serverName }: { db: Database; sealer: ReturnType<typeof openSealer>; serverName: string },
  person: TestPerson,
  { deviceId, homeserverToken }: { deviceId?: string; homeserverToken?: (id: string) => string } = {},
): Promise<TestDevice> {
  const now = new Date()
  const [id, sid, token] = [
    newToken('device', systemRandom),
    newToken('sid', systemRandom),
    newToken('matrixAccessToken', systemRandom),
  ] as const
  const idSessionHash = hashToken(newToken('idSession', systemRandom))
  const tap = {
    personId: person.id,
    credentialId: person.credentialId,
    authTime: now,
    acr: 'phr',
    amr: ['hwk'],
    createdAt: now,
  }
  const expiresAt = new Date(now.getTime() + 3_600_000)
  await db
    .insert(idSessions)
    .values({ ...tap, hash: idSessionHash, network: '192.0.2.0/24', userAgent: 'test', expiresAt })
  await db.insert(sids).values({ ...tap, id: sid, idSessionHash, clientId: 'hs' })
  const taken = await devicesStore(db).insert({
    id,
    sid,
    deviceId: deviceId ?? id.slice(4, 14),
    serverName,
    userId: `@${person.username}:${serverName}`,
    homeserverToken: sealer.seal(
      'homeserver-token',
      sealPlace('devices', id, person.id),
      homeserverToken?.(id) ?? `upstream-${id}`,
    ),
    displayName: null,
    client: 'test',
    network: '127.0.0.0/24',
    refreshes: false,
    lifetimeSeconds: 3_600,
    tokens: [{ hash: hashToken(token), kind: 'access' }],
  })
  if (!taken) throw new Error('the device was not taken')
  return { person, id, token, sid, idSessionHash }
}
