import { Hono } from 'hono'
import { beforeEach, describe, expect, it } from 'vitest'
import { Refusal } from '../../../server/errors/failure.ts'
import { enrolmentRoutes } from '../../../server/people/routes.ts'
import { ensureSetupLink } from '../../../server/people/tickets.ts'
import { type RegistrationOptions, SoftwareAuthenticator } from '../../support/authenticator.ts'
import { testDatabase } from '../../support/database.ts'
import { enrolmentWorld } from '../../support/enrolment.ts'

const ORIGIN = 'http://localhost:8080'

describe('the enrolment API', () => {
  let world: ReturnType<typeof enrolmentWorld>
  let app: Hono
  let cookies: Map<string, string>

  beforeEach(async () => {
    const database = await testDatabase()
    world = enrolmentWorld(database)
    cookies = new Map()
    app = new Hono()
    app.route('/', enrolmentRoutes(world.deps))
    app.onError((error, c) => {
      if (error instanceof Refusal) return c.json({ reason: error.reason }, error.status)
      throw error
    })
    return () => database.drop()
  })

  async function call(verb: string, body: unknown, headers: Record<string, string> = {}) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await app.request(`${ORIGIN}/api/enrol/${verb}`, {
      method: 'POST',
      headers: {
        Origin: ORIGIN,
        'Content-Type': 'application/json',
        ...(cookie ? { Cookie: cookie } : {}),
        ...headers,
      },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
    for (const set of response.headers.getSetCookie()) {
      const [name = '', value = ''] = (set.split(';')[0] ?? '').split('=')
      cookies.set(name, value)
      expect(set).toMatch(/HttpOnly/i)
    }
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }

  const register = async (ticket: string, key: SoftwareAuthenticator, extra: object = {}) => {
    const { body } = await call('options', { ticket, ...extra })
    return call('verify', {
      ticket,
      ceremony: body.ceremony,
      response: key.register(body.options as RegistrationOptions),
      name: 'Blue key',
      ...extra,
    })
  }

  it('sets the first administrator up and takes a second key from the same browser only', async () => {
    const url = (await ensureSetupLink(world.deps)) as string
    const ticket = url.slice(url.lastIndexOf('/') + 1)
    const context = await call('context', { ticket })
    expect(context).toEqual({
      status: 200,
      body: {
        kind: 'setup',
        policy: 'any',
        platform_allowed: true,
        min_keys: 1,
        keys: 0,
        uses_left: 1,
        expires_at: expect.any(String),
      },
    })
    const named = { username: 'anne', display_name: 'Anne' }
    const first = await register(ticket, new SoftwareAuthenticator(), named)
    expect(first).toEqual({
      status: 200,
      body: { credential: { id: expect.stringMatching(/^key_/), name: 'Blue key' }, keys: 1 },
    })
    expect((await call('context', { ticket })).body).toMatchObject({
      kind: 'second',
      keys: 1,
      person: { username: 'anne', display_name: 'Anne' },
    })
    expect(await register(ticket, new SoftwareAuthenticator())).toMatchObject({ status: 200, body: { keys: 2 } })
    expect(await call('context', { ticket })).toEqual({ status: 410, body: { reason: 'ticket-used' } })
  })

  it('takes a ceremony only from the browser that began it', async () => {
    const { token: ticket } = await world.ticketFor((await world.person('alice')).id)
    const { body } = await call('options', { ticket })
    const response = new SoftwareAuthenticator().register(body.options as RegistrationOptions)
    cookies.clear()
    const stolen = await call('verify', { ticket, ceremony: body.ceremony, response, name: 'x' })
    expect(stolen).toEqual({ status: 422, body: { reason: 'unknown-ceremony' } })
  })

  it('refuses foreign pages and bodies that are not what it wants', async () => {
    expect(await call('context', { ticket: 'x' }, { Origin: 'https://evil.example' })).toMatchObject({ status: 403 })
    expect(await call('context', { ticket: 'x' }, { 'Content-Type': 'text/plain' })).toMatchObject({ status: 415 })
    expect(await call('context', '{')).toMatchObject({ status: 400 })
    expect(await call('context', { ticket: 5 })).toMatchObject({ status: 400 })
    expect(await call('context', { ticket: 'x'.repeat(70_000) })).toMatchObject({ status: 413 })
    expect(await call('context', { ticket: 'pet_unknown' })).toEqual({
      status: 404,
      body: { reason: 'ticket-unknown' },
    })
  })
})
