// People over the console's API, on real Postgres.
import { eq } from 'drizzle-orm'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { auditEntries } from '../../../db/schema/audit.ts'
import { expectedKeys } from '../../../db/schema/enrolment.ts'
import { credentials, enrolmentTickets, people } from '../../../db/schema/people.ts'
import { devices, idSessions } from '../../../db/schema/sessions.ts'
import type { Call } from '../../../server/console/verb.ts'
import { VERBS } from '../../../server/console/verbs.ts'
import { openSealer } from '../../../server/platform/seal-sealer.ts'
import { type TestDatabase, testDatabase } from '../../support/database.ts'
import { insertDevice, insertPerson, type TestPerson } from '../../support/people.ts'
import { type Console, insertAdministrator, type PeopleWorld, staffedWorld } from '../../support/people-console.ts'

let database: TestDatabase
let world: PeopleWorld
let ada: TestPerson
let owner: Console
let enroller: Console

beforeEach(async () => {
  database = await testDatabase()
  ;({ world, ada, owner, enroller } = await staffedWorld(database.db))
})
afterEach(() => database.drop())

const entries = async (action: string) => database.db.select().from(auditEntries).where(eq(auditEntries.action, action))
const show = async (id: string) => (await owner.read('people.show', { id })).body

/** As an act is run that this person signed first. */
const signedBy = ({ id, username }: TestPerson) =>
  ({ personId: id, username, role: 'owner', permissions: null, tokenId: null, browserHash: null }) as const

async function created(username: string, more: Record<string, unknown> = {}) {
  const answer = await owner.change('people.create', { username, ...more })
  expect(answer.status).toBe(200)
  return answer.body
}

describe('making a person', () => {
  it('keeps what was typed, in the groups that were chosen, with an audit entry', async () => {
    const group = (await owner.change('groups.create', { name: 'Cabinet' })).body
    const made = await created('blaise', {
      display_name: ' Blaise Pascal ',
      email: 'b@example.org',
      groups: [group.id],
    })
    expect(made).toMatchObject({
      username: 'blaise',
      display_name: 'Blaise Pascal',
      email: 'b@example.org',
      state: 'active',
    })
    expect((await show(made.id)).groups).toEqual([{ id: group.id, name: 'Cabinet' }])
    expect(await entries('person.created')).toMatchObject([{ actor: ada.id, subject: made.id }])
  })

  it('takes markup as the text that it is', async () => {
    expect((await created('x', { display_name: '<b onmouseover=alert(1)>' })).display_name).toBe(
      '<b onmouseover=alert(1)>',
    )
  })
})

describe('an edit', () => {
  it('changes what it names, and says so without the personal data', async () => {
    const { id, version } = await created('blaise')
    const edited = await owner.change('people.edit', { id, version, email: 'b@example.org', display_name: 'Blaise' })
    expect(edited.body).toMatchObject({ display_name: 'Blaise', email: 'b@example.org' })
    expect(edited.body.version).toBeGreaterThan(version)
    const [entry] = await entries('person.changed')
    expect(entry?.detail).toEqual({ username: 'blaise', fields: ['displayName', 'email'] })
  })

  it('of what somebody else edited meanwhile is a conflict that shows how it is now', async () => {
    const { id, version } = await created('blaise')
    await owner.change('people.edit', { id, version, display_name: 'First' })
    const late = await enroller.change('people.edit', { id, version, display_name: 'Second' })
    expect([late.status, late.body.reason]).toEqual([409, 'edited-meanwhile'])
    expect(late.body.current).toMatchObject({ display_name: 'First' })
    expect((await show(id)).display_name).toBe('First')
  })

  it('of two at once, one wins', async () => {
    const { id, version } = await created('blaise')
    const both = await Promise.all(
      ['a', 'b'].map((name) => owner.change('people.edit', { id, version, display_name: name })),
    )
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409])
  })

  it('of an administrator is for those who may give roles: an enroller does not move an owner’s mailbox', async () => {
    const { version } = await show(ada.id)
    const answer = await enroller.change('people.edit', { id: ada.id, version, email: 'eve@example.org' })
    expect([answer.status, answer.body.reason]).toEqual([403, 'administrators-by-owners'])
  })
})

describe('a role', () => {
  it('of an owner comes and goes by two; any other is a change', async () => {
    const { id, version } = await created('blaise')
    const grave = await owner.change('people.set-role', { id, version, role: 'owner', reason: 'deputy' })
    expect([grave.status, grave.body]).toEqual([202, { act: 'act_1' }])
    const mine = await show(ada.id)
    expect(
      (
        await owner.change('people.set-role', {
          ...mine,
          id: ada.id,
          version: mine.version,
          role: 'person',
          reason: 'x',
        })
      ).status,
    ).toBe(400)
    expect(
      (await owner.change('people.set-role', { id: ada.id, version: mine.version, role: 'person', reason: 'x' }))
        .status,
    ).toBe(202)
    expect((await show(id)).role).toBe('person')
    const set = await owner.change('people.set-role', { id, version, role: 'auditor', reason: 'audit' })
    expect(set.body).toMatchObject({ role: 'auditor' })
    expect(await entries('person.role-set')).toMatchObject([
      { detail: { from: 'person', to: 'auditor', reason: 'audit' } },
    ])
  })

  it('of owner is given once both have signed, and the log names both', async () => {
    const { id: personId, username } = await insertAdministrator(database.db, 'owner', 'second')
    const second = { personId, username }
    const { id, version } = await created('blaise')
    const by = { ...signedBy(ada), second } as const
    const setRole = VERBS.find((verb) => verb.id === 'people.set-role')
    const call = { by, now: new Date(), signal: new AbortController().signal }
    await setRole?.run(world.deps, { id, version, role: 'owner', reason: 'deputy' }, call)
    expect((await show(id)).role).toBe('owner')
    expect(await entries('person.role-set')).toMatchObject([
      { actor: ada.id, detail: { to: 'owner', second: personId } },
    ])
    // What was signed was signed of the person as they were.
    const late = setRole?.run(world.deps, { id, version, role: 'person', reason: 'x' }, call)
    await expect(late).rejects.toMatchObject({ reason: 'edited-meanwhile' })
  })

  it('is not an enroller’s to give', async () => {
    const { id, version } = await created('blaise')
    expect((await enroller.change('people.set-role', { id, version, role: 'enroller', reason: 'x' })).status).toBe(403)
  })
})

describe('suspending and deleting', () => {
  const sealer = openSealer({ secrets: ['a secret of the tests, long enough to be one'] })
  let marie: TestPerson

  beforeEach(async () => {
    marie = await insertPerson(database.db, { username: 'marie', displayName: 'Marie Curie' })
    await insertDevice({ db: database.db, sealer, serverName: 'example.org' }, marie)
  })

  async function ended() {
    const [device] = await database.db.select().from(devices).where(eq(devices.personId, marie.id))
    const [session] = await database.db.select().from(idSessions).where(eq(idSessions.personId, marie.id))
    const [fed] = await database.sql`SELECT reason FROM revocations WHERE kind = 'person' AND subject = ${marie.id}`
    return { device: device?.endedAt !== null, session: session?.endedAt !== null, fed: fed?.['reason'] }
  }

  it('suspending ends sessions and devices, through the feed that every process hears', async () => {
    const answer = await enroller.change('people.suspend', { id: marie.id, reason: 'left' })
    expect(answer.body).toMatchObject({ state: 'suspended' })
    expect(await ended()).toEqual({ device: true, session: true, fed: 'person-suspended' })
    expect((await enroller.change('people.resume', { id: marie.id })).body).toMatchObject({ state: 'active' })
    expect((await entries('person.suspended'))[0]?.detail).toMatchObject({ username: 'marie', reason: 'left' })
  })

  it('deleting clears the person, revokes keys, voids links, ends sessions, and keeps the username for good', async () => {
    const { id } = marie
    await database.db.update(people).set({ email: 'm@example.org', externalId: 'hr-1' }).where(eq(people.id, id))
    const group = (await owner.change('groups.create', { name: 'Cabinet' })).body
    await owner.change('groups.add-members', { id: group.id, people: [id] })
    await database.db.insert(enrolmentTickets).values({
      hash: 'ticket',
      personId: id,
      kind: 'enrol',
      createdBy: 'test',
      createdAt: new Date(),
      expiresAt: new Date(Date.now() + 3_600_000),
    })
    const before = await show(id)
    const answer = await enroller.change('people.delete', { id, version: before.version, reason: 'asked to be' })
    expect(answer.body).toMatchObject({
      state: 'deleted',
      display_name: 'marie',
      email: null,
      external_id: null,
      username: 'marie',
    })
    expect(await ended()).toEqual({ device: true, session: true, fed: 'person-deleted' })
    const [key] = await database.db.select().from(credentials).where(eq(credentials.personId, id))
    expect(key).toMatchObject({ revokedReason: 'person-deleted' })
    const [ticket] = await database.db.select().from(enrolmentTickets)
    expect(ticket?.expiresAt.getTime()).toBeLessThanOrEqual(Date.now())
    expect((await show(id)).groups).toEqual([])
    expect((await owner.read('people.list', { q: 'marie' })).body.items).toEqual([])
    expect((await owner.read('people.list', { state: 'deleted' })).body.items).toHaveLength(1)

    for (const [verb, input] of [
      ['people.resume', { id }],
      ['people.edit', { id, version: answer.body.version, display_name: 'x' }],
      ['people.suspend', { id, reason: 'x' }],
    ] as const) {
      const refused = await owner.change(verb, input)
      expect([refused.status, refused.body.reason]).toEqual([410, 'person-deleted'])
    }
    const again = await owner.change('people.create', { username: 'marie' })
    expect([again.status, again.body.reason]).toEqual([409, 'username-was-deleted'])
    expect((await owner.change('groups.add-members', { id: group.id, people: [id] })).body).toEqual({ added: 0 })
  })

  it('deleting what somebody edited meanwhile is a conflict, and an owner’s deletion takes two', async () => {
    const { version } = await show(marie.id)
    await owner.change('people.edit', { id: marie.id, version, display_name: 'Marie S.-C.' })
    const late = await owner.change('people.delete', { id: marie.id, version, reason: 'x' })
    expect([late.status, late.body.reason]).toEqual([409, 'edited-meanwhile'])
    const other = await insertAdministrator(database.db, 'owner', 'other')
    const { version: theirs } = await show(other.id)
    expect((await owner.change('people.delete', { id: other.id, version: theirs, reason: 'x' })).status).toBe(202)
    const byEnroller = await enroller.change('people.suspend', { id: ada.id, reason: 'coup' })
    expect([byEnroller.status, byEnroller.body.reason]).toEqual([403, 'administrators-by-owners'])
  })

  it('an owner is not deleted by one owner and an enroller, nor by one who was asked before there was an owner', async () => {
    const other = await insertAdministrator(database.db, 'owner', 'other')
    const puppet = await insertAdministrator(database.db, 'enroller', 'puppet')
    const { version } = await show(other.id)
    const remove = VERBS.find((verb) => verb.id === 'people.delete')
    const run = (by: object) =>
      remove?.run(world.deps, { id: other.id, version, reason: 'coup' }, {
        by: { ...signedBy(ada), ...by },
        now: new Date(),
        signal: new AbortController().signal,
      } as Call)
    const second = (person: TestPerson) => ({ second: { personId: person.id, username: person.username } })
    await expect(run(second(puppet))).rejects.toMatchObject({ reason: 'administrators-by-owners' })
    await expect(run({ second: null, browserHash: 'a browser' })).rejects.toMatchObject({ reason: 'edited-meanwhile' })
    expect((await show(other.id)).state).toBe('active')
    await run(second(other))
    expect((await show(other.id)).state).toBe('deleted')
  })

  it('nobody does it to themselves, and the last owner stays whoever asks', async () => {
    const mine = await owner.change('people.suspend', { id: ada.id, reason: 'x' })
    expect([mine.status, mine.body.reason]).toEqual([409, 'not-yourself'])
    const keyless = world.as(await insertAdministrator(database.db, 'owner', 'keyless', { keyless: true }), 'owner')
    const last = await keyless.change('people.suspend', { id: ada.id, reason: 'x' })
    expect([last.status, last.body.reason]).toEqual([409, 'last-owner'])
    expect((await show(ada.id)).state).toBe('active')
  })
})

describe('keys that are awaited of somebody', () => {
  it.each(['people.suspend', 'people.delete'])('are awaited no more after %s, each with its entry', async (verb) => {
    const { id, version } = await created('blaise')
    const other = await created('carol')
    const key = { createdBy: ada.id, createdAt: new Date() }
    await database.db.insert(expectedKeys).values([
      { ...key, id: 'exp_1', personId: id, serial: '1' },
      { ...key, id: 'exp_2', personId: id, serial: '2' },
      { ...key, id: 'exp_3', personId: id, serial: '3', matchedAt: new Date() },
      { ...key, id: 'exp_4', personId: other.id, serial: '4' },
    ])
    const input = { id, reason: 'x', ...(verb === 'people.delete' ? { version } : {}) }
    expect((await owner.change(verb, input)).status).toBe(200)
    const rows = await database.db.select().from(expectedKeys).orderBy(expectedKeys.id)
    expect(rows.map(({ withdrawnAt }) => withdrawnAt !== null)).toEqual([true, true, false, false])
    const reason = verb === 'people.suspend' ? 'person-suspended' : 'person-deleted'
    const told = await entries('key.unexpected')
    expect(told.map(({ subject, detail }) => [subject, detail])).toEqual(
      expect.arrayContaining(['exp_1', 'exp_2'].map((expected) => [id, { expected, reason }])),
    )
    expect(told).toHaveLength(2)
    // Asked again, nothing more is said of it.
    await owner.change(verb, { ...input, version: version + 1 })
    expect(await entries('key.unexpected')).toHaveLength(2)
  })
})
