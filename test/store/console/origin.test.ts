// The console at an address of its own: the same keys, other cookies, and nothing of it left at the issuer's address.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type AssertionOptions, type RegistrationOptions, SoftwareAuthenticator } from '../../support/authenticator.ts'
import { startIdServer } from '../../support/id-server.ts'

let server: Awaited<ReturnType<typeof startIdServer>>
let issuer = ''
let console = ''
const key = new SoftwareAuthenticator()

/** A browser at one of the two addresses: cookies are of the host that set them. */
function browserAt(origin: string) {
  const cookies = new Map<string, string>()
  async function send(path: string, init: RequestInit = {}): Promise<Response> {
    const Cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await server.fetch(
      new Request(`${origin}${path}`, { redirect: 'manual', ...init, headers: { Cookie, ...init.headers } }),
    )
    for (const set of response.headers.getSetCookie()) {
      expect(set).not.toMatch(/domain=/i)
      const [name = '', value = ''] = (set.split(';')[0] ?? '').split('=')
      cookies.set(name, value)
    }
    return response
  }
  async function post(path: string, body: unknown, headers: Record<string, string> = {}) {
    const response = await send(path, {
      method: 'POST',
      headers: { Origin: origin, 'Content-Type': 'application/json', ...headers },
      body: JSON.stringify(body),
    })
    return { status: response.status, body: (await response.json().catch(() => null)) as Record<string, unknown> }
  }
  async function signIn(tappedAt = origin) {
    const { body } = await post('/api/signin/options', { username: 'ada' })
    const { ceremony, options } = body as unknown as { ceremony: string; options: AssertionOptions }
    return post('/api/signin/verify', { ceremony, response: key.assert(options, { origin: tappedAt }) })
  }
  const status = async (path: string) => (await send(path)).status
  return { send, post, signIn, status, cookies }
}

beforeAll(async () => {
  server = await startIdServer((port) => ({
    PALIER_ISSUER: `http://id.palier.localhost:${port}`,
    PALIER_CONSOLE_URL: `http://console.palier.localhost:${port}`,
    PALIER_RP_ID: 'palier.localhost',
  }))
  issuer = server.ground.config.issuer
  console = server.ground.config.consoleUrl ?? ''
  const ada = await server.person('ada', 'owner')
  const at = browserAt(issuer)
  const ticket = ada.link.split('/').at(-1)
  expect(ada.link.startsWith(`${issuer}/enrol/`)).toBe(true)
  const { body } = await at.post('/api/enrol/options', { ticket })
  const { ceremony, options } = body as unknown as { ceremony: string; options: RegistrationOptions }
  const response = key.register(options, { origin: issuer })
  expect(await at.post('/api/enrol/verify', { ticket, ceremony, response, name: 'Key' })).toMatchObject({ status: 200 })
})
afterAll(() => server.close())

describe('the console’s own address', () => {
  it('signs in with a key that was enrolled at the issuer’s, under cookies of its own', async () => {
    const desk = browserAt(console)
    expect(await desk.status('/console')).toBe(200)
    expect(await desk.status('/console/people/per_x')).toBe(200)
    expect(await desk.status('/console/release')).toBe(200)
    expect((await desk.send('/api/console/me/show')).status).toBe(401)
    expect(await desk.signIn()).toMatchObject({ status: 200 })
    const me = await desk.send('/api/console/me/show')
    expect([me.status, await me.json()]).toMatchObject([200, { username: 'ada', role: 'owner' }])
    // That session is nobody's at the issuer: its cookie was never sent there.
    expect(await browserAt(issuer).post('/api/me/context', {})).toMatchObject({ status: 401 })
  })

  it('changes things only for its own pages', async () => {
    const desk = browserAt(console)
    await desk.signIn()
    for (const Origin of [issuer, 'https://evil.example', 'null'])
      expect(await desk.post('/api/console/tokens/create', {}, { Origin })).toMatchObject({
        status: 403,
        body: { reason: 'foreign-origin' },
      })
    // Let in, and then found wanting: the input is empty.
    expect(await desk.post('/api/console/tokens/create', {})).toMatchObject({
      status: 400,
      body: { reason: 'bad-request' },
    })
  })

  it('refuses a tap that was made for the issuer’s page, and the issuer one that was made here', async () => {
    expect(await browserAt(console).signIn(issuer)).toMatchObject({ status: 401, body: { reason: 'tap-refused' } })
    expect(await browserAt(issuer).signIn(console)).toMatchObject({ status: 401, body: { reason: 'tap-refused' } })
  })

  it('ends its session alone when somebody signs out there', async () => {
    const [desk, own] = [browserAt(console), browserAt(issuer)]
    await desk.signIn()
    await own.signIn()
    expect((await desk.post('/api/signout', {})).status).toBe(200)
    expect((await desk.send('/api/console/me/show')).status).toBe(401)
    expect((await own.post('/api/me/context', {})).status).toBe(200)
  })

  it('is the console and no more', async () => {
    const desk = browserAt(console)
    for (const path of ['/approve/apv_x', '/.well-known/openid-configuration', '/authorize', '/api/me/events'])
      expect(await desk.status(path), path).toBe(404)
    expect((await desk.post('/api/approvals/context', { approval: 'x' })).status).toBe(404)
    expect((await desk.post('/api/me/context', {})).status).toBe(404)
    expect((await desk.send('/')).headers.get('Location')).toBe('/console')
    expect((await desk.send('/me')).headers.get('Location')).toBe(`${issuer}/me`)
  })

  it('is where what two administrators sign is signed', async () => {
    const desk = browserAt(console)
    await desk.signIn()
    const asked = await desk.post('/api/releases/request', { typ: 'enforcement-off', hours: 1, reason: 'Outage' })
    expect(asked.status).toBe(200)
    const { release } = asked.body as { release: string }
    const context = await desk.post('/api/releases/context', { release })
    const intent = String(context.body.intent)
    expect(JSON.parse(intent)).toMatchObject({ iss: console })
    const { body } = await desk.post('/api/releases/options', { release, intent })
    const { ceremony, options } = body as unknown as { ceremony: string; options: AssertionOptions }
    const response = key.assert(options, { origin: console })
    expect(await desk.post('/api/releases/verify', { release, intent, ceremony, response })).toMatchObject({
      status: 200,
      body: { state: 'awaiting-second' },
    })
  })
})

describe('the issuer’s address', () => {
  it('refuses the console, its API and its releases, also to an owner who is signed in', async () => {
    const own = browserAt(issuer)
    expect(await own.signIn()).toMatchObject({ status: 200 })
    for (const path of ['/console', '/console/people', '/console/release', '/api/console/me/show'])
      expect(await own.status(path), path).toBe(404)
    expect((await own.post('/api/console/tokens/create', {})).status).toBe(404)
    expect((await own.post('/api/releases/list', {})).status).toBe(404)
    const { body } = await own.post('/api/me/context', {})
    expect(body).toMatchObject({ console_uri: `${console}/console` })
  })

  it('answers hosts that nobody named as it always did, and never with the console', async () => {
    const port = new URL(issuer).port
    for (const host of [
      `evil.localhost:${port}`,
      'console.palier.localhost:1',
      `console.palier.localhost.evil:${port}`,
    ]) {
      const there = browserAt(`http://${host}`)
      expect(await there.status('/signin'), host).toBe(200)
      expect(await there.status('/console'), host).toBe(404)
      expect(await there.status('/api/console/me/show'), host).toBe(404)
    }
  })
})
