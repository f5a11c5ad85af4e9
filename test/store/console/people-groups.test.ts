// Groups and the list of people as a file, over the console’s API.
import { eq } from 'drizzle-orm'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { auditEntries } from '../../../db/schema/audit.ts'
import { type TestDatabase, testDatabase } from '../../support/database.ts'
import { insertPerson } from '../../support/people.ts'
import { type Console, staffedWorld } from '../../support/people-console.ts'

let database: TestDatabase
let owner: Console
let enroller: Console

beforeEach(async () => {
  database = await testDatabase()
  ;({ owner, enroller } = await staffedWorld(database.db))
})
afterEach(() => database.drop())

const entries = async (action: string) => database.db.select().from(auditEntries).where(eq(auditEntries.action, action))

async function created(username: string, more: Record<string, unknown> = {}) {
  const answer = await owner.change('people.create', { username, ...more })
  expect(answer.status).toBe(200)
  return answer.body
}

describe('groups', () => {
  it('an enroller puts nobody who has a role into one, nor takes them out: not themselves either', async () => {
    const { id } = (await enroller.change('groups.create', { name: 'Wide limits' })).body
    const me = (await owner.read('people.list', { q: 'eve' })).body.items[0].id
    const { id: blaise } = await created('blaise')
    for (const verb of ['groups.add-members', 'groups.remove-members']) {
      const refused = await enroller.change(verb, { id, people: [blaise, me] })
      expect([refused.status, refused.body.reason]).toEqual([403, 'administrators-by-owners'])
    }
    expect((await enroller.change('groups.add-members', { id, people: [blaise] })).body).toEqual({ added: 1 })
    expect((await owner.change('groups.add-members', { id, people: [me] })).body).toEqual({ added: 1 })
  })

  it('are made, renamed, listed in pages with their members, and taken away', async () => {
    const made = (await owner.change('groups.create', { name: 'Cabinet' })).body
    expect((await owner.change('groups.create', { name: 'Cabinet' })).body.reason).toBe('group-name-taken')
    expect((await owner.change('groups.create', { name: 'everyone' })).body.reason).toBe('group-name-invalid')
    const renamed = await owner.change('groups.rename', {
      id: made.id,
      version: made.version,
      name: 'Cabinet du préfet',
    })
    expect(renamed.body).toMatchObject({ name: 'Cabinet du préfet' })
    const late = await owner.change('groups.rename', { id: made.id, version: made.version, name: 'Late' })
    expect([late.status, late.body.reason, late.body.current.name]).toEqual([
      409,
      'edited-meanwhile',
      'Cabinet du préfet',
    ])
    const [b, c] = [await created('b'), await created('c')]
    expect((await owner.change('groups.add-members', { id: made.id, people: [b.id, c.id, 'per_none'] })).body).toEqual({
      added: 2,
    })
    expect((await owner.change('groups.add-members', { id: made.id, people: [b.id] })).body).toEqual({ added: 0 })
    expect(await entries('group.member-added')).toHaveLength(2)
    const page = (await owner.read('groups.members', { id: made.id, limit: '1' })).body
    expect(page).toMatchObject({ items: [{ username: 'b' }], next: 'b' })
    expect((await owner.read('groups.list', { q: 'prefet' })).body.items).toMatchObject([{ members: 2 }])
    expect((await owner.read('people.list', { group: made.id })).body.total).toBe(2)
    expect((await owner.change('groups.remove-members', { id: made.id, people: [b.id, b.id] })).body).toEqual({
      removed: 1,
    })
    await database.sql`INSERT INTO group_key_policies (group_id, policy, platform_allowed, min_keys, updated_at)
      VALUES (${made.id}, 'attested', false, 2, now())`
    expect((await enroller.change('groups.delete', { id: made.id })).body.reason).toBe('group-in-policy')
    await database.sql`DELETE FROM group_key_policies`
    expect((await owner.change('groups.delete', { id: made.id })).status).toBe(200)
    expect((await owner.change('groups.delete', { id: made.id })).body.reason).toBe('group-unknown')
  })
})

describe('the export', () => {
  it('is a CSV file of all who match, in pages, with formulas made harmless, and written down', async () => {
    for (let n = 0; n < 205; n++) await insertPerson(database.db, { username: `p${String(n).padStart(3, '0')}` })
    await created('x', { display_name: '=HYPERLINK("http://evil","x")' })
    const answer = await owner.read('people.export', { role: 'person' })
    expect(answer.status).toBe(200)
    const rows = answer.text.split('\r\n')
    expect(rows).toHaveLength(1 + 206 + 1)
    expect(rows.find((row) => row.startsWith('x,'))).toContain(`"'=HYPERLINK(""http://evil"",""x"")"`)
    expect((await entries('people.exported'))[0]?.detail).toEqual({ role: 'person' })
  })
})
