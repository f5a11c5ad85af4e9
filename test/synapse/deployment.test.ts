// Palier with a real Synapse behind it and unmodified clients in front: the main job, whom a tap serves, what a revocation ends, and
// that nothing of Synapse's own tokens ever shows.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { ClientEvent, createClient, type MatrixEvent, RoomEvent, SyncState } from 'matrix-js-sdk'
import type { Logger } from 'matrix-js-sdk/lib/logger.js'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { addVirtualKey, chromiumPath, launchChromium } from '../support/chromium.ts'
import { palier } from '../support/deployment.ts'
import { Device, Person } from '../support/person.ts'
import { type BrowserClient, serveBrowserClient } from './browser-client.ts'
import { nioClient, scrollBack } from './clients.ts'
import { dumpOf, formsOf } from './secrets.ts'
import { A_TAP, SEEDED, startWorld, THRESHOLD, type World } from './world.ts'

const TAP = '[data-action=tap]'
/** What js-sdk says of every request is not what is looked at here. */
const QUIET: Logger = { trace() {}, debug() {}, info() {}, warn() {}, error() {}, getChild: () => QUIET }
const browserIsThere = (await chromiumPath()) !== null

let world: World
let failed = false

beforeEach(({ onTestFailed }) => {
  onTestFailed(() => {
    failed = true
  })
})

beforeAll(async () => {
  world = await startWorld()
}, 300_000)
afterAll(async () => {
  if (failed && world) process.stderr.write(readFileSync(world.files.log, 'utf8').slice(-12_000))
  await world?.end()
})

test("doctor finds nothing wrong with Synapse's configuration", async () => {
  const said = await palier(
    world.settings,
    'doctor',
    '--homeserver-config',
    join(world.files.synapse, 'homeserver.yaml'),
  )
  expect(said).toContain('0 problems')
})

describe.runIf(browserIsThere)('in Chromium, from another origin', () => {
  let browser: Browser
  let client: BrowserClient

  beforeAll(async () => {
    client = await serveBrowserClient()
    browser = await launchChromium()
  })
  afterAll(async () => {
    await browser?.close()
    await client?.stop()
  })

  /** Single sign-on as a browser client does it; resolves on the client's page with its login token. */
  async function signIn(page: Page): Promise<string> {
    await page.goto(
      `${world.places.gateway}/_matrix/client/v3/login/sso/redirect?redirectUrl=${encodeURIComponent(client.url)}`,
    )
    await page.locator(TAP).click()
    await page.locator('[data-action=continue]').click()
    await page.waitForURL(`${client.url}*`)
    return new URL(page.url()).searchParams.get('loginToken') as string
  }

  const walk = (page: Page, room: string, from: string) =>
    page.evaluate(([id, at]) => window.client.walk(id, at), [room, from] as const)

  async function approve(page: Page, uri: string): Promise<void> {
    await page.goto(uri)
    await page.locator('[data-state=pending]').waitFor()
    await page.locator(TAP).click()
    await page.locator('[data-state=approved]').waitFor()
  }

  test('set-up link, key, sign-in, history, stopped at exactly the threshold, a tap, exactly the allowance more', async () => {
    const page = await (await browser.newContext()).newPage()
    await addVirtualKey(page)
    await page.goto(world.setupLink)
    await page.locator('#username').fill('owner')
    await page.locator('#display_name').fill('Olympe Owner')
    await page.locator('#key_name').fill('First key')
    await page.locator(TAP).click()
    await page.locator('[data-action=later]').click()

    const { gateway } = world.places
    const { room } = world.seeded
    const token = await signIn(page)
    expect(
      await page.evaluate(([base, key, id]) => window.client.signIn(base, key, id), [gateway, token, room] as const),
    ).toBe('@owner:localhost')
    const first = await walk(page, room, '')
    expect(first).toMatchObject({ status: 429, retryMs: expect.any(Number) })
    expect(new Set(first.ids).size).toBe(THRESHOLD)
    await approve(page, first.approval)
    await page.goto(client.url)
    await page.waitForFunction(() => window.client)
    await page.evaluate((base) => window.client.resume(base), gateway)
    // As the client was told: a refusal is remembered for a moment.
    await page.waitForTimeout(first.retryMs)
    const second = await walk(page, room, first.from)
    expect(second.status).toBe(429)
    expect(new Set([...first.ids, ...second.ids]).size).toBe(THRESHOLD + A_TAP)
    for (const id of [...first.ids, ...second.ids]) expect(world.seeded.ids.has(id)).toBe(true)
  })

  test('matrix-js-sdk scrolls back through everything with two taps', async () => {
    await palier(world.settings, 'user', 'add', 'webby')
    const context = await browser.newContext()
    const page = await context.newPage()
    const key = await addVirtualKey(page)
    await page.goto(await palier(world.settings, 'enrol', 'webby'))
    await page.locator(TAP).click()
    await page.locator('[data-action=later]').click()
    const { room } = world.seeded
    const token = await signIn(page)
    await page.evaluate(([base, key, id]) => window.client.signIn(base, key, id), [
      world.places.gateway,
      token,
      room,
    ] as const)
    // The companion page of the same person, kept open, with the same key: one tap whenever something is asked.
    const companion = await context.newPage()
    const copy = await addVirtualKey(companion)
    for (const credential of await key.credentials()) await copy.addCredential(credential)
    let taps = 0
    let over = false
    const tapping = (async () => {
      await companion.goto(`${world.places.id}/me`)
      while (!over) {
        const look = companion.locator('[data-action=look]').first()
        if (await look.isVisible().catch(() => false)) {
          await look.click()
          await companion.locator('[data-state=pending]').waitFor()
          await companion.locator(TAP).click()
          await companion.locator('[data-state=approved]').waitFor()
          taps += 1
          await companion.goto(`${world.places.id}/me`)
        }
        await companion.waitForTimeout(200)
      }
    })()
    const ids: string[] = await Promise.race([
      page.evaluate((id) => window.client.scroll(id), room),
      tapping.then(() => []),
    ])
    over = true
    await tapping
    expect(taps).toBe(2)
    expect(new Set(ids)).toEqual(world.seeded.ids)
  })
})

describe('matrix-js-sdk and matrix-nio', () => {
  test('sign in, talk to each other, and scroll back 2,900 messages with one tap and 4,900 with two', async () => {
    const js = await world.person('js')
    const nio = await world.person('nio')
    const anonymous = createClient({ baseUrl: world.places.gateway, logger: QUIET })
    const login = await anonymous.login('m.login.token', {
      token: await js.loginToken(),
      initial_device_display_name: 'js-sdk',
    })
    expect(login.user_id).toBe('@js:localhost')
    const client = createClient({
      baseUrl: world.places.gateway,
      accessToken: login.access_token,
      userId: login.user_id,
      deviceId: login.device_id,
      logger: QUIET,
    })
    try {
      await client.joinRoom(world.seeded.room)
      const { room_id: talk } = await client.createRoom({ preset: 'public_chat' as never })
      const heard = new Promise<MatrixEvent>((resolve) => {
        client.on(RoomEvent.Timeline, (event) => event.getContent()['body'] === 'hello from nio' && resolve(event))
      })
      const prepared = new Promise<void>((resolve) =>
        client.on(ClientEvent.Sync, (state) => state === SyncState.Prepared && resolve()),
      )
      await client.startClient({ initialSyncLimit: 20 })
      await prepared
      const other = nioClient([world.places.gateway, await nio.loginToken(), world.seeded.room, talk])
      const sentByNio = (await other.step('sent')) as { event: string }
      expect((await heard).getId()).toBe(sentByNio.event)
      const { event_id: sentByJs } = await client.sendEvent(
        talk,
        'm.room.message' as never,
        { msgtype: 'm.text', body: 'hello from js' } as never,
      )
      expect(await other.step('heard')).toMatchObject({ event: sentByJs })

      // Nobody taps a second time before the 2,900th message is there.
      for (const person of [nio, js]) person.mostTaps = 1
      const nioScroll = nio.approveWhile(async () => {
        await other.step('2900')
        nio.mostTaps = 2
        return ((await other.step('done')) as { ids: string[] }).ids
      })
      const jsScroll = js.approveWhile(() =>
        scrollBack(client, world.seeded.room, (messages) => {
          if (messages >= 2_900) js.mostTaps = 2
        }),
      )
      const [byNio, byJs] = await Promise.all([nioScroll, jsScroll])
      expect(nio.taps).toBe(2)
      expect(new Set(byNio)).toEqual(world.seeded.ids)
      expect(js.taps).toBe(2)
      expect(new Set(byJs)).toEqual(world.seeded.ids)
      expect(byJs).toHaveLength(SEEDED)
    } finally {
      client.stopClient()
    }
  })
})

describe('confirmations', () => {
  test('deleting a device takes a tap for that device, and ends it here and at Synapse', async () => {
    const person = await world.person('devices')
    const keeper = await person.device('keeper')
    const old = await person.device('old')
    const asked = await keeper.call('DELETE', `/devices/${old.deviceId}`, {})
    expect(asked.status).toBe(401)
    expect(asked.body.flows).toEqual([{ stages: ['m.login.sso'] }])
    const { session } = asked.body
    const early = await keeper.call('DELETE', `/devices/${old.deviceId}`, { auth: { session } })
    expect(early.status).toBe(401)
    const page = await person.open(uiaLink(session))
    expect(page.status).toBe(200)
    const foreign = await keeper.call('DELETE', `/devices/${keeper.deviceId}`, { auth: { session } })
    expect(foreign.status).toBe(403)
    expect((await old.call('GET', '/account/whoami')).status).toBe(200)
    expect((await keeper.call('DELETE', `/devices/${old.deviceId}`, { auth: { session } })).status).toBe(200)
    expect((await old.call('GET', '/account/whoami')).status).toBe(401)
    const { devices } = (await keeper.call('GET', '/devices')).body
    expect(devices.map((device) => device.device_id)).toEqual([keeper.deviceId])
  })

  test('a cross-signing reset takes a tap, the first keys none', async () => {
    const person = await world.person('crossed')
    const device = await person.device()
    expect((await device.call('POST', '/keys/device_signing/upload', crossSigning(device.userId))).status).toBe(200)
    const other = crossSigning(device.userId)
    const asked = await device.call('POST', '/keys/device_signing/upload', other)
    expect(asked.status).toBe(401)
    expect((await person.open(uiaLink(asked.body.session))).status).toBe(200)
    const auth = { session: asked.body.session }
    expect(
      (await device.call('POST', '/keys/device_signing/upload', { ...crossSigning(device.userId), auth })).status,
    ).toBe(403)
    expect((await device.call('POST', '/keys/device_signing/upload', { ...other, auth })).status).toBe(200)
    expect((await device.call('POST', '/keys/device_signing/upload', { ...other, auth })).status).not.toBe(200)
  })

  test("a thief's link for a login gives the thief nothing from the victim's tap", async () => {
    const victim = await world.person('victim')
    const thief = new Person(world.places, victim.key, '203.0.113.66')
    // The thief begins; the link the victim is sent leads to id, in the victim's own browser.
    const begun = await fetch(thief.ssoLink(), { redirect: 'manual', headers: { 'x-forwarded-for': '203.0.113.66' } })
    const link = begun.headers.get('location') as string
    expect(link).toContain('/oidc/authorize?')
    const page = await victim.open(link)
    expect(page.status).toBe(403)
    expect(page.text).not.toContain('loginToken')
    // What the victim's browser was given leads nowhere in the thief's either.
    const again = await fetch(page.url, { redirect: 'manual', headers: { 'x-forwarded-for': '203.0.113.66' } })
    expect(again.status).toBe(403)
    expect(await again.text()).not.toContain('loginToken')
  })

  test("a thief's link for a confirmation, from another network, confirms nothing", async () => {
    const victim = await world.person('victim2')
    const stolen = await victim.device('stolen')
    const session = new Device(stolen.gateway, stolen.token, stolen.userId, stolen.deviceId, '203.0.113.66')
    const other = await victim.device('other')
    const asked = await session.call('DELETE', `/devices/${other.deviceId}`, {})
    expect(asked.status).toBe(401)
    const page = await victim.open(uiaLink(asked.body.session))
    expect(page.status).toBe(403)
    expect(
      (await session.call('DELETE', `/devices/${other.deviceId}`, { auth: { session: asked.body.session } })).status,
    ).toBe(401)
    expect((await other.call('GET', '/account/whoami')).status).toBe(200)
  })
})

test('a revoked key ends its requests on both gateways within a second, those in flight too', async () => {
  // As a client does: what is new (the sign-in itself is, for a moment) is an answer, and the next request waits on.
  const followed = async (device: Device) => {
    for (let since = (await device.call('GET', '/sync?timeout=0')).body.next_batch; ; ) {
      try {
        const { status, body } = await device.call('GET', `/sync?timeout=60000&since=${since}`)
        if (status !== 200) return { status, at: performance.now() }
        since = body.next_batch
      } catch {
        return { status: 0, at: performance.now() }
      }
    }
  }
  const refused = async (device: Device) => {
    await expect.poll(async () => (await device.call('GET', '/account/whoami')).status, { interval: 50 }).toBe(401)
    return performance.now()
  }
  const times: number[] = []
  for (const name of ['leaver', 'leaver-too', 'leaver-three']) {
    const person = new Person(world.places)
    await palier(world.settings, 'user', 'add', name)
    const key = await person.enrol(await palier(world.settings, 'enrol', name))
    const here = await person.device()
    const devices = [here, here.through(world.secondGateway)]
    for (const device of devices) expect((await device.call('GET', '/account/whoami')).status).toBe(200)
    const inFlight = devices.map(followed)
    await palier(world.settings, 'key', 'revoke', key.id)
    const revokedAt = performance.now()
    const ends = await Promise.all(devices.map(refused))
    for (const { status, at } of await Promise.all(inFlight)) {
      expect([0, 401]).toContain(status)
      ends.push(at)
    }
    times.push(Math.max(...ends) - revokedAt)
  }
  // The middle one: a machine with other work delays one of them by a second.
  expect(times.toSorted((one, other) => one - other)[1], `${times}`).toBeLessThan(1_000)
})

test("none of Synapse's own tokens is in what clients received, in a log, or in the database", async () => {
  // One token that is still waiting to be redeemed.
  await (await world.person('last')).loginToken()
  const synapse = new DatabaseSync(join(world.files.synapse, 'homeserver.db'), { readOnly: true })
  const secrets: string[] = []
  for (const table of ['access_tokens', 'refresh_tokens', 'login_tokens']) {
    for (const { token } of synapse.prepare(`select token from ${table}`).all()) secrets.push(String(token))
  }
  synapse.close()
  expect(secrets.length).toBeGreaterThan(8)

  const dump = await dumpOf(world.database)
  expect(dump).toContain('@owner:localhost')
  const places: Record<string, Buffer> = { database: Buffer.from(dump) }
  for (const name of ['id', 'gateway', 'second', 'log'] as const) places[name] = readFileSync(world.files[name])
  places['synapse.log'] = readFileSync(join(world.files.synapse, 'synapse.log'))
  const hits: string[] = []
  for (const [index, secret] of secrets.entries()) {
    for (const [form, text] of Object.entries(formsOf(secret))) {
      for (const [place, bytes] of Object.entries(places))
        if (bytes.includes(text)) hits.push(`token ${index} ${form} in ${place}`)
    }
  }
  expect(hits).toEqual([])
})

function uiaLink(session: string): string {
  return `${world.places.gateway}/_matrix/client/v3/auth/m.login.sso/fallback/web?session=${encodeURIComponent(session)}`
}

/** The forms of cross-signing keys; Synapse does not check the first signature. */
function crossSigning(userId: string) {
  const key = () =>
    Buffer.from(crypto.getRandomValues(new Uint8Array(32)))
      .toString('base64')
      .replace(/=+$/, '')
  const one = (usage: string, id = key()) => ({ user_id: userId, usage: [usage], keys: { [`ed25519:${id}`]: id } })
  return { master_key: one('master') }
}
