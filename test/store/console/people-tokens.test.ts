// What an API token may do to people: what it was given, whatever its maker holds.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type TestDatabase, testDatabase } from '../../support/database.ts'
import type { TestPerson } from '../../support/people.ts'
import { type Console, insertAdministrator, type PeopleWorld, peopleWorld } from '../../support/people-console.ts'

let database: TestDatabase
let world: PeopleWorld
let ada: TestPerson
let owner: Console

beforeEach(async () => {
  database = await testDatabase()
  world = peopleWorld(database.db)
  ada = await insertAdministrator(database.db, 'owner', 'ada')
  owner = world.as(ada, 'owner')
})
afterEach(() => database.drop())

describe('an API token', () => {
  it('gives no role, and changes, suspends, deletes and moves nobody who has one, whatever it was given', async () => {
    const script = world.script(ada, 'owner')
    const watcher = await insertAdministrator(database.db, 'supervisor', 'watcher')
    const { version } = (await owner.read('people.show', { id: watcher.id })).body
    const group = (await owner.change('groups.create', { name: 'Team' })).body
    const by = { id: watcher.id, reason: 'x' }
    const answers = [
      await script.change('people.suspend', by),
      await script.change('people.delete', { ...by, version }),
      await script.change('people.edit', { id: watcher.id, version, email: 'thief@example.org' }),
      await script.change('groups.add-members', { id: group.id, people: [watcher.id] }),
      await script.change('people.set-role', { ...by, version, role: 'person' }),
      await script.change('people.set-role', { ...by, version, role: 'owner' }),
    ]
    expect(answers.map(({ status, body }) => [status, body.reason])).toEqual([
      ...Array(4).fill([403, 'administrators-by-owners']),
      ...Array(2).fill([403, 'not-permitted']),
    ])
    const made = (await script.change('people.create', { username: 'mallory' })).body
    const role = await script.change('people.set-role', { id: made.id, version: 1, role: 'enroller', reason: 'x' })
    expect(role.status).toBe(403)
    expect((await owner.read('people.show', { id: watcher.id })).body).toMatchObject({ state: 'active', version })
    expect(world.requested).toEqual([])
  })

  it('that was not given roles changes nobody who has one, moves them nowhere, and imports none', async () => {
    const script = world.script(ada, 'owner', ['people.read', 'people.write'])
    const { version } = (await owner.read('people.show', { id: ada.id })).body
    const group = (await owner.change('groups.create', { name: 'Exempt' })).body
    const answers = [
      await script.change('people.edit', { id: ada.id, version, email: 'thief@example.org' }),
      await script.change('groups.add-members', { id: group.id, people: [ada.id] }),
    ]
    expect(answers.map(({ status, body }) => [status, body.reason])).toEqual([
      [403, 'administrators-by-owners'],
      [403, 'administrators-by-owners'],
    ])
    const content = Buffer.from('username,role\nmallory,enroller\n').toString('base64url')
    const planned = await script.change('imports.preview', { content })
    const lines = await script.read('imports.lines', { id: planned.body.id })
    expect(lines.body.items).toMatchObject([{ outcome: 'refused', reason: 'line-role-not-yours' }])
    const full = await owner.change('imports.preview', { content })
    expect((await script.change('imports.apply', { id: full.body.id })).body.reason).toBe('import-by-owner')
  })
})
