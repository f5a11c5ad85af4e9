// The policy commands as an operator types them.
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eq } from 'drizzle-orm'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { acts } from '../../../db/schema/acts.ts'
import { people } from '../../../db/schema/people.ts'
import { COMPILED } from '../../support/compiled.ts'
import { type TestDatabase, testDatabase } from '../../support/database.ts'
import { insertPerson } from '../../support/people.ts'
import { type Ran, typed } from '../../support/typed.ts'

const MAIN = new URL('../../../server/cli/main.ts', import.meta.url).pathname

let database: TestDatabase
let folder: string
beforeAll(async () => {
  database = await testDatabase()
  folder = mkdtempSync(join(tmpdir(), 'palier-policy-'))
})
afterAll(async () => {
  await database.drop()
  rmSync(folder, { recursive: true })
})

const settings = () => ({ PALIER_DATABASE_URL: database.url, PALIER_DATA_DIR: folder })
const palier = (...words: string[]) => typed(settings(), ...words)

/** The same as a process of its own. */
function program(...words: string[]): Promise<Ran> {
  const env = { ...COMPILED, PATH: process.env['PATH'], ...settings() }
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...words], { env }, (error, out, said) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, out, said })
    })
  })
}

const file = (name: string, text: string) => {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

it('a policy goes from its file into force, and a second file made from the old one is shown what it would undo', async () => {
  const shown = await program('policy', 'show', '--yaml')
  expect(shown.said).toBe('')
  const one = file('one.yaml', shown.out.replace('first_sync: 10000', 'first_sync: 5000'))
  const other = file('other.yaml', shown.out.replace('give_backs: 2', 'give_backs: 1'))
  expect((await palier('policy', 'diff', one)).out).toBe('~ first_sync: 10000 → 5000\n')
  const applied = await palier('policy', 'apply', one, '--reason', 'smaller first syncs')
  expect(applied).toMatchObject({ code: 0, out: expect.stringContaining('Version 1 is in force') })
  const conflict = await program('policy', 'apply', other, '--reason', 'fewer give-backs')
  expect(conflict).toMatchObject({ code: 1, out: '' })
  expect(conflict.said).toContain('made from version 0, and version 1 is in force, by cli')
  expect(conflict.said).toContain('~ first_sync: 5000 → 10000 (lets more be read)')
  expect(conflict.said).toContain('based_on: 1')
  writeFileSync(
    other,
    readFileSync(one, 'utf8').replace('based_on: 0', 'based_on: 1').replace('give_backs: 2', 'give_backs: 1'),
  )
  expect((await palier('policy', 'apply', other, '--reason', 'fewer give-backs')).out).toContain('~ give_backs: 2 → 1')
  expect(await palier('policy', 'apply', one, '--reason', 'again')).toMatchObject({ code: 1 })
  // A file that is in force already, made from an older version: nothing to bring together.
  const twice = file('twice.yaml', readFileSync(other, 'utf8').replace('based_on: 1', 'based_on: 0'))
  expect(await palier('policy', 'apply', twice, '--reason', 'again')).toMatchObject({
    code: 0,
    out: expect.stringContaining('Nothing to do: version 2 says the same'),
  })
  expect((await palier('policy', 'diff', twice)).said).toContain('changes nothing: it says the same as version 2')
  expect((await palier('policy', 'history')).out.split('\n').map((line) => line.split('\t').at(-1))).toEqual([
    'fewer give-backs',
    'smaller first syncs',
    '',
  ])
})

it('a file with mistakes changes nothing, and tells them all', async () => {
  const bad = file(
    'bad.yaml',
    'first_sync: -1\nrooms: { limit: many }\nexemptions: [{ group: Nobody, until: 2030-01-01, reason: because }]\n',
  )
  const { code, said } = await palier('policy', 'apply', bad, '--reason', 'a mistake')
  expect(code).toBe(2)
  expect(said).toContain(`${bad} has 3 mistakes`)
  for (const place of ['1:13 first_sync', '2:17 rooms.limit', '3:23 exemptions[0].group'])
    expect(said).toContain(`${bad}:${place}`)
})

it('the emergency level is switched by its own command, and by no file', async () => {
  const before = (await palier('policy', 'show', '--yaml')).out
  expect((await palier('policy', 'emergency', 'on', '--reason', 'a drill')).out).toContain(
    'nobody reads history without a tap',
  )
  expect((await palier('policy', 'show')).out).toContain('EMERGENCY since')
  const without = file('without.yaml', before.replace(/based_on: \d+\n/, '').replace('give_backs: 1', 'give_backs: 0'))
  expect(await palier('policy', 'apply', without, '--reason', 'fewer still')).toMatchObject({ code: 0 })
  expect((await palier('policy', 'show')).out).toContain('EMERGENCY since')
  const ending = file('ending.yaml', 'emergency: null\n')
  expect(await palier('policy', 'apply', ending, '--reason', 'end it')).toMatchObject({
    code: 2,
    said: expect.stringContaining('palier policy emergency on|off'),
  })
  // Nobody has a key yet: what lets more be read is applied by who says so, and by nobody else.
  expect(await palier('policy', 'emergency', 'off', '--reason', 'over')).toMatchObject({
    code: 2,
    said: expect.stringContaining('--first'),
  })
  expect((await palier('policy', 'emergency', 'off', '--reason', 'over', '--first')).code).toBe(0)
  expect((await palier('policy', 'show')).out).not.toContain('EMERGENCY')
})

it('what lets more be read is one person’s to apply only until an owner has a key; then two sign it', async () => {
  const wide = file('wide.yaml', 'first_sync: 60000\n')
  const apply = (...more: string[]) => palier('policy', 'apply', wide, '--reason', 'a longer absence', ...more)
  const number = async () => (await palier('policy', 'history', '--limit', '1')).out.split('\t')[0]
  const before = await number()
  expect(await apply()).toMatchObject({ code: 2, said: expect.stringContaining('--first') })
  const owner = await insertPerson(database.db)
  await database.db.update(people).set({ role: 'owner' }).where(eq(people.id, owner.id))
  expect(await apply()).toMatchObject({ code: 2, said: expect.stringContaining('--by USERNAME') })
  expect(await apply('--first')).toMatchObject({ code: 2, said: expect.stringContaining('before any owner') })
  const stranger = await insertPerson(database.db)
  expect(await apply('--by', stranger.username)).toMatchObject({
    code: 2,
    said: expect.stringContaining('not an owner in good standing'),
  })
  const asked = await apply('--by', owner.username)
  expect(asked).toMatchObject({ code: 0, out: expect.stringMatching(/^http:\/\/localhost:8080\/console\/acts\/act_/) })
  expect(asked.said).toContain('~ first_sync')
  expect(await number()).toBe(before)
  const [act] = await database.db.select().from(acts)
  expect(act).toMatchObject({ verb: 'policy.apply', state: 'requested', requestedBy: owner.id })
  expect(JSON.parse(act?.intent ?? '')).toMatchObject({
    input: { based_on: Number(before), document: { first_sync: 60000 }, reason: 'a longer absence' },
  })
  // What tightens still is.
  const tight = file(
    'tight.yaml',
    (await palier('policy', 'show', '--yaml')).out.replace(/first_sync: \d+/, 'first_sync: 4000'),
  )
  expect((await palier('policy', 'apply', tight, '--reason', 'less')).code).toBe(0)
})

it('an outage is asked for by an administrator and is nothing until two have tapped', async () => {
  expect(
    await palier('policy', 'outage', 'request', '--hours', '2', '--reason', 'the database is down', '--by', 'ada'),
  ).toMatchObject({ code: 1 })
  await palier('group', 'add', 'Administrators')
  expect((await palier('user', 'add', 'ada', '--owner', '--group', 'Administrators')).code).toBe(0)
  expect((await palier('group', 'members', 'Administrators')).out).toMatch(/^ada\t/)
  expect(
    await palier('policy', 'outage', 'request', '--hours', '25', '--reason', 'too long', '--by', 'ada'),
  ).toMatchObject({ code: 2 })
  const asked = await palier(
    'policy',
    'outage',
    'request',
    '--hours',
    '2',
    '--reason',
    'the database is down',
    '--by',
    'ada',
  )
  expect(asked.out).toMatch(/^http:\/\/localhost:8080\/console\/release\/rel_/)
  expect((await palier('policy', 'show')).out).not.toContain('OUTAGE')
  expect((await palier('policy', 'outage', 'list')).out).toMatch(/\trequested\t/)
  expect((await palier('policy', 'outage', 'end')).out).toContain('Ended')
  expect((await palier('policy', 'outage', 'list')).out).toMatch(/\twithdrawn\t/)
})
