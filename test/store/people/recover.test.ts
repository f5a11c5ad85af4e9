// `palier admin recover`: the way back, and how loud it is.
import { eq } from 'drizzle-orm'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { auditEntries } from '../../../db/schema/audit.ts'
import { outbox } from '../../../db/schema/notify.ts'
import { credentials, enrolmentTickets, people } from '../../../db/schema/people.ts'
import { idSessions } from '../../../db/schema/sessions.ts'
import { adminCommand } from '../../../server/cli/admin.ts'
import type { OpenCli } from '../../../server/cli/context.ts'
import { peopleTools } from '../../../server/cli/people-wiring.ts'
import { loadConfig } from '../../../server/config/load.ts'
import { systemClock } from '../../../server/platform/clock.ts'
import type { LogFields } from '../../../server/platform/log.ts'
import { systemRandom } from '../../../server/platform/random.ts'
import { openSealer } from '../../../server/platform/seal-sealer.ts'
import { hashToken } from '../../../server/platform/tokens.ts'
import { type TestDatabase, testDatabase } from '../../support/database.ts'
import { quietLog } from '../../support/enrolment.ts'
import { insertDevice, insertPerson } from '../../support/people.ts'
import { printedBy } from '../../support/printed.ts'

const sealer = openSealer({ secrets: ['a secret of the tests, long enough to be one'] })
let database: TestDatabase
let open: OpenCli
let warned: [string, LogFields | undefined][]

beforeEach(async () => {
  database = await testDatabase()
  const loaded = loadConfig(
    {
      PALIER_SERVER_NAME: 'example.org',
      PALIER_WEBHOOKS:
        'security https://hooks.example.org/palier whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA==',
    },
    undefined,
  )
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.mistakes))
  const { config } = loaded
  warned = []
  const log = { ...quietLog, warn: (event: string, fields?: LogFields) => void warned.push([event, fields]) }
  const { db, sql } = database
  const context = { config, db, sql, sealer, clock: systemClock, random: systemRandom, log }
  open = Object.assign(async () => context, { config: () => config, notes: () => [] })
})
afterEach(() => database.drop())

const recover = (...args: string[]) =>
  printedBy(() => adminCommand(open, peopleTools).parseAsync(['recover', ...args], { from: 'user' }))

const personOf = async (username: string) =>
  (await database.db.select().from(people).where(eq(people.username, username)))[0]
const entries = () => database.db.select().from(auditEntries).where(eq(auditEntries.action, 'admin.recovered'))

it('makes a person owner again, lets them in, voids their older links and prints a new one for an hour', async () => {
  const ada = await insertPerson(database.db, { username: 'ada' })
  await database.db.update(people).set({ suspendedAt: new Date() }).where(eq(people.id, ada.id))
  await database.db.insert(enrolmentTickets).values({
    hash: 'older',
    personId: ada.id,
    kind: 'enrol',
    createdBy: 'test',
    createdAt: new Date(),
    expiresAt: new Date(Date.now() + 86_400_000),
  })
  const url = await recover('ada')
  expect(await personOf('ada')).toMatchObject({ role: 'owner', suspendedAt: null })
  const tickets = await database.db.select().from(enrolmentTickets)
  const [fresh] = tickets.filter(({ hash }) => hash === hashToken(url.split('/').at(-1) ?? ''))
  expect(fresh).toMatchObject({ kind: 'enrol', createdBy: 'cli', personId: ada.id, redeemedAt: null })
  const lives = (fresh?.expiresAt.getTime() ?? 0) - Date.now()
  expect(lives).toBeGreaterThan(3_500_000)
  expect(lives).toBeLessThanOrEqual(3_600_000)
  expect(tickets.find(({ hash }) => hash === 'older')?.expiresAt.getTime()).toBeLessThanOrEqual(Date.now())
  const [key] = await database.db.select().from(credentials)
  expect(key?.revokedAt).toBeNull()
})

it('is told: an audit entry, a warning in the log, an alert to every receiver', async () => {
  await insertPerson(database.db, { username: 'ada' })
  await recover('ada')
  expect(await entries()).toMatchObject([{ actor: 'cli', detail: { username: 'ada', was: 'person', new: false } }])
  expect((await entries())[0]?.detail['asked_by']).toMatch(/.+@.+/)
  expect(warned).toMatchObject([['admin.recovered', { username: 'ada' }]])
  const [owed] = await database.db.select().from(outbox)
  expect(owed).toMatchObject({ channel: 'webhook', target: 'security' })
  expect(JSON.parse(owed?.payload ?? '{}')).toMatchObject({ data: { kind: 'owner-recovered' } })
})

it('revokes the keys of the last owner, which nothing else may, and ends what they opened', async () => {
  const ada = await insertPerson(database.db, { username: 'ada' })
  await database.db.update(people).set({ role: 'owner' }).where(eq(people.id, ada.id))
  await insertDevice({ db: database.db, sealer, serverName: 'example.org' }, ada)
  const context = await open()
  const lost = { action: 'key.revoked', actor: 'cli', subject: ada.credentialId, detail: {} }
  await expect(peopleTools(context).people.revokeKey(ada.credentialId, 'lost', new Date(), lost)).rejects.toMatchObject(
    { cause: { message: expect.stringContaining('palier admin recover') } },
  )
  await recover('ada', '--revoke-keys')
  const [key] = await database.db.select().from(credentials)
  expect(key).toMatchObject({ revokedReason: 'owner-recovered' })
  const [session] = await database.db.select().from(idSessions)
  expect(session?.endedAt).not.toBeNull()
  expect((await entries())[0]?.detail).toMatchObject({ revoked_keys: [ada.credentialId], was: 'owner' })
})

it('makes somebody new only when asked, and nobody of a name that is taken, deleted or no name', async () => {
  await expect(recover('nobody')).rejects.toThrow(/no user "nobody"/)
  expect(await recover('grace', '--new', '--name', 'Grace Hopper')).toMatch(/\/enrol\/pet_/)
  expect(await personOf('grace')).toMatchObject({ role: 'owner', displayName: 'Grace Hopper' })
  await expect(recover('grace', '--new')).rejects.toThrow(/is taken/)
  await expect(recover('Grace H', '--new')).rejects.toThrow(/username: got "Grace H"; wants/)
  const gone = await insertPerson(database.db, { username: 'gone' })
  await database.db.update(people).set({ deletedAt: new Date() }).where(eq(people.id, gone.id))
  await expect(recover('gone')).rejects.toThrow(/was deleted/)
  expect(await entries()).toHaveLength(1)
})
