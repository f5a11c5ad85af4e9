// Importing people over the console's API: the dry run, the work in the background, and what happens when it is cut short.
import { asc, eq } from 'drizzle-orm'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type DatabaseHandle, openDatabase } from '../../../db/client.ts'
import { auditEntries } from '../../../db/schema/audit.ts'
import { people } from '../../../db/schema/people.ts'
import { auditStore } from '../../../db/stores/audit.ts'
import { groupRules } from '../../../db/stores/group-rules.ts'
import { importStore } from '../../../db/stores/imports.ts'
import { auditLog } from '../../../server/audit/log.ts'
import { verifyAudit } from '../../../server/audit/verify.ts'
import { workOnImports } from '../../../server/people/import-work.ts'
import { systemClock } from '../../../server/platform/clock.ts'
import { base64Url } from '../../../server/platform/encoding.ts'
import { systemRandom } from '../../../server/platform/random.ts'
import { type TestDatabase, testDatabase } from '../../support/database.ts'
import type { TestPerson } from '../../support/people.ts'
import { type Console, type PeopleWorld, peopleWorld, staffedWorld } from '../../support/people-console.ts'

let database: TestDatabase
let other: DatabaseHandle
let world: PeopleWorld
let ada: TestPerson
let owner: Console
let enroller: Console

beforeEach(async () => {
  database = await testDatabase()
  other = openDatabase(database.url, { max: 10 })
  ;({ world, ada, owner, enroller } = await staffedWorld(database.db))
})
afterEach(async () => {
  await other.close()
  await database.drop()
})

const content = (text: string) => base64Url(new TextEncoder().encode(text))
const preview = (text: string, more: Record<string, unknown> = {}, by = owner) =>
  by.change('imports.preview', { file_name: 'people.csv', content: content(text), ...more })
const show = async (id: string) => (await owner.read('imports.show', { id })).body
const work = (on: PeopleWorld = world) => workOnImports({ imports: on.deps.people.imports, clock: systemClock }, 60_000)
const usernames = async () =>
  (await database.db.select({ username: people.username }).from(people).orderBy(asc(people.username))).map(
    (row) => row.username,
  )
const linesOf = async (id: string, input: Record<string, string> = {}) =>
  (await owner.read('imports.lines', { id, ...input })).body
const many = (count: number) =>
  `username;nom\n${Array.from({ length: count }, (_, n) => `p${n};Person ${n}`).join('\n')}`

describe('the dry run', () => {
  it('says of every line what it would do, and changes nobody', async () => {
    const before = await database.sql`SELECT count(*) FROM audit_entries`
    const { body } = await preview(
      'identifiant;nom;courriel;groupes;rôle\nada;Ada L.;;;\nblaise;Blaise;b@example.org;"Presse, Cabinet";\nBLAISE;;;;\nx y;;;;',
      { make_groups: true },
    )
    expect(body).toMatchObject({
      state: 'planned',
      lines: 4,
      new_groups: ['Cabinet', 'Presse'],
      outcomes: { create: 1, update: 1, unchanged: 0, refused: 2 },
      states: { pending: 2, applied: 0, passed_over: 0 },
    })
    expect((await linesOf(body.id)).items).toMatchObject([
      { line: 2, outcome: 'update', changes: [{ field: 'display_name', from: 'ada', to: 'Ada L.' }] },
      { line: 3, outcome: 'create', groups: ['Presse', 'Cabinet'] },
      { line: 4, outcome: 'refused', reason: 'line-person-twice' },
      { line: 5, outcome: 'refused', reason: 'username-invalid' },
    ])
    expect((await linesOf(body.id, { outcome: 'refused', limit: '1' })).next).toBe('4')
    expect(await usernames()).toEqual(['ada', 'eve'])
    expect(await database.sql`SELECT count(*) FROM groups`).toMatchObject([{ count: '0' }])
    expect(await database.sql`SELECT count(*) FROM audit_entries`).toEqual(before)
    await work()
    expect(await usernames()).toEqual(['ada', 'eve'])
  })

  it('refuses a file with what is wrong about it', async () => {
    const wrong = await owner.change('imports.preview', {
      content: base64Url(Uint8Array.from([0x69, 0x64, 0x0a, 0xe9])),
    })
    expect([wrong.status, wrong.body.reason, wrong.body.maybe]).toEqual([422, 'import-encoding', 'windows-1252'])
    expect((await preview('nom\nAda')).body).toMatchObject({ reason: 'import-no-username', columns: ['nom'] })
    expect((await owner.change('imports.preview', { content: '%%%' })).status).toBe(400)
    expect((await owner.change('imports.preview', { content: 'A'.repeat(15_000_000) })).status).toBe(413)
    expect((await preview(many(50_001))).body.reason).toBe('import-too-long')
  })

  it('keeps ten plans of one person: the oldest that was not applied makes room, nobody else’s does', async () => {
    const of = async (by: Console) => (await preview(many(1), {}, by)).body.id as string
    const theirs = await of(enroller)
    const ids: string[] = []
    for (let turn = 0; turn < 12; turn++) ids.push(await of(owner))
    const statuses = []
    for (const id of [theirs, ...ids]) statuses.push((await owner.read('imports.show', { id })).status)
    expect(statuses).toEqual([200, 404, 404, ...Array<number>(10).fill(200)])
    const [left] = await database.sql`SELECT count(*)::int AS lines FROM people_import_lines`
    expect(left?.['lines']).toBe(11)
  })

  it('takes fifty thousand lines', async () => {
    const { body } = await preview(many(50_000))
    expect(body).toMatchObject({ lines: 50_000, outcomes: { create: 50_000 } })
  })
})

describe('applying', () => {
  it('does each line once, in the background, with an entry for each person in a chain that verifies', async () => {
    const { body } = await preview(`${many(600)}\nada;Ada Lovelace\nbad name;`, { make_groups: true })
    expect((await owner.change('imports.apply', { id: body.id })).body).toMatchObject({ state: 'applying' })
    expect((await owner.change('imports.apply', { id: body.id })).body.reason).toBe('import-begun')
    await work()
    expect(await show(body.id)).toMatchObject({ state: 'done', states: { pending: 0, applied: 601, passed_over: 0 } })
    const made = await database.db.select().from(auditEntries).where(eq(auditEntries.action, 'person.created'))
    expect(made).toHaveLength(600)
    expect(made[0]).toMatchObject({ actor: ada.id, detail: { import: body.id } })
    const [person] = await database.db.select().from(people).where(eq(people.username, 'ada'))
    expect(person?.displayName).toBe('Ada Lovelace')
    const actions = (await database.db.select().from(auditEntries)).map(({ action }) => action)
    expect([actions[0], actions.at(-1)]).toEqual(['people.import-begun', 'people.import-finished'])
    expect(await verifyAudit(auditStore(database.db))).toMatchObject({ fault: null })
  })

  it('makes the groups and puts people into them', async () => {
    const { body } = await preview('username;groupes\nblaise;"A; B"\nada;A', { make_groups: true })
    await owner.change('imports.apply', { id: body.id })
    await work()
    const { items } = (await owner.read('groups.list')).body
    expect(items).toMatchObject([
      { name: 'A', members: 2 },
      { name: 'B', members: 1 },
    ])
  })

  it('passes over whoever changed since the dry run, and does the rest', async () => {
    const { body } = await preview('username;nom\nada;Ada L.\nblaise;Blaise\ncamille;Camille')
    const { version } = (await owner.read('people.show', { id: ada.id })).body
    await owner.change('people.edit', { id: ada.id, version, display_name: 'Countess' })
    await owner.change('people.create', { username: 'blaise' })
    await owner.change('imports.apply', { id: body.id })
    await work()
    const { items } = await linesOf(body.id)
    expect(items.map(({ state, reason }: { state: string; reason: string | null }) => [state, reason])).toEqual([
      ['passed-over', 'line-changed-meanwhile'],
      ['passed-over', 'line-changed-meanwhile'],
      ['applied', null],
    ])
    const [person] = await database.db.select().from(people).where(eq(people.username, 'ada'))
    expect(person?.displayName).toBe('Countess')
  })

  it('is taken up by another instance where one died half-way: nothing twice, nothing lost', async () => {
    const { body } = await preview(many(700))
    await owner.change('imports.apply', { id: body.id })
    expect(await world.deps.people.imports.work(new Date())).toBe('busy')
    // The next batch dies with everything done and nothing committed: its audit entries fail.
    const audit = auditLog({ store: auditStore(database.db), clock: systemClock })
    const dying = importStore(
      database.db,
      { ...audit, appendAll: () => Promise.reject(new Error('the process died')) },
      systemRandom,
      groupRules('any'),
    )
    await expect(dying.work(new Date())).rejects.toThrow('the process died')
    expect(await show(body.id)).toMatchObject({ state: 'applying', states: { pending: 450, applied: 250 } })
    await work(peopleWorld(other.db))
    expect(await show(body.id)).toMatchObject({ state: 'done', states: { pending: 0, applied: 700 } })
    expect(await usernames()).toHaveLength(702)
  })

  it('by many instances at once does each line once', async () => {
    const { body } = await preview(many(1200))
    await owner.change('imports.apply', { id: body.id })
    const instances = [world, peopleWorld(other.db), peopleWorld(other.db)]
    while ((await show(body.id)).state !== 'done') await Promise.all(instances.map((one) => work(one)))
    const made = await database.db.select().from(auditEntries).where(eq(auditEntries.action, 'person.created'))
    expect(new Set(made.map(({ subject }) => subject)).size).toBe(1200)
    expect(made).toHaveLength(1200)
  })

  it('leaves nothing of a person who is deleted afterwards but the username', async () => {
    const { body } = await preview('username;nom;email\nblaise;Blaise Pascal;b@example.org')
    await owner.change('imports.apply', { id: body.id })
    await work()
    const [line] = (await linesOf(body.id)).items
    const { version } = (await owner.read('people.show', { id: line.person })).body
    await owner.change('people.delete', { id: line.person, version, reason: 'asked to be' })
    expect((await linesOf(body.id)).items).toMatchObject([{ username: 'blaise', display_name: null, email: null }])
    const kept = await database.sql`SELECT * FROM people_import_lines`
    expect(JSON.stringify(kept)).not.toMatch(/Pascal|example\.org/)
  })

  it('of one plan by two at once begins once', async () => {
    const { body } = await preview(many(3))
    const both = await Promise.all([owner, owner].map((one) => one.change('imports.apply', { id: body.id })))
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409])
  })

  it('of an owner’s plan is not an enroller’s, who may give no role by a file either', async () => {
    const { body } = await preview('username;role\nx;auditor')
    expect((await enroller.change('imports.apply', { id: body.id })).body.reason).toBe('import-by-owner')
    const theirs = (await preview('username;role\nx;auditor\ny;\neve;', {}, enroller)).body
    expect(theirs.outcomes).toEqual({ create: 1, update: 0, unchanged: 1, refused: 1 })
    expect((await enroller.change('imports.apply', { id: theirs.id })).status).toBe(200)
    expect((await owner.change('imports.apply', { id: 'imp_none' })).body.reason).toBe('import-unknown')
  })

  it('of a plan older than a day is refused', async () => {
    const { body } = await preview(many(1))
    await database.sql`UPDATE people_imports SET created_at = now() - interval '25 hours'`
    const late = await owner.change('imports.apply', { id: body.id })
    expect([late.status, late.body.reason]).toEqual([410, 'import-too-old'])
  })
})
