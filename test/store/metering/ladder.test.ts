// What a withheld request meets: waiting, holding, 429, 401, denial, drain, observe mode, idleness, a lost database.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openDatabase } from '../../../db/client.ts'
import { approvalStore } from '../../../db/stores/approvals.ts'
import { auditStore } from '../../../db/stores/audit.ts'
import { meterStore, resumePointStore } from '../../../db/stores/metering.ts'
import { auditLog } from '../../../server/audit/log.ts'
import { systemClock } from '../../../server/platform/clock.ts'
import { hashToken } from '../../../server/platform/tokens.ts'
import type { AllowanceMeter } from '../../../server/policy/defaults.ts'
import { eventually } from '../../support/eventually.ts'
import {
  type Answer,
  HOUR_LIMIT,
  type KnownDevice,
  type MeteredGateway,
  messages,
  meteredGateway,
  OBSERVING,
  released,
  smallPolicy,
  TAP,
} from '../../support/metered-gateway.ts'
import { history, honest, json, oldEvents, page } from '../../support/rigged-homeserver.ts'

type Gateway = Awaited<ReturnType<MeteredGateway['gateway']>>
let world: MeteredGateway
let gateway: Gateway
let holding: Gateway
/** Requests that `holding` holds now. */
let held = 0
let observing: Gateway
beforeAll(async () => {
  world = await meteredGateway()
  gateway = await world.gateway()
  holding = await world.gateway({
    config: { holdSeconds: 20, pushGateways: [] },
    metrics: {
      count: () => undefined,
      set: (name, _labels, value) => {
        if (name === 'palier_held_requests') held = value
      },
      observe: () => undefined,
    },
  })
  observing = await world.gateway({ config: { holdSeconds: 20, pushGateways: [] }, ...OBSERVING })
})
afterAll(() => world.stop())
beforeEach(() => {
  world.homeserver.rig = honest
})
afterEach(() => {
  for (const { lines } of [gateway, holding, observing]) lines.length = 0
})

const roomOf = (name: string) => `!${name}:example.org`
const target = (name = 'room', from = 's-0') => messages(roomOf(name), from, 50)
const hashOf = (uri: string) => hashToken(uri.slice(uri.lastIndexOf('/') + 1))
const pendingOf = async (device: KnownDevice): Promise<number> => {
  const [row] = await world.sql`select count(*)::int as n from approvals where device_id = ${device.id}`
  return Number(row?.['n'])
}
/** What the pages do, over all of a device's prompts. */
async function approveAll(device: KnownDevice): Promise<void> {
  const rows =
    await world.sql`select hash, person_id, intent from approvals where device_id = ${device.id} and state = 'pending'`
  const store = approvalStore(world.db, {
    audit: auditLog({ store: auditStore(world.db), clock: systemClock }),
    meters: world.meters,
  })
  for (const row of rows) {
    const intent = JSON.parse(String(row['intent'])) as {
      rooms: { id: string }[]
      direction: string
      amounts: { meter: AllowanceMeter; units: number }[]
      lives_seconds: number
    }
    const done = await store.approve({
      hash: String(row['hash']),
      personId: device.person.id,
      credentialId: device.person.credentialId,
      receipt: {} as never,
      receiptDigest: '',
      at: new Date(),
      allowance: {
        id: `alw_${String(row['hash'])}`,
        rooms: intent.rooms.map(({ id }) => id),
        direction: intent.direction,
        amounts: Object.fromEntries(intent.amounts.map(({ meter, units }) => [meter, units])),
        livesSeconds: intent.lives_seconds,
      },
    })
    expect(done).toMatchObject({ ok: true })
  }
}
async function deny(device: KnownDevice): Promise<void> {
  const store = approvalStore(world.db, {
    audit: auditLog({ store: auditStore(world.db), clock: systemClock }),
    meters: world.meters,
  })
  const rows = await world.sql`select hash from approvals where device_id = ${device.id} and state = 'pending'`
  for (const row of rows)
    expect(await store.deny(String(row['hash']), device.person.id, 'approval.denied', new Date())).toBe(1)
}

describe('an answer that stock clients retry', () => {
  it('is 429 with what to wait, where to approve, and nothing of the room', async () => {
    const ada = await world.deviceWith(0)
    const { status, body, headers } = await gateway.get(ada, target())
    expect([status, headers.get('retry-after'), headers.get('content-type'), headers.get('cache-control')]).toEqual([
      429,
      '5',
      'application/json',
      'no-store',
    ])
    expect(body).toEqual({
      errcode: 'M_LIMIT_EXCEEDED',
      error: expect.stringContaining('tap of your security key'),
      retry_after_ms: 5_000,
      approval_uri: expect.stringMatching(/^http:\/\/localhost:8080\/approve\/\S{20,}$/),
    })
    expect(headers.get('access-control-allow-origin')).toBe('*')
    expect(headers.get('access-control-expose-headers')).toContain('Retry-After')
    expect(gateway.lines).toMatchObject([{ decision: 'withheld', reason: 'archive-exhausted', status: 429 }])
  })

  it('comes with five minutes to wait after a denial, and logs nobody out', async () => {
    const ada = await world.deviceWith(0)
    await gateway.get(ada, target())
    await deny(ada)
    const { status, body, headers } = await gateway.get(ada, target('room', 's-1'))
    expect([status, body['errcode'], body['retry_after_ms'], headers.get('retry-after')]).toEqual([
      429,
      'M_LIMIT_EXCEEDED',
      300_000,
      '300',
    ])
    expect(gateway.lines.at(-1)).toMatchObject({ reason: 'denied' })
  })
})

describe('a client that declares itself', () => {
  const expectChallenge = ({ status, body, headers }: Answer) => {
    expect(status).toBe(401)
    expect(body).toEqual({
      errcode: 'org.matrix.msc4363.M_INSUFFICIENT_USER_AUTHENTICATION',
      error: expect.any(String),
      'org.matrix.msc4363.acr_values': 'phrh',
      'org.matrix.msc4363.max_age': 0,
      approval_uri: expect.stringContaining('/approve/'),
    })
    expect(headers.get('www-authenticate')).toMatch(
      /^Bearer error="insufficient_user_authentication", .*acr_values="phrh", max_age="0"$/,
    )
    expect(headers.get('access-control-expose-headers')).toContain('WWW-Authenticate')
  }

  it('in the request or at its sign-in gets 401 at once', async () => {
    const ada = await world.deviceWith(0)
    expectChallenge(await holding.get(ada, target(), { headers: { 'x-palier-step-up': '1' } }))
    ada.caller.stepUpAware = true
    expectChallenge(await holding.get(ada, target()))
  })

  it('may do so from another origin', async () => {
    const answer = await fetch(gateway.url + target(), {
      method: 'OPTIONS',
      headers: { origin: 'https://app.example', 'access-control-request-headers': 'authorization,x-palier-step-up' },
    })
    expect(answer.headers.get('access-control-allow-headers')?.toLowerCase()).toContain('x-palier-step-up')
  })
})

describe('a held request', () => {
  it('is released once approved, and exactly the allowance with it', async () => {
    const ada = await world.deviceWith(0)
    const asked = holding.get(ada, target())
    await eventually(async () => (await pendingOf(ada)) === 1)
    await approveAll(ada)
    expect(released(await asked)).toBe(TAP)
    expect(holding.lines).toMatchObject([
      { decision: 'released', reason: 'approved', source: 'allowance', cost: TAP, left: 0 },
    ])
    expect((await gateway.get(ada, target('room', `s-${TAP}`))).status).toBe(429)
    expect(await world.hour(ada)).toEqual({ used: HOUR_LIMIT, held: 0 })
  })

  it('is released without a tap when what the person held comes back', async () => {
    const ada = await world.deviceWith(5)
    let answerFirst = () => {}
    world.homeserver.rig = history((_arrival, res) => {
      answerFirst = () => json(res, 200, { chunk: [] })
      world.homeserver.rig = history((later, other) => json(other, 200, page(later)))
    })
    const arrived = world.homeserver.arrival(() => true)
    const first = holding.get(ada, target())
    await arrived
    const second = holding.get(ada, target('room', 's-9'))
    await new Promise((resolve) => setTimeout(resolve, 60))
    answerFirst()
    expect([released(await first), released(await second)]).toEqual([0, 5])
    expect(await pendingOf(ada)).toBe(0)
  })

  it('is one of two a device and one a device and room', async () => {
    const ada = await world.deviceWith(0)
    const waiting = [holding.get(ada, target('a')), holding.get(ada, target('b'))]
    await eventually(() => held === 2)
    expect((await holding.get(ada, target('a', 's-1'))).status).toBe(429)
    expect((await holding.get(ada, target('c'))).status).toBe(429)
    await approveAll(ada)
    expect((await Promise.all(waiting)).map(released)).toEqual([TAP, TAP])
  })

  it('ends with the denial', async () => {
    const ada = await world.deviceWith(0)
    const asked = holding.get(ada, target())
    await eventually(async () => (await pendingOf(ada)) === 1)
    await deny(ada)
    expect((await asked).body).toMatchObject({ errcode: 'M_LIMIT_EXCEEDED', retry_after_ms: 300_000 })
  })

  it('whose client is gone never spends', async () => {
    const ada = await world.deviceWith(0)
    const abort = new AbortController()
    const asked = holding.get(ada, target(), { signal: abort.signal })
    await eventually(async () => (await pendingOf(ada)) === 1)
    abort.abort()
    await asked
    await eventually(() => holding.lines.length === 1)
    await approveAll(ada)
    expect(holding.lines).toMatchObject([{ decision: 'aborted', reason: 'client-gone', status: 0 }])
    const [allowance] = await world.meters.allowances('example.org', ada.person.id)
    expect(allowance).toMatchObject({ used: 0, held: 0, granted: TAP })
  })

  it('gets 429 when the process drains, and what is under way is settled', async () => {
    const draining = await world.gateway({ config: { holdSeconds: 20, pushGateways: [] } })
    const ada = await world.deviceWith(0)
    const asked = draining.get(ada, target())
    await eventually(async () => (await pendingOf(ada)) === 1)
    const closed = draining.server.drain()
    expect((await asked).status).toBe(429)
    await closed
  })

  it('ends with a revocation: 401, nothing spent', async () => {
    const ada = await world.deviceWith(0)
    const asked = holding.get(ada, target())
    await eventually(async () => (await pendingOf(ada)) === 1)
    holding.revoke(ada)
    expect([(await asked).status, (await asked).body['errcode']]).toEqual([401, 'M_UNKNOWN_TOKEN'])
  })
})

describe('what was approved', () => {
  it('serves no other room, device, network, client or direction', async () => {
    const ada = await world.deviceWith(0)
    const phone = await world.device(ada.person)
    const { body } = await gateway.get(ada, target())
    await approveAll(ada)
    const others = [
      await gateway.get(ada, target('other')),
      await gateway.get(phone, target()),
      await gateway.get(ada, target(), { address: '198.51.100.7' }),
      await gateway.get(ada, target(), { headers: { 'user-agent': 'another' } }),
      await gateway.get(ada, target().replace('dir=b', 'dir=f')),
    ]
    expect(others.map(({ status }) => status)).toEqual([429, 429, 429, 429, 429])
    expect(new Set([body['approval_uri'], ...others.map((answer) => answer.body['approval_uri'])]).size).toBe(6)
    expect(released(await gateway.get(ada, target('room', 's-1')))).toBe(TAP)
  })

  it('is found by a retry at once, without another prompt', async () => {
    const ada = await world.deviceWith(0)
    const { body } = await gateway.get(ada, target())
    expect(hashOf(String(body['approval_uri']))).toMatch(/^\S+$/)
    await approveAll(ada)
    // Within the second that the answer is remembered it may be given again: the prompts stay one.
    await eventually(async () => released(await gateway.get(ada, target())) === TAP)
    expect(await pendingOf(ada)).toBe(1)
  })
})

describe('an idle device', () => {
  const idle = async () => {
    const ada = await world.device()
    ada.caller.lastTapAtMs = Date.now() - smallPolicy.idleLimitMs - 1_000
    ada.caller.lastActiveAtMs = ada.caller.lastTapAtMs
    return ada
  }

  it('has nothing until a tap, and then what was tapped for', async () => {
    const ada = await idle()
    const answer = await gateway.get(ada, target())
    expect([answer.status, String(answer.body['error'])]).toEqual([429, expect.stringContaining('idle')])
    expect(gateway.lines).toMatchObject([{ reason: 'idle' }])
    await approveAll(ada)
    expect(released(await gateway.get(ada, target('room', 's-1')))).toBe(TAP)
    expect(await world.hour(ada)).toEqual({ used: 0, held: 0 })
  })

  it('is not idle with a recent tap or activity', async () => {
    const ada = await idle()
    ada.caller.lastActiveAtMs = Date.now()
    expect(released(await gateway.get(ada, target()))).toBe(HOUR_LIMIT)
  })
})

describe('observe mode', () => {
  it('withholds nothing and says what it would have', async () => {
    const ada = await world.deviceWith(10)
    expect(released(await observing.get(ada, target()))).toBe(50)
    const bob = await world.deviceWith(0)
    expect(released(await observing.get(bob, target()))).toBe(50)
    expect(observing.lines).toMatchObject([
      { decision: 'released', reason: 'observed', wouldBe: 'withheld' },
      { decision: 'released', reason: 'observed', wouldBe: 'withheld', source: 'archive-exhausted' },
    ])
    expect(await pendingOf(bob)).toBe(0)
  })

  it('releases nothing to a device that ended, before the request or under way', async () => {
    const ada = await world.device()
    await world.giveBack(ada)
    expect((await observing.get(ada, target())).status).toBe(401)
    const bob = await world.device()
    let answerNow = () => {}
    world.homeserver.rig = history((arrival, res) => {
      answerNow = () => json(res, 200, page(arrival))
    })
    const arrived = world.homeserver.arrival(() => true)
    const asked = observing.get(bob, target())
    await arrived
    await world.giveBack(bob)
    answerNow()
    expect([(await asked).status, released(await asked)]).toEqual([401, 0])
  })

  it('releases nothing after a revocation', async () => {
    const ada = await world.deviceWith(0)
    let answerNow = () => {}
    world.homeserver.rig = history((arrival, res) => {
      answerNow = () => json(res, 200, page(arrival))
    })
    const arrived = world.homeserver.arrival(() => true)
    const asked = observing.get(ada, target())
    await arrived
    observing.revoke(ada)
    answerNow()
    expect([(await asked).status, released(await asked)]).toEqual([401, 0])
  })
})

describe('with the database away', () => {
  it('history is closed, live events of /sync flow, and observe mode withholds nothing', async () => {
    const lost = openDatabase(world.url)
    const parts = { meters: meterStore(lost.db, smallPolicy), resumePoints: resumePointStore(lost.db) }
    await lost.close()
    const away = await world.gateway(parts)
    const awayObserving = await world.gateway({ ...parts, ...OBSERVING })
    const ada = await world.device()
    const { status, body } = await away.get(ada, target())
    expect([status, body]).toEqual([503, { errcode: 'M_UNKNOWN', error: 'This cannot be read right now' }])
    expect(released(await awayObserving.get(ada, target()))).toBe(50)

    const live = { type: 'm.room.message', event_id: '$live', origin_server_ts: Date.now(), content: {} }
    const body2 = {
      next_batch: 'n',
      to_device: { events: [{ type: 'key' }] },
      rooms: { join: { '!a': { timeline: { events: [...oldEvents('o', 0, 2), live], prev_batch: 'p' } } } },
    }
    world.homeserver.rig = ({ path }, res) => json(res, 200, path.endsWith('/sync') ? body2 : { end: 'exact' })
    const synced = await away.get(ada, '/_matrix/client/v3/sync')
    expect(synced.body['to_device']).toEqual(body2.to_device)
    expect(synced.body['rooms'].join['!a'].timeline).toEqual({ events: [live], prev_batch: 'exact', limited: true })
    expect(away.lines.at(-1)).toMatchObject({ decision: 'trimmed', reason: 'store-away', withheld: 2 })
  })
})
