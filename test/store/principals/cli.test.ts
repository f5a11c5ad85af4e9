import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eq } from 'drizzle-orm'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { services } from '../../../db/schema/services.ts'
import { revocations } from '../../../db/schema/sessions.ts'
import type { OpenCli } from '../../../server/cli/context.ts'
import { serviceCommand } from '../../../server/cli/service.ts'
import { loadConfig } from '../../../server/config/load.ts'
import { systemClock } from '../../../server/platform/clock.ts'
import { systemRandom } from '../../../server/platform/random.ts'
import { sealPlace } from '../../../server/platform/seal-columns.ts'
import { openSealer } from '../../../server/platform/seal-sealer.ts'
import { hashToken, isToken } from '../../../server/platform/tokens.ts'
import { type TestDatabase, testDatabase } from '../../support/database.ts'
import { quietLog } from '../../support/enrolment.ts'
import { insertPerson } from '../../support/people.ts'
import { printedBy } from '../../support/printed.ts'

const SECRET = 'a secret of the tests, long enough to be one'
const HOMESERVER_TOKEN = 'syt_the_homeservers_own_token'
const folder = mkdtempSync(join(tmpdir(), 'palier-service-'))
const file = join(folder, 'token')
let database: TestDatabase
let open: OpenCli

beforeAll(async () => {
  database = await testDatabase()
  writeFileSync(file, `${HOMESERVER_TOKEN}\n`)
  await insertPerson(database.db, { username: 'camille' })
  const loaded = loadConfig({ PALIER_SERVER_NAME: 'example.org' }, undefined)
  if (!loaded.ok) throw new Error('the configuration of the test')
  const { config } = loaded
  const { db, sql } = database
  const sealer = openSealer({ secrets: [SECRET] })
  const context = { config, db, sql, sealer, clock: systemClock, random: systemRandom, log: quietLog }
  open = Object.assign(async () => context, { config: () => config, notes: () => [] })
})
afterAll(async () => {
  rmSync(folder, { recursive: true })
  await database.drop()
})

/** Runs the command as `palier` does; resolves with what it printed. */
const run = (...args: string[]) => printedBy(() => serviceCommand(open).parseAsync(args.slice(1), { from: 'user' }))
const add = (name: string, ...more: string[]) =>
  run(
    'service',
    'add',
    name,
    ...['--user', '@bot:example.org', '--token-file', file, '--sponsor', 'camille'],
    ...(more.includes('--network') ? more : ['--network', '192.0.2.0/24', ...more]),
  )
const stored = async (name: string) => (await database.db.select().from(services).where(eq(services.name, name)))[0]

it('prints the service’s token once and keeps its hash; the homeserver’s is sealed to its row', async () => {
  const token = await add(
    'bridge',
    ...['--room', '!a:example.org', '!b:example.org', '--acts-for', '@_irc_*:example.org', '--limit', 'archive=5000'],
    ...['--days', '30'],
  )
  expect(isToken('serviceToken', token)).toBe(true)
  const row = await stored('bridge')
  expect(row).toMatchObject({
    tokenHash: hashToken(token),
    userId: '@bot:example.org',
    namespace: ['@_irc_*:example.org'],
    networks: ['192.0.2.0/24'],
    rooms: ['!a:example.org', '!b:example.org'],
    limits: { archive: 5000 },
  })
  expect((row?.expiresAt.getTime() ?? 0) - (row?.createdAt.getTime() ?? 0)).toBe(30 * 86_400_000)
  const sealer = openSealer({ secrets: [SECRET] })
  const place = sealPlace('services', row?.id ?? '')
  expect(sealer.open('homeserver-token', place, row?.homeserverToken ?? '')).toBe(HOMESERVER_TOKEN)
  const listed = await run('service', 'list')
  expect(listed).toMatch(/^bridge\t@bot:example\.org\tactive\tsponsor camille\t192\.0\.2\.0\/24\t2 rooms\tnever used/)
  expect(listed).not.toContain(token)
  expect(await run('service', 'renew', 'bridge')).toMatch(/\/me#services$/)
})

it('revokes it for good, and tells the running processes', async () => {
  await add('bot')
  const id = (await stored('bot'))?.id ?? ''
  expect(await run('service', 'revoke', 'bot')).toBe('bot is revoked.')
  expect(await run('service', 'revoke', 'bot')).toBe('bot was revoked already.')
  expect(await stored('bot')).toMatchObject({ endedReason: 'revoked', homeserverToken: null })
  expect(await database.db.select().from(revocations).where(eq(revocations.subject, id))).toHaveLength(1)
  await expect(run('service', 'renew', 'bot')).rejects.toThrow(/was revoked/)
})

it.each([
  ['a name with capitals', ['Bot'], /name: got "Bot"; wants/],
  ['a user of another homeserver', ['a', '--user', '@bot:other.example'], /--user: got .*; wants/],
  ['a network that is none', ['a', '--network', '192.0.2.0/99'], /--network: got .* wants an address, or a range/],
  ['a room’s alias', ['a', '--room', '#alias:example.org'], /--room: got .* wants a room’s id/],
  ['every user', ['a', '--acts-for', '*'], /--acts-for: got .*; wants/],
  ['users of elsewhere', ['a', '--acts-for', '@_irc_*:other.example'], /--acts-for: got .*; wants/],
  ['a star in the middle', ['a', '--acts-for', '@_*_irc:example.org'], /--acts-for: got .*; wants/],
  ['an unknown meter', ['a', '--limit', 'everything=1'], /--limit: got .*; wants/],
  ['a negative limit', ['a', '--limit', 'archive=-1'], /--limit: got .*; wants/],
  ['for ever', ['a', '--days', '91'], /--days: got .*; wants/],
  ['an unknown sponsor', ['a', '--sponsor', 'nobody'], /no user "nobody"/],
  ['a file that is not there', ['a', '--token-file', '/nowhere'], /there is no such file/],
])('refuses %s in words', async (_, args, words) => {
  await expect(add(...(args as [string, ...string[]]))).rejects.toThrow(words)
  expect(await stored('a')).toBeUndefined()
})

it('refuses a name that is taken, and a file with more than a token', async () => {
  await expect(add('bridge')).rejects.toThrow(/is taken/)
  const other = join(folder, 'more')
  writeFileSync(other, 'two words here')
  await expect(add('b', '--token-file', other)).rejects.toThrow(/wants one token/)
})
