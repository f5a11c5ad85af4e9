// Every cell of docs/reference/roles.md, over HTTP: each verb called as each role. What a verb does is replaced by a mark, so that what is
// tested is who gets there; who calls, the origin, the young tap, the second administrator and the token are all as they are served.
import { readFileSync } from 'node:fs'
import { Hono } from 'hono'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import {
  ADMINISTRATOR_ROLES,
  holds,
  PERMISSIONS,
  type Permission,
  SESSION_ONLY,
} from '../../../server/console/permissions.ts'
import type { ActDraft, LiveApiToken } from '../../../server/console/port.ts'
import { rolesReference } from '../../../server/console/roles-reference.ts'
import { type ConsoleRouteDeps, consoleRoutes, FRESH_TAP_SECONDS } from '../../../server/console/serve.ts'
import type { Verb, Weight } from '../../../server/console/verb.ts'
import { VERBS } from '../../../server/console/verbs.ts'
import { problemHandler } from '../../../server/errors/problem.ts'
import { jsonApi } from '../../../server/platform/json-api.ts'
import { systemRandom } from '../../../server/platform/random.ts'
import { hashToken, newToken } from '../../../server/platform/tokens.ts'
import { browserCookie } from '../../../server/sessions/browser.ts'
import { type IdSessionStore, type LiveIdSession, sessionCookie } from '../../../server/sessions/id-session.ts'
import { quietLog } from '../../support/enrolment.ts'

const ISSUER = 'http://localhost:8080'
const NOW = Date.parse('2026-11-23T09:00:00Z')
const ROLES = [...ADMINISTRATOR_ROLES, 'person'] as const
const CELLS = VERBS.flatMap((verb) => ROLES.map((role) => ({ verb, id: verb.id, role })))

/** The verbs as they are, but for what they do: a verb that runs answers 200 with its id. */
function marked(weightOf: (verb: Verb) => Weight): Verb[] {
  return VERBS.map((verb) => ({
    ...verb,
    input: z.looseObject({}),
    answer: z.object({ ran: z.string() }),
    weight: weightOf(verb),
    run: async () => ({ ran: verb.id }),
  }))
}

// Of those whose weight depends on what is asked, the lighter one.
const asWeighed = (verb: Verb): Weight => (typeof verb.weight === 'string' ? verb.weight : 'change')

function world(weightOf = asWeighed) {
  const sessions = new Map<string, LiveIdSession>()
  const tokens = new Map<string, LiveApiToken>()
  const acts: ActDraft[] = []
  const idSessions = { findLive: async (hash: string) => sessions.get(hash) ?? null } as unknown as IdSessionStore
  const clock = { now: () => NOW }
  const deps = {
    clock,
    random: systemRandom,
    log: quietLog,
    tokens: { findLive: async (hash: string) => tokens.get(hash) ?? null },
    acts: {
      request: async (_by: unknown, draft: ActDraft) => {
        acts.push(draft)
        return { act: 'act_1' }
      },
    },
  } as unknown as ConsoleRouteDeps
  const app = new Hono()
  const config = { issuer: ISSUER }
  app.onError(problemHandler(quietLog))
  app.use(
    '/api/*',
    jsonApi(config),
    browserCookie({ config, random: systemRandom }),
    sessionCookie({ config, clock, idSessions }),
  )
  app.route('/', consoleRoutes(deps, marked(weightOf)))

  /** The cookie of somebody who tapped so many seconds ago. */
  function signedIn(role: LiveIdSession['person']['role'], tappedSecondsAgo = 0, acr = 'phrh'): string {
    const value = newToken('idSession', systemRandom)
    const at = new Date(NOW - tappedSecondsAgo * 1000)
    sessions.set(hashToken(value), {
      hash: hashToken(value),
      personId: 'per_ada',
      credentialId: 'key_ada',
      authTime: at,
      acr,
      amr: ['hwk'],
      network: '192.0.2.0/24',
      userAgent: 'test',
      createdAt: at,
      expiresAt: new Date(NOW + 3_600_000),
      endsAt: null,
      person: { id: 'per_ada', username: 'ada', displayName: 'Ada', role },
    })
    return `palier_session=${value}`
  }
  function token(role: LiveApiToken['role'], permissions: readonly Permission[]): string {
    const value = newToken('consoleToken', systemRandom)
    tokens.set(hashToken(value), { id: 'tok_1', personId: 'per_ada', username: 'ada', role, permissions })
    return `Bearer ${value}`
  }
  async function call(verb: Verb, headers: Readonly<Record<string, string>>) {
    const isRead = verb.weight === 'read'
    const response = await app.request(`${ISSUER}/api/console/${verb.id.replace('.', '/')}`, {
      method: isRead ? 'GET' : 'POST',
      headers: { ...(isRead ? {} : { Origin: ISSUER, 'Content-Type': 'application/json' }), ...headers },
      ...(isRead ? {} : { body: '{}' }),
    })
    const body = (await response.json()) as { readonly ran?: string; readonly reason?: string; readonly act?: string }
    return { status: response.status, ...body }
  }
  return { signedIn, token, call, acts, app }
}

const changing = VERBS.filter((verb) => asWeighed(verb) === 'change' || asWeighed(verb) === 'grave')
const light = VERBS.filter((verb) => asWeighed(verb) === 'read' || asWeighed(verb) === 'ask')

describe('role × verb', () => {
  test.each(CELLS)('$id as $role', async ({ verb, role }) => {
    const { signedIn, call, acts } = world()
    const answer = await call(verb, { Cookie: signedIn(role) })
    if (role === 'person') expect(answer).toMatchObject({ status: 403, reason: 'administrators-only' })
    else if (!holds(role, verb.permission)) expect(answer).toMatchObject({ status: 403, reason: 'not-permitted' })
    else if (asWeighed(verb) === 'grave') {
      expect(answer).toMatchObject({ status: 202, act: 'act_1' })
      expect(acts).toMatchObject([{ verb: verb.id }])
    } else expect(answer).toMatchObject({ status: 200, ran: verb.id })
    if (!holds(role, verb.permission)) expect([answer.ran, acts]).toEqual([undefined, []])
  })

  test('the table of the documentation is the code’s', () => {
    const page = readFileSync(new URL('../../../docs/reference/roles.md', import.meta.url), 'utf8')
    expect(page, 'npm run docs').toBe(rolesReference())
    for (const verb of VERBS) expect(page).toContain(`| \`${verb.id}\` |`)
  })

  test('no two verbs share an address, and each is named noun.verb', () => {
    expect(new Set(VERBS.map(({ id }) => id)).size).toBe(VERBS.length)
    for (const { id } of VERBS) expect(id).toMatch(/^[a-z]+(?:-[a-z]+)*\.[a-z]+(?:-[a-z]+)*$/)
  })

  test('an owner holds everything, an auditor changes nothing', () => {
    expect(PERMISSIONS.filter((permission) => !holds('owner', permission))).toEqual([])
    // Taking something out is a change, of the log; an act is refused or taken back by whoever holds what it asks for.
    const theirs = changing.filter(({ id, permission }) => holds('auditor', permission) && !id.startsWith('acts.'))
    expect(theirs.filter(({ permission }) => !permission.startsWith('audit.'))).toEqual([])
  })

  test.each(['__proto__', 'constructor', 'Owner', ''])('a role called %j holds nothing', (role) => {
    expect(PERMISSIONS.filter((permission) => holds(role, permission))).toEqual([])
  })
})

describe('who calls', () => {
  test.each(VERBS.map((verb) => ({ verb, id: verb.id })))('$id needs a session', async ({ verb }) => {
    const { call } = world()
    expect(await call(verb, {})).toMatchObject({ status: 401, reason: 'signin-required' })
    expect(await call(verb, { Cookie: 'palier_session=nonsense' })).toMatchObject({ status: 401 })
  })

  test.each(VERBS.map((verb) => ({ verb, id: verb.id })))('$id is closed to a temporary pass', async ({ verb }) => {
    const { call, signedIn } = world()
    expect(await call(verb, { Cookie: signedIn('owner', 0, 'temporary') })).toMatchObject({
      status: 403,
      reason: 'key-required',
    })
  })

  test.each(changing.map((verb) => ({ verb, id: verb.id })))('$id needs a young tap', async ({ verb }) => {
    const { call, signedIn, acts } = world()
    expect(await call(verb, { Cookie: signedIn('owner', FRESH_TAP_SECONDS + 1) })).toMatchObject({
      status: 401,
      reason: 'fresh-tap-required',
    })
    expect(acts).toEqual([])
    expect((await call(verb, { Cookie: signedIn('owner', FRESH_TAP_SECONDS) })).status).toBeLessThan(300)
  })

  test.each(light.map((verb) => ({ verb, id: verb.id })))('$id does not', async ({ verb }) => {
    const { call, signedIn } = world()
    expect(await call(verb, { Cookie: signedIn('owner', 3_600) })).toMatchObject({ status: 200 })
  })
})

describe('a page of somebody else', () => {
  const posts = VERBS.filter(({ weight }) => weight !== 'read').map((verb) => ({ verb, id: verb.id }))
  test.each(posts)('$id cannot be called from it', async ({ verb }) => {
    const { call, signedIn, acts } = world()
    const Cookie = signedIn('owner')
    expect(await call(verb, { Cookie, Origin: 'https://evil.example' })).toMatchObject({
      status: 403,
      reason: 'foreign-origin',
    })
    expect(await call(verb, { Cookie, Origin: 'null' })).toMatchObject({ status: 403, reason: 'foreign-origin' })
    // A form of any page may send this one, without asking first.
    expect(await call(verb, { Cookie, 'Content-Type': 'text/plain' })).toMatchObject({ status: 415 })
    expect(acts).toEqual([])
  })

  test.each(posts)('$id is not reached by a GET', async ({ verb }) => {
    const { app, signedIn } = world()
    const path = `${ISSUER}/api/console/${verb.id.replace('.', '/')}`
    expect((await app.request(path, { headers: { Cookie: signedIn('owner') } })).status).toBe(404)
  })
})

describe('an API token', () => {
  test.each(VERBS.map((verb) => ({ verb, id: verb.id })))('$id with one', async ({ verb }) => {
    const { call, token } = world()
    const others = PERMISSIONS.filter((permission) => permission !== verb.permission)
    const given = await call(verb, { Authorization: token('owner', [verb.permission]) })
    // Roles are given by people: a token that was given that permission once does not hold it.
    if (SESSION_ONLY.includes(verb.permission)) expect(given).toMatchObject({ status: 403, reason: 'not-permitted' })
    else expect(given.status).toBeLessThan(300)
    // Scoped: what it was not given it does not do, whoever made it.
    expect(await call(verb, { Authorization: token('owner', others) })).toMatchObject({
      status: 403,
      reason: 'not-permitted',
    })
    // Whoever made it may hold less by now.
    for (const role of ADMINISTRATOR_ROLES)
      if (!holds(role, verb.permission))
        expect(await call(verb, { Authorization: token(role, PERMISSIONS) })).toMatchObject({ status: 403 })
  })

  test.each(['Bearer ', 'Bearer x', 'Basic YWRhOmFkYQ==', `Bearer ${'x'.repeat(4_000)}`, ''])(
    'what is not one is refused, whoever’s cookie comes with it: %j',
    async (Authorization) => {
      const { call, signedIn } = world()
      for (const verb of VERBS)
        expect(await call(verb, { Authorization, Cookie: signedIn('owner') })).toMatchObject({
          status: 401,
          reason: 'invalid-token',
        })
    },
  )

  test('one that is not known is refused', async () => {
    const { call } = world()
    const Authorization = `Bearer ${newToken('consoleToken', systemRandom)}`
    for (const verb of VERBS) expect(await call(verb, { Authorization })).toMatchObject({ status: 401 })
  })
})
