// People over the console's API, on real Postgres: how they are found, and who is not made.
import { eq } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { auditEntries } from '../../../db/schema/audit.ts'
import { credentials } from '../../../db/schema/people.ts'
import { type TestDatabase, testDatabase } from '../../support/database.ts'
import { insertPerson, type TestPerson } from '../../support/people.ts'
import { type Console, staffedWorld } from '../../support/people-console.ts'

let database: TestDatabase
let ada: TestPerson
let owner: Console

beforeAll(async () => {
  database = await testDatabase()
  ;({ ada, owner } = await staffedWorld(database.db))
})
afterAll(() => database.drop())

async function created(username: string, more: Record<string, unknown> = {}) {
  const answer = await owner.change('people.create', { username, ...more })
  expect(answer.status).toBe(200)
  return answer.body
}

describe('making a person', () => {
  const made = () => database.db.select().from(auditEntries).where(eq(auditEntries.action, 'person.created'))

  it.each([
    [{ username: 'Blaise' }, 422, 'username-invalid'],
    [{ username: '_blaise' }, 422, 'username-invalid'],
    [{ username: 'ada' }, 409, 'username-taken'],
    [{ username: 'b', display_name: 'a\u202eb' }, 422, 'display-name-invalid'],
    [{ username: 'b', email: 'nothing' }, 422, 'email-invalid'],
    [{ username: 'b', email: '<script>@example.org' }, 422, 'email-invalid'],
    [{ username: 'b', groups: ['grp_none'] }, 422, 'group-unknown'],
    [{ username: 'b', role: 'owner' }, 400, 'bad-request'],
    [{ username: { $ne: '' } }, 400, 'bad-request'],
  ])('refuses %j', async (input, status, reason) => {
    const answer = await owner.change('people.create', input)
    expect([answer.status, answer.body.reason]).toEqual([status, reason])
    expect(await made()).toEqual([])
  })
})

describe('the list', () => {
  beforeAll(async () => {
    await created('helene', { display_name: 'Hélène Cœur', email: 'h.coeur@example.org' })
    await created('zoe', { display_name: '100% Zoé_' })
    await insertPerson(database.db, { username: 'marie' })
  })
  const usernames = async (input: Record<string, string>) =>
    (await owner.read('people.list', input)).body.items.map(({ username }: { username: string }) => username)

  it('goes on where it stopped, without a gap, and counts what matches once', async () => {
    const first = (await owner.read('people.list', { limit: '2' })).body
    expect(first).toMatchObject({ next: 'eve', total: 5 })
    const second = (await owner.read('people.list', { limit: '2', after: first.next })).body
    expect(second).toMatchObject({ next: 'marie', total: null })
    expect(await usernames({ after: second.next })).toEqual(['zoe'])
  })

  it.each([
    [{ q: 'HELENE' }, ['helene']],
    [{ q: 'hélène' }, ['helene']],
    [{ q: 'h.coeur@' }, ['helene']],
    [{ q: '100%' }, ['zoe']],
    [{ q: '%' }, ['zoe']],
    [{ q: '\\' }, []],
    [{ q: "'; drop table people; --" }, []],
    [{ role: 'owner' }, ['ada']],
    [{ role: 'administrator' }, ['ada', 'eve']],
    [{ keys: 'none' }, ['helene', 'zoe']],
    [{ keys: 'one' }, ['ada', 'eve', 'marie']],
    [{ keys: 'many' }, []],
    [{ keys: 'none', q: 'zoe' }, ['zoe']],
    [{ state: 'suspended' }, []],
    [{ group: 'grp_none' }, []],
  ])('by %j finds %j', async (input, found) => {
    expect(await usernames(input as Record<string, string>)).toEqual(found)
  })

  it.each([[{ limit: '0' }], [{ limit: '201' }], [{ keys: 'three' }], [{ nothing: '1' }], [{ q: 'x'.repeat(201) }]])(
    'refuses %j',
    async (input) => {
      expect((await owner.read('people.list', input as unknown as Record<string, string>)).status).toBe(400)
    },
  )

  it('a temporary pass is no key', async () => {
    await database.db.update(credentials).set({ kind: 'temporary-pass' }).where(eq(credentials.personId, ada.id))
    expect(await usernames({ keys: 'none' })).toContain('ada')
  })
})
