// Moves between groups that let somebody read more, or enrol keys that were refused: by two, of whom neither is moved, and only what
// they signed; by nobody else, by whatever way it comes.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { groupKeyPolicies } from '../../../db/schema/keys.ts'
import { auditStore } from '../../../db/stores/audit.ts'
import { policyStore } from '../../../db/stores/policy.ts'
import { auditLog } from '../../../server/audit/log.ts'
import { workOnImports } from '../../../server/people/import-work.ts'
import { systemClock } from '../../../server/platform/clock.ts'
import type { PolicyDocument } from '../../../server/policy/document.ts'
import { applyPolicy, policyNow } from '../../../server/policy/versions.ts'
import { type TestDatabase, testDatabase } from '../../support/database.ts'
import { insertPerson, type TestPerson } from '../../support/people.ts'
import { type Console, insertAdministrator, type PeopleWorld, peopleWorld } from '../../support/people-console.ts'
import { runSigned } from '../../support/signed.ts'

let database: TestDatabase
let world: PeopleWorld
let ada: TestPerson
let bea: TestPerson
let owner: Console
let wide: string
let strict: string

beforeEach(async () => {
  database = await testDatabase()
  world = peopleWorld(database.db, { keyPolicy: 'any' })
  ada = await insertAdministrator(database.db, 'owner', 'ada')
  bea = await insertAdministrator(database.db, 'owner', 'bea')
  owner = world.as(ada, 'owner')
  wide = (await owner.change('groups.create', { name: 'Wide' })).body.id
  strict = (await owner.change('groups.create', { name: 'Strict' })).body.id
  await limit([{ group: wide, rooms: 5_000 }])
  await keys(strict, 'attested')
})
afterEach(() => database.drop())

/** A new version of the policy with these limits for groups. */
async function limit(limits: PolicyDocument['limits']) {
  const audit = auditLog({ store: auditStore(database.db), clock: systemClock })
  const store = policyStore(database.db, audit)
  const now = await policyNow(store)
  const document = { ...now.document, limits }
  const applied = await applyPolicy(
    { store, clock: systemClock },
    { from: now.number, document, by: ada.id, reason: 'test' },
  )
  expect(applied.state).toBe('applied')
}

async function keys(groupId: string, policy: 'any' | 'device-bound' | 'attested') {
  const row = { policy, aaguids: null, platformAllowed: true, minKeys: 1, updatedAt: new Date() }
  await database.db
    .insert(groupKeyPolicies)
    .values({ groupId, ...row })
    .onConflictDoUpdate({ target: groupKeyPolicies.groupId, set: row })
}

const membersOf = async (id: string) =>
  (await owner.read('groups.members', { id })).body.items.map(({ username }: { username: string }) => username)

const entries = (action: string) =>
  database.sql`SELECT actor, subject, detail FROM audit_entries WHERE action = ${action} ORDER BY sequence`

describe('putting somebody into a group that reads more', () => {
  it('is done by nobody alone: it says what it loosens, and with a reason becomes an act', async () => {
    const { id, username } = await insertPerson(database.db, { username: 'blaise' })
    const move = { id: wide, people: [id] }
    for (const who of [owner, world.as(bea, 'enroller'), world.script(ada, 'owner')]) {
      const refused = await who.change('groups.add-members', move)
      expect([refused.status, refused.body.reason]).toEqual([422, 'loosening-needs-reason'])
      expect(refused.body.loosens).toMatchObject([{ people: [username], changes: [{ what: 'rooms', to: 5_000 }] }])
    }
    expect(world.requested).toEqual([])
    const asked = await owner.change('groups.add-members', { ...move, reason: 'investigation' })
    expect([asked.status, await membersOf(wide)]).toEqual([202, []])
    // What is signed says for whom, from what to what, whatever was sent along; whom it is about signs nothing of it.
    const sent = [{ people: ['nobody'], changes: [] }]
    await owner.change('groups.add-members', { ...move, reason: 'investigation', loosens: sent })
    for (const { input, concerns } of world.requested)
      expect([concerns, input['loosens']]).toEqual([
        id,
        [{ people: [username], changes: [{ what: 'rooms', from: expect.any(Number), to: 5_000 }] }],
      ])
    await runSigned(world.deps, world.requested[0] as never, ada, bea)
    expect(await membersOf(wide)).toEqual([username])
    expect(await entries('group.member-added')).toMatchObject([
      { actor: ada.id, subject: wide, detail: { person: id, reason: 'investigation', second: bea.id } },
    ])
  })

  it('is not done when the group reads more, or asks less, than what was signed; nor for others', async () => {
    const { id } = await insertPerson(database.db)
    const other = await insertPerson(database.db)
    const ask = async (people: string[]) => {
      expect((await owner.change('groups.add-members', { id: wide, people, reason: 'x' })).status).toBe(202)
      return world.requested.at(-1) as PeopleWorld['requested'][number]
    }
    const act = await ask([id])
    const conflict = { reason: 'edited-meanwhile', status: 409 }
    for (const rooms of [9_000, 3_000]) {
      await limit([{ group: wide, rooms }])
      await expect(runSigned(world.deps, act, ada, bea)).rejects.toMatchObject(conflict)
    }
    const both = await ask([id, other.id])
    await keys(wide, 'any')
    await limit([{ group: wide, rooms: 3_001 }])
    await expect(runSigned(world.deps, both, ada, bea)).rejects.toMatchObject(conflict)
    const tampered = { ...both, input: { ...both.input, people: [ada.id] } }
    await expect(runSigned(world.deps, tampered, ada, bea)).rejects.toMatchObject(conflict)
    expect(await membersOf(wide)).toEqual([])
    expect(await entries('group.member-added')).toEqual([])
  })

  it('is not signed by whom it is done to, and who could sign is moved by an act of their own', async () => {
    const { id } = await insertPerson(database.db)
    const many = await owner.change('groups.add-members', { id: wide, people: [id, bea.id], reason: 'x' })
    expect([many.status, many.body.reason]).toEqual([409, 'administrators-one-by-one'])
    const one = await owner.change('groups.add-members', { id: wide, people: [bea.id], reason: 'x' })
    expect([one.status, world.requested.at(-1)?.concerns]).toEqual([202, bea.id])
    // Were the taps not refused, the run would be.
    const act = world.requested.at(-1) as PeopleWorld['requested'][number]
    for (const [first, second] of [
      [ada, bea],
      [bea, null],
    ] as const)
      await expect(runSigned(world.deps, act, first, second)).rejects.toMatchObject({ reason: 'subject-person' })
    expect(await membersOf(wide)).toEqual([])
    const enroller = world.as(ada, 'enroller')
    const theirs = await enroller.change('groups.add-members', { id: wide, people: [bea.id], reason: 'x' })
    expect([theirs.status, theirs.body.reason]).toEqual([403, 'administrators-by-owners'])
  })

  it('is not done by making the person in it', async () => {
    const refused = await owner.change('people.create', { username: 'blaise', groups: [strict, wide] })
    expect([refused.status, refused.body.reason]).toEqual([409, 'groups-need-two'])
    expect((await owner.read('people.list', { q: 'blaise' })).body.items).toEqual([])
    expect((await owner.change('people.create', { username: 'blaise', groups: [strict] })).status).toBe(200)
  })

  it('is not done by a file: the dry run says so, and what has become a loosening since is passed over', async () => {
    await insertPerson(database.db, { username: 'carol' })
    const file = 'username,groups\nblaise,Wide\ncarol,Wide\nada,Wide\ndave,Strict\nerin,Later\n'
    await owner.change('groups.create', { name: 'Later' })
    const planned = await owner.change('imports.preview', { content: Buffer.from(file).toString('base64url') })
    const lines = async () => (await owner.read('imports.lines', { id: planned.body.id })).body.items
    const no = { outcome: 'refused', reason: 'line-groups-need-two' }
    expect(await lines()).toMatchObject([no, no, no, { outcome: 'create' }, { outcome: 'create' }])
    const later = (await owner.read('groups.list', { q: 'Later' })).body.items[0].id
    await limit([{ group: later, rooms: 9_999 }])
    await owner.change('imports.apply', { id: planned.body.id })
    await workOnImports({ imports: world.deps.people.imports, clock: systemClock }, 5_000)
    expect((await lines()).slice(3)).toMatchObject([
      { username: 'dave', state: 'applied' },
      { username: 'erin', state: 'passed-over', reason: 'line-changed-meanwhile' },
    ])
    expect([await membersOf(wide), await membersOf(later), await membersOf(strict)]).toEqual([[], [], ['dave']])
  })
})

describe('taking somebody out of a group that asks more', () => {
  it('takes two; putting them in, and what changes nothing for them, does not', async () => {
    const { id, username } = await insertPerson(database.db)
    expect((await owner.change('groups.add-members', { id: strict, people: [id] })).body).toEqual({ added: 1 })
    const out = { id: strict, people: [id] }
    const refused = await owner.change('groups.remove-members', out)
    expect([refused.status, refused.body.loosens]).toMatchObject([
      422,
      [{ people: [username], changes: [{ what: 'keys.policy', from: 'attested', to: 'any' }] }],
    ])
    expect((await owner.change('groups.remove-members', { ...out, reason: 'left the team' })).status).toBe(202)
    const act = world.requested.at(-1) as PeopleWorld['requested'][number]
    await keys(strict, 'device-bound')
    await expect(runSigned(world.deps, act, ada, bea)).rejects.toMatchObject({ reason: 'edited-meanwhile' })
    expect(await membersOf(strict)).toEqual([username])
    await keys(strict, 'attested')
    // Another group asks the same of them by now: nothing is loosened any more, and it is done.
    const same = (await owner.change('groups.create', { name: 'Same' })).body.id
    await keys(same, 'attested')
    await owner.change('groups.add-members', { id: same, people: [id] })
    await runSigned(world.deps, act, ada, bea)
    expect(await membersOf(strict)).toEqual([])
    // Out of a group that reads more is what nobody has to sign.
    await runSigned(
      world.deps,
      {
        verb: 'groups.add-members',
        input: { id: wide, people: [id], reason: 'x', loosens: await loosensFor(id) },
      },
      ada,
      bea,
    )
    expect((await owner.change('groups.remove-members', { id: wide, people: [id] })).body).toEqual({ removed: 1 })
  })

  async function loosensFor(id: string) {
    const refused = await owner.change('groups.add-members', { id: wide, people: [id] })
    return refused.body.loosens
  }
})
