// A homeserver's authorization request, bound to what the gateway began: whom it is for, and what its code is joined to.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { devices } from '../../../db/schema/sessions.ts'
import { bindingsStore } from '../../../db/stores/bindings.ts'
import { systemRandom } from '../../../server/platform/random.ts'
import { hashToken, newToken } from '../../../server/platform/tokens.ts'
import type { SoftwareAuthenticator } from '../../support/authenticator.ts'
import { type TestDatabase, testDatabase } from '../../support/database.ts'
import { basic, type Provider, party, postForm, provider } from '../../support/provider.ts'

const REDIRECT = 'http://localhost:9/callback'
const HOMESERVER = 'http://localhost:9/_synapse/client/oidc/callback'
let database: TestDatabase
let id: Provider
let alice: { key: SoftwareAuthenticator; credentialId: string }
let rp: ReturnType<typeof party>
let synapse: ReturnType<typeof party>

beforeAll(async () => {
  database = await testDatabase()
  id = await provider(database)
  alice = await id.person('alice')
  await id.register({ clientId: 'rp', name: 'A party', secret: 'secret', redirectUris: [REDIRECT] })
  await id.register({
    clientId: 'synapse',
    name: 'Matrix',
    secret: 'secret',
    redirectUris: [HOMESERVER],
    serverName: 'example.org',
  })
  rp = party(id, { clientId: 'rp', redirectUri: REDIRECT })
  synapse = party(id, { clientId: 'synapse', redirectUri: HOMESERVER })
})

afterAll(async () => {
  await id.close()
  await database.drop()
})

const store = () => bindingsStore(database.db)
const common = { serverName: 'example.org', network: '192.0.2.0/24', client: 'Element' }
let count = 0

async function login() {
  const state = `login-${count++}`
  await store().beginLogin({
    ...common,
    hash: hashToken(`nonce ${state}`),
    redirectUrl: 'https://chat.example/',
    browserHash: 'gateway browser',
    stateHash: hashToken(state),
  })
  return state
}

/** Begun by a device of Alice's. */
async function uia() {
  const state = `uia-${count++}`
  await synapse.code(alice.key, { state: await login() })
  const [{ id: sid } = { id: '' }] = await database.sql<{ id: string }[]>`
    select id from sids where client_id = 'synapse' and person_id = 'per_alice' order by created_at desc limit 1`
  const device = newToken('device', systemRandom)
  const now = new Date()
  await database.db.insert(devices).values({
    id: device,
    serverName: 'example.org',
    userId: '@alice:example.org',
    deviceId: 'PHONE',
    personId: 'per_alice',
    credentialId: alice.credentialId,
    sid,
    acr: 'phr',
    amr: [],
    authTime: now,
    client: 'Element',
    network: common.network,
    refreshes: false,
    createdAt: now,
    lastActiveAt: now,
    lastTapAt: now,
    expiresAt: new Date(now.getTime() + 3_600_000),
  })
  await store().beginUia({
    ...common,
    hash: hashToken(state),
    action: 'delete-devices',
    actionSubject: 'LAPTOP',
    targetHash: 'target',
    device,
  })
  expect(await store().openUia(hashToken(state), common.network, 'gateway browser', hashToken(state))).toBe(true)
  return { state, device }
}

test.each([
  ['of an unknown state', { state: 'invented' }],
  ['without a state', { state: null }],
])('a homeserver’s request %s is not served', async (_, extra) => {
  const { params, transaction } = await synapse.begin(extra as Record<string, string | null>)
  expect(transaction).toBe('')
  expect(params.has('code')).toBe(false)
})

test('a homeserver’s request always asks for a tap, names what it is for, and joins its code to what was begun', async () => {
  const { chrome } = await rp.code(alice.key)
  const state = await login()
  const begun = await synapse.begin({ state }, chrome)
  const { body: context } = await chrome.post('/api/signin/context', { transaction: begun.transaction })
  expect(context).toMatchObject({ client_name: 'Matrix', purpose: { kind: 'login' }, force_tap: true })
  const { body } = await chrome.tap(alice.key, begun.transaction)
  const code = new URL(body.redirect).searchParams.get('code') ?? ''
  expect(await store().complete(hashToken(state), hashToken('another code'), 'gateway browser')).toBeNull()
  expect(await store().complete(hashToken(state), hashToken(code), 'another browser')).toBeNull()
  const completed = await store().complete(hashToken(state), hashToken(code), 'gateway browser')
  const tokens = await postForm(
    `${id.issuer}/oidc/token`,
    synapse.fields({ code, verifier: begun.verifier }),
    basic('synapse', 'secret'),
  )
  const claims = JSON.parse(atob(tokens.body.id_token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/')))
  expect(completed).toMatchObject({ purpose: 'login', sid: claims.sid })
})

test('a homeserver’s request serves one code a state', async () => {
  const state = await login()
  await synapse.code(alice.key, { state })
  expect((await synapse.begin({ state })).transaction).toBe('')
})

test('a homeserver’s request that waits twice for one state gives one code', async () => {
  const state = await login()
  const [one, two] = [await synapse.begin({ state }), await synapse.begin({ state })]
  expect((await one.chrome.tap(alice.key, one.transaction)).status).toBe(200)
  expect(await two.chrome.tap(alice.key, two.transaction)).toMatchObject({
    status: 410,
    body: { reason: 'sign-in-not-started-here' },
  })
})

test('a confirmation for a device says what for, and takes the tap of its owner only', async () => {
  const { state, device } = await uia()
  const bob = await id.person(`bob${count}`)
  const begun = await synapse.begin({ state })
  const { body: context } = await begun.chrome.post('/api/signin/context', { transaction: begun.transaction })
  expect(context.purpose).toEqual({ kind: 'uia', action: 'delete-devices', subject: 'LAPTOP', device })
  const { body: asked } = await begun.chrome.post('/api/signin/options', {
    transaction: begun.transaction,
    username: bob.person.username,
  })
  expect(asked.options.allowCredentials).toEqual([
    expect.objectContaining({ id: Buffer.from(alice.key.credentialId).toString('base64url') }),
  ])
  expect((await begun.chrome.tap(bob.key, begun.transaction)).status).toBe(401)
  expect(await store().uiaState(hashToken(state), device, 'target')).toBe('waiting')
  const { status, body } = await begun.chrome.tap(alice.key, begun.transaction)
  expect(status).toBe(200)
  const code = new URL(body.redirect).searchParams.get('code') ?? ''
  expect(await store().complete(hashToken(state), hashToken(code), 'gateway browser')).toMatchObject({
    purpose: 'uia',
    action: 'delete-devices',
  })
})

test('a homeserver’s request cannot be answered silently', async () => {
  const { chrome } = await rp.code(alice.key)
  const { params } = await synapse.begin({ state: await login(), prompt: 'none' }, chrome)
  expect(params.get('error')).toBe('login_required')
})
