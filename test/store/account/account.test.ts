import { eq } from 'drizzle-orm'
import { Hono } from 'hono'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { approvals } from '../../../db/schema/metering.ts'
import { devices } from '../../../db/schema/sessions.ts'
import { companionStream } from '../../../server/account/events.ts'
import { FRESH_TAP_SECONDS } from '../../../server/account/routes.ts'
import { hashToken } from '../../../server/platform/tokens.ts'
import { verifyReceipt } from '../../../server/stepup/receipt.ts'
import { type Someone, stepUpWorld } from '../../support/stepup.ts'

const world = await stepUpWorld()
afterAll(() => world.stop())
let anne: Someone
let sequence = 0

beforeEach(async () => {
  sequence += 1
  anne = await world.someone(`owner${sequence}`)
})

const sessionHash = (someone: Someone) => hashToken(someone.page.cookies.get('palier_session') ?? '')

/** Reads a stream of server-sent events as it comes. */
function reading(response: Response) {
  const reader = (response.body as ReadableStream<Uint8Array>).getReader()
  const decoder = new TextDecoder()
  let text = ''
  let ended = false
  const pump = (async () => {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      text += decoder.decode(value, { stream: true })
    }
    ended = true
  })()
  /** Resolves when the text matches. */
  const until = (pattern: RegExp) => expect.poll(() => text).toMatch(pattern)
  const lists = () =>
    [...text.matchAll(/event: approvals\ndata: (.*)\n\n/g)].map(
      (match) => JSON.parse(match[1] ?? '') as { approval_uri: string }[],
    )
  return { until, lists, text: () => text, ended: () => ended, pump, cancel: () => reader.cancel() }
}

describe("a person's page", () => {
  it('needs a session for everything', async () => {
    const stranger = world.browser()
    for (const [path, body] of [
      ['context', {}],
      ['end-device', { device: anne.device }],
      ['export', {}],
      ['add-key', {}],
    ] as const)
      expect(await stranger.call(`/api/me/${path}`, body)).toMatchObject({
        status: 401,
        body: { reason: 'signin-required' },
      })
    expect((await stranger.get('/api/me/events')).status).toBe(401)
    expect((await stranger.get(`/api/me/receipt?approval=${'A'.repeat(43)}`)).status).toBe(401)
  })

  it('shows keys, devices, approvals and meters: the person’s own and no one else’s', async () => {
    const bob = await world.someone(`other${sequence}`)
    await world.ask(bob.caller)
    const asked = await world.ask(anne.caller)
    const { status, body } = await anne.page.call('/api/me/context', {})
    expect(status).toBe(200)
    expect(body).toMatchObject({
      person: { username: `owner${sequence}`, role: 'person' },
      keys: [{ id: anne.credentialId, name: 'My key', acr: 'phr' }],
      devices: [
        {
          id: anne.device,
          device_id: 'PHONE',
          display_name: 'Element',
          client: 'Element/1.0',
          network: '192.0.2.0/24',
        },
      ],
      approvals: [
        {
          approval_uri: asked.approvalUri,
          state: 'pending',
          rooms_total: 1,
          meter: 'archive',
          amounts: [{ meter: 'archive', units: 2000 }],
          decided_at: null,
        },
      ],
    })
    expect(body.meters).toContainEqual({ meter: 'archive', used: 0, limit: 1000, window_seconds: 3600 })
    expect(JSON.stringify(body)).not.toContain(bob.personId)
  })

  it('forgets a device that has ended, and an overdue approval reads as expired', async () => {
    await world.ask(anne.caller)
    await world.revoker.revoke('device', anne.device, 'logout')
    world.time.nowMs += 16 * 60_000
    const { body } = await anne.page.call('/api/me/context', {})
    expect(body).toMatchObject({ devices: [], approvals: [{ state: 'expired' }] })
  })

  it('ends a device of one’s own, and knows no other', async () => {
    const bob = await world.someone(`other${sequence}`)
    expect(await anne.page.call('/api/me/end-device', { device: bob.device })).toMatchObject({
      status: 404,
      body: { reason: 'unknown-device' },
    })
    expect(await anne.page.call('/api/me/end-device', { device: 'PHONE' })).toMatchObject({ status: 400 })
    expect(await anne.page.call('/api/me/end-device', { device: anne.device })).toEqual({ status: 200, body: {} })
    const ended = async (id: string) =>
      (await world.db.select().from(devices).where(eq(devices.id, id)))[0]?.endedReason
    expect(await ended(anne.device)).toBe('revoked')
    expect(await ended(bob.device)).toBeNull()
  })

  it('hands everything out that is kept of the person, of nobody else, and only after a fresh tap', async () => {
    const bob = await world.someone(`apart${sequence}`)
    await world.ask(anne.caller)
    const { status, body } = await anne.page.call('/api/me/export', {})
    expect(status).toBe(200)
    expect(body).toMatchObject({
      account: { username: `owner${sequence}` },
      keys: [{}],
      approvals: [{ state: 'pending' }],
    })
    const text = JSON.stringify(body)
    for (const other of [bob.device, `apart${sequence}`, sessionHash(anne)]) expect(text).not.toContain(other)
    expect(await anne.page.call('/api/me/export', { person: bob.caller.personId })).toMatchObject({ status: 400 })
    world.time.nowMs += (FRESH_TAP_SECONDS + 1) * 1000
    expect(await anne.page.call('/api/me/export', {})).toMatchObject({
      status: 401,
      body: { reason: 'fresh-tap-required' },
    })
  })

  it('adds a key only after a fresh tap', async () => {
    expect(await anne.page.call('/api/me/add-key', {})).toMatchObject({
      status: 200,
      body: { enrol_uri: expect.stringMatching(/^http:\/\/localhost:8080\/enrol\/pet_/) },
    })
    world.time.nowMs += (FRESH_TAP_SECONDS + 1) * 1000
    expect(await anne.page.call('/api/me/add-key', {})).toMatchObject({
      status: 401,
      body: { reason: 'fresh-tap-required' },
    })
    await anne.page.signIn(anne)
    expect(await anne.page.call('/api/me/add-key', {})).toMatchObject({ status: 200 })
  })

  it('gives one’s own receipts, each of which verifies', async () => {
    const asked = await world.ask(anne.caller)
    const path = `/api/me/receipt?approval=${asked.approvalHash}`
    expect((await anne.page.get(path)).status).toBe(404)
    await anne.page.tap(asked.token, anne.key)
    const response = await anne.page.get(path)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-disposition')).toBe('attachment; filename="palier-receipt.json"')
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(await verifyReceipt(await response.json())).toMatchObject({ ok: true, intent: { sub: anne.personId } })
    const bob = await world.someone(`other${sequence}`)
    expect((await bob.page.get(path)).status).toBe(404)
    for (const odd of ['', '%00', `${'A'.repeat(42)}%00`, "'--"])
      expect((await anne.page.get(`/api/me/receipt?approval=${odd}`)).status).toBe(404)
  })
})

describe('the companion’s feed', () => {
  it('has a prompt as it comes, and its decision', async () => {
    const leaving = new AbortController()
    const response = await anne.page.get('/api/me/events', leaving.signal)
    expect(response.headers.get('content-type')).toContain('text/event-stream')
    const feed = reading(response)
    await feed.until(/data: \[\]/)
    const bob = await world.someone(`other${sequence}`)
    await world.ask(bob.caller)
    const asked = await world.ask(anne.caller)
    await feed.until(/approve\/apv_/)
    expect(feed.lists().at(-1)).toMatchObject([
      {
        approval_uri: asked.approvalUri,
        device: 'Element',
        rooms_total: 1,
        meter: 'archive',
        amounts: [{ meter: 'archive', units: 2000 }],
      },
    ])
    await anne.page.call('/api/approvals/deny', { approval: asked.token })
    await feed.until(/apv_[\s\S]*data: \[\]/)
    expect(feed.lists().map((list) => list.length)).toEqual([0, 1, 0])
    await feed.cancel()
  })

  it('tells a second page at once', async () => {
    await world.ask(anne.caller)
    const first = reading(await anne.page.get('/api/me/events'))
    await first.until(/apv_/)
    const second = reading(await anne.page.get('/api/me/events'))
    await second.until(/apv_/)
    await Promise.all([first.cancel(), second.cancel()])
  })

  it('ends with its session', async () => {
    const feed = reading(await anne.page.get('/api/me/events'))
    await feed.until(/data: \[\]/)
    await world.database.sql`update id_sessions set ended_at = now() where hash = ${sessionHash(anne)}`
    await feed.until(/event: end\ndata: session-ended/)
    await feed.pump
    await world.ask(anne.caller)
    expect(feed.text()).not.toContain('apv_')
    expect((await anne.page.get('/api/me/events')).status).toBe(401)
  })

  it('ends when the key of its session is revoked', async () => {
    const feed = reading(await anne.page.get('/api/me/events'))
    await feed.until(/data: \[\]/)
    await world.database
      .sql`update credentials set revoked_at = now(), revoked_reason = 'lost' where id = ${anne.credentialId}`
    await feed.until(/session-ended/)
    await feed.pump
  })

  it('lets the oldest of many pages make room', async () => {
    const feeds = []
    for (let n = 0; n < 9; n += 1) feeds.push(reading(await anne.page.get('/api/me/events')))
    await feeds[0]?.until(/event: end\ndata: replaced\nretry: 60000/)
    await feeds[8]?.until(/data: \[\]/)
    expect(feeds.slice(1).some((feed) => feed.ended())).toBe(false)
    await Promise.all(feeds.slice(1).map((feed) => feed.cancel()))
  })

  it('is not silenced by one link that does not open', async () => {
    const broken = await world.ask(anne.caller, { direction: 'forward' })
    await world.db.update(approvals).set({ sealedToken: 'v1.x.y.z' }).where(eq(approvals.hash, broken.approvalHash))
    const asked = await world.ask(anne.caller)
    const feed = reading(await anne.page.get('/api/me/events'))
    await feed.until(/apv_/)
    expect(feed.lists().at(-1)).toMatchObject([{ approval_uri: asked.approvalUri }])
    await feed.cancel()
  })

  it('says that it is there while nothing happens', async () => {
    const app = new Hono()
    app.get('/', (c) => companionStream(c, world.watch, { personId: anne.personId, hash: sessionHash(anne) }, 50))
    const feed = reading(await app.request('/'))
    await feed.until(/: still here\n\n[\s\S]*: still here\n\n/)
    await feed.cancel()
  })
})
