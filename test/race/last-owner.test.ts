// The last owner cannot be lost, by whatever way and whoever does it at the same moment: on two pools, as on two instances.
import { eq } from 'drizzle-orm'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type DatabaseHandle, openDatabase } from '../../db/client.ts'
import { credentials, people } from '../../db/schema/people.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import type { TestPerson } from '../support/people.ts'
import { insertAdministrator, type PeopleWorld, peopleWorld } from '../support/people-console.ts'

let database: TestDatabase
let other: DatabaseHandle
let here: PeopleWorld
let there: PeopleWorld
let ada: TestPerson
let blaise: TestPerson

beforeEach(async () => {
  database = await testDatabase()
  other = openDatabase(database.url, { max: 10 })
  here = peopleWorld(database.db)
  there = peopleWorld(other.db)
  ada = await insertAdministrator(database.db, 'owner', 'ada')
  blaise = await insertAdministrator(database.db, 'owner', 'blaise')
})
afterEach(async () => {
  await other.close()
  await database.drop()
})

const at = new Date()
const event = { action: 'test', actor: 'test', subject: 'test', detail: {} }
type Loss = (world: PeopleWorld, person: TestPerson) => Promise<unknown>

const demote: Loss = async ({ deps }, person) =>
  deps.people.directory.change(person.id, await versionOf(person), { role: 'person' }, event)
const suspend: Loss = ({ deps }, { id }) => deps.people.people.setSuspended(id, at, event)
const remove: Loss = async ({ deps }, person) =>
  deps.people.directory.remove(person.id, await versionOf(person), at, event)
const revokeKey: Loss = ({ revoker }, { credentialId }) => revoker.revoke('credential', credentialId, 'lost')

async function ownersLeft(): Promise<number> {
  const rows =
    await database.sql`SELECT p.id FROM people p WHERE p.role = 'owner' AND p.suspended_at IS NULL AND p.deleted_at IS NULL
    AND EXISTS (SELECT 1 FROM credentials c WHERE c.person_id = p.id AND c.revoked_at IS NULL)`
  return rows.length
}

const WAYS = Object.entries({ demote, suspend, remove, revokeKey })

describe.each(WAYS)('two owners at once, one by %s', (_first, one) => {
  it.each(WAYS)('and the other by %s: one of them stays', async (_second, two) => {
    const outcomes = await Promise.allSettled([one(here, ada), two(there, blaise)])
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(await ownersLeft()).toBe(1)
  })
})

it('of ten owners who lose one another all at once, by four ways, one stays', async () => {
  const owners = [ada, blaise]
  for (let n = 0; n < 8; n++) owners.push(await insertAdministrator(database.db, 'owner', `owner${n}`))
  const outcomes = await Promise.allSettled(
    owners.map((owner, n) => (WAYS[n % WAYS.length] as [string, Loss])[1](n % 2 === 0 ? here : there, owner)),
  )
  expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(1)
  expect(await ownersLeft()).toBe(1)
})

it('revoking both keys of the only owner at once leaves one of them', async () => {
  await suspend(here, blaise)
  const [key] = await database.db.select().from(credentials).where(eq(credentials.personId, ada.id))
  if (key === undefined) throw new Error('no key')
  await database.db.insert(credentials).values({ ...key, id: 'key_second', webauthnId: 'second' })
  const outcomes = await Promise.allSettled([
    revokeKey(here, ada),
    revokeKey(there, { ...ada, credentialId: 'key_second' }),
  ])
  expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  expect(await ownersLeft()).toBe(1)
})

describe('of the only owner', () => {
  beforeEach(() => suspend(here, blaise))

  it.each(WAYS)('%s is refused in plain words, and nothing of it is done', async (_way, lose) => {
    await expect(lose(here, ada)).rejects.toMatchObject({ cause: { code: 'PL001' } })
    expect(await ownersLeft()).toBe(1)
    const [row] = await database.db.select().from(people).where(eq(people.id, ada.id))
    expect(row).toMatchObject({ role: 'owner', suspendedAt: null, deletedAt: null })
  })

  it('an owner without a key does not stand in for them, nor one with nothing but a temporary pass', async () => {
    await insertAdministrator(database.db, 'owner', 'keyless', { keyless: true })
    const passing = await insertAdministrator(database.db, 'owner', 'passing')
    await database.db.update(credentials).set({ kind: 'temporary-pass' }).where(eq(credentials.personId, passing.id))
    await expect(demote(here, ada)).rejects.toThrow()
    await expect(revokeKey(here, ada)).rejects.toThrow()
  })

  it('owners who never had a key may go, and others’ keys be revoked', async () => {
    const keyless = await insertAdministrator(database.db, 'owner', 'keyless', { keyless: true })
    const enroller = await insertAdministrator(database.db, 'enroller', 'enroller')
    await revokeKey(here, enroller)
    expect(await here.deps.people.directory.remove(keyless.id, await versionOf(keyless), at, event)).toBe(true)
  })
})

async function versionOf({ id }: TestPerson): Promise<number> {
  return (await database.db.select().from(people).where(eq(people.id, id)))[0]?.version ?? 0
}
