import { eq } from 'drizzle-orm'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { apiTokens } from '../../../db/schema/api-tokens.ts'
import { people } from '../../../db/schema/people.ts'
import { type ScimWorld, scimWorld } from '../../support/scim.ts'

let world: ScimWorld

beforeAll(async () => {
  world = await scimWorld()
})
afterAll(() => world.database.drop())

const DAY_MS = 24 * 3_600_000
const SCIM = { name: 'Annuaire', permissions: ['scim.write'], hours: 90 * 24 }

it('a token is shown once, kept as a hash, and speaks for the person who made it', async () => {
  const owner = await world.administrator('owner', 'makes-tokens')
  const made = await owner.change('tokens/create', { name: ' Bot ', permissions: ['people.read'], hours: 24 })
  expect(made.status).toBe(200)
  const { token, item, scim_url } = made.body
  expect(scim_url).toBe('http://localhost:8080/scim/v2')
  expect(token).toMatch(/^pct_/)
  expect(item).toMatchObject({ name: 'Bot', permissions: ['people.read'], state: 'live', person: { id: owner.id } })
  expect(JSON.stringify(await world.db.select().from(apiTokens))).not.toContain(token)
  expect(JSON.stringify(await world.audited())).not.toContain(token)
  expect(JSON.stringify((await owner.read('tokens/list')).body)).not.toContain(token.slice(4))
  const me = await world.script(token).read('me/show')
  expect(me).toMatchObject({ status: 200, body: { id: owner.id, username: 'makes-tokens' } })
})

it('a token does only what it was given, and what its maker’s role holds now', async () => {
  const { owner, ...bot } = await world.token(['people.read', 'tokens.write'], 'falls')
  expect((await bot.read('tokens/list')).status).toBe(200)
  expect((await bot.scim('GET', '/Users')).status).toBe(403)
  await world.administrator('owner', 'stays')
  await world.db.update(people).set({ role: 'auditor' }).where(eq(people.id, owner.id))
  expect((await bot.read('tokens/list')).body).toMatchObject({ reason: 'not-permitted' })
  expect((await bot.read('me/show')).body).toMatchObject({ role: 'auditor' })
  await world.db.update(people).set({ role: 'person' }).where(eq(people.id, owner.id))
  expect((await bot.read('me/show')).body).toMatchObject({ status: 401, reason: 'invalid-token' })
})

it('only who provisions may hold a token for 90 days; any other lives a day at most', async () => {
  const owner = await world.administrator('owner', 'patient')
  expect((await owner.change('tokens/create', SCIM)).status).toBe(200)
  expect((await owner.change('tokens/create', { ...SCIM, hours: 90 * 24 + 1 })).status).toBe(400)
  const both = { ...SCIM, permissions: ['scim.write', 'people.read'] }
  const refused = await owner.change('tokens/create', { ...both, hours: 25 })
  expect(refused.body).toMatchObject({ status: 400, reason: 'token-too-long', most_hours: 24 })
  expect((await owner.change('tokens/create', { ...both, hours: 24 })).status).toBe(200)
})

it('a token makes no token, and a session makes one only with a young tap', async () => {
  const bot = await world.token(['tokens.write', 'scim.write'])
  expect((await bot.change('tokens/create', SCIM)).body).toMatchObject({ status: 403, reason: 'token-makes-no-token' })
  const sleepy = await world.administrator('owner', 'sleepy', 301)
  expect((await sleepy.change('tokens/create', SCIM)).body).toMatchObject({ reason: 'fresh-tap-required' })
})

it('nobody but an owner makes tokens', async () => {
  for (const role of ['enroller', 'supervisor', 'auditor'] as const) {
    const caller = await world.administrator(role, `no-tokens-${role}`)
    expect((await caller.change('tokens/create', SCIM)).body).toMatchObject({ status: 403, reason: 'not-permitted' })
    expect((await caller.read('tokens/list')).status).toBe(403)
  }
})

it.each([
  ['no permission', { ...SCIM, permissions: [] }],
  ['one that there is not', { ...SCIM, permissions: ['root'] }],
  ['a name of two lines', { ...SCIM, name: 'a\nb' }],
  ['a name that turns text around', { ...SCIM, name: 'a\u202eb' }],
  ['half an hour', { ...SCIM, hours: 0.5 }],
  ['less than nothing', { ...SCIM, hours: -1 }],
  ['a member that there is not', { ...SCIM, role: 'owner' }],
])('a token with %s is refused', async (_, input) => {
  const owner = await world.administrator('owner', `h${Math.random().toString(36).slice(2)}`)
  expect((await owner.change('tokens/create', input)).status).toBe(400)
})

it('a revoked token, an expired one and a suspended maker’s are refused at the next request', async () => {
  const [revoked, expired, suspended] = [await world.token(), await world.token(), await world.token()]
  for (const bot of [revoked, expired, suspended]) expect((await bot.scim('GET', '/Users?count=0')).status).toBe(200)
  expect((await revoked.owner.change('tokens/revoke', { id: revoked.id })).body.item.state).toBe('revoked')
  expect((await revoked.scim('GET', '/Users?count=0')).status).toBe(401)
  await world.db.update(people).set({ suspendedAt: new Date() }).where(eq(people.id, suspended.owner.id))
  expect((await suspended.scim('GET', '/Users?count=0')).status).toBe(401)
  world.time.nowMs += DAY_MS
  expect((await expired.scim('GET', '/Users?count=0')).status).toBe(401)
  world.time.nowMs -= DAY_MS
})

it('with a token its own maker’s are revoked, and nobody else’s: it stops no directory', async () => {
  const bot = await world.token(['tokens.write'], 'sweeps')
  const other = await world.token(['scim.write'], 'provisions')
  const refused = await bot.change('tokens/revoke', { id: other.id })
  expect(refused.body).toMatchObject({ status: 403, reason: 'token-of-another' })
  expect((await other.scim('GET', '/Users?count=0')).status).toBe(200)
  expect((await world.audited()).filter(({ subject }) => subject === other.id)).toHaveLength(1)
  expect((await bot.change('tokens/revoke', { id: 'tok_nothing' })).body).toMatchObject({ reason: 'token-unknown' })
  const own = (await bot.owner.change('tokens/create', SCIM)).body.item.id
  expect((await bot.change('tokens/revoke', { id: own })).body.item.state).toBe('revoked')
  // Whoever is in session with a tap revokes anybody's.
  expect((await bot.owner.change('tokens/revoke', { id: other.id })).body.item.state).toBe('revoked')
})

it('revoking is written down once, whoever asks again', async () => {
  const { owner, id } = await world.token()
  await Promise.all([owner.change('tokens/revoke', { id }), owner.change('tokens/revoke', { id })])
  await owner.change('tokens/revoke', { id })
  const entries = (await world.audited()).filter(({ subject }) => subject === id)
  expect(entries.map(({ action, actor }) => [action, actor])).toEqual([
    ['token.created', owner.id],
    ['token.revoked', owner.id],
  ])
  expect((await owner.change('tokens/revoke', { id: 'tok_nothing' })).body).toMatchObject({ reason: 'token-unknown' })
})

it('when a token was used last is written at most once a minute', async () => {
  const bot = await world.token()
  const lastUse = async () => {
    const [row] = await world.db.select().from(apiTokens).where(eq(apiTokens.id, bot.id))
    return row?.lastUsedAt?.getTime() ?? null
  }
  expect(await lastUse()).toBeNull()
  const first = world.time.nowMs
  await bot.scim('GET', '/Users?count=0')
  world.time.nowMs = first + 59_000
  await bot.scim('GET', '/Users?count=0')
  expect(await lastUse()).toBe(first)
  world.time.nowMs = first + 60_000
  await bot.scim('GET', '/Users?count=0')
  expect(await lastUse()).toBe(first + 60_000)
})

it('a change made with a token names the token in the audit log', async () => {
  const bot = await world.token(['people.write', 'people.read'])
  const made = await bot.change('people/create', { username: 'made-by-a-script' })
  expect(made.status).toBe(200)
  const entry = (await world.audited()).find(({ subject }) => subject === made.body.id)
  expect(entry?.actor).toBe(`${bot.owner.id}/${bot.id}`)
})

it('the list comes in pages, the newest first, each token once', async () => {
  const owner = await world.administrator('owner', 'many')
  for (let n = 0; n < 5; n += 1) await owner.change('tokens/create', { ...SCIM, name: `many ${n}` })
  const names: string[] = []
  for (let after: string | null = ''; after !== null; ) {
    const { body } = await owner.read('tokens/list', `?limit=2${after === '' ? '' : `&after=${after}`}`)
    names.push(...body.items.map(({ name }: { name: string }) => name))
    after = body.next
  }
  const all = await world.db.select().from(apiTokens)
  expect(names).toHaveLength(all.length)
  expect(new Set(names.filter((name) => name.startsWith('many '))).size).toBe(5)
  expect((await owner.read('tokens/list', '?after=tok_nothing')).body).toEqual({ items: [], next: null })
  expect((await owner.read('tokens/list', '?limit=0')).status).toBe(400)
})

it('the OpenAPI document is for administrators', async () => {
  const bot = await world.token(['people.read'])
  const { status, body } = await bot.read('openapi.json')
  expect(status).toBe(200)
  expect(body).toMatchObject({ openapi: '3.1.0', servers: [{ url: 'http://localhost:8080' }] })
  expect((await world.script('none').read('openapi.json')).status).toBe(401)
  expect((await world.call('GET', '/api/console/openapi.json', {})).status).toBe(401)
})
