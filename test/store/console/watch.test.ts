// What the live page reads, on a real Postgres: who is near by the limits in force for them, prompts, decisions, gateways.
import { eq } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { groupMembers, groups } from '../../../db/schema/groups.ts'
import { approvals } from '../../../db/schema/metering.ts'
import { readingTotals } from '../../../db/schema/readings.ts'
import { devices, idSessions } from '../../../db/schema/sessions.ts'
import { gatewaysHeard } from '../../../db/schema/watch.ts'
import { auditStore } from '../../../db/stores/audit.ts'
import { sayThere, sweepGateways } from '../../../db/stores/console-watch.ts'
import { policyStore } from '../../../db/stores/policy.ts'
import { auditLog } from '../../../server/audit/log.ts'
import { systemClock } from '../../../server/platform/clock.ts'
import { systemRandom } from '../../../server/platform/random.ts'
import { hashToken, newToken } from '../../../server/platform/tokens.ts'
import { shippedPolicy } from '../../../server/policy/shipped.ts'
import { applyPolicy } from '../../../server/policy/versions.ts'
import { startHeartbeat } from '../../../server/wiring/heartbeat.ts'
import type { TestDevice } from '../../support/people.ts'
import { readBy } from '../../support/reading-rows.ts'
import { type WatchedConsole, watchedConsole } from '../../support/watched-console.ts'

let world: WatchedConsole
let supervisor: Awaited<ReturnType<WatchedConsole['administrator']>>
beforeAll(async () => {
  world = await watchedConsole()
  supervisor = await world.administrator('supervisor')
})
afterAll(() => world.stop())

const now = async () => (await supervisor.say('watch.now')).body
const someone = async () => world.device(await world.person())

/** As a prompt lies there; `intent` as far as the page reads it. */
async function ask(device: TestDevice, over: Partial<typeof approvals.$inferInsert> = {}): Promise<string> {
  const hash = newToken('approval', systemRandom).slice(4)
  const at = Date.now()
  await world.db.insert(approvals).values({
    hash,
    sealedToken: '',
    state: 'pending',
    serverName: 'example.org',
    personId: device.person.id,
    deviceId: device.id,
    network: '192.0.2.0/24',
    client: 'Element <b>',
    intent: JSON.stringify({
      amounts: [{ meter: 'archive', units: 2000 }],
      rooms: [{ id: '!secret:example.org', name: 'Merger' }],
    }),
    mergeKey: hash,
    createdAt: new Date(at),
    expiresAt: new Date(at + 900_000),
    ...over,
  })
  return hash
}

test('those who read lately are listed by the fullest of their windows, by the limits in force for their groups', async () => {
  const [half, tight, idle, quiet] = [await someone(), await someone(), await someone(), await someone()]
  const group = { id: 'grp_tight', displayName: 'tight', createdAt: new Date() }
  await world.db.insert(groups).values(group)
  await world.db.insert(groupMembers).values({ groupId: group.id, personId: tight.person.id, addedAt: new Date() })
  const document = { ...shippedPolicy(), limits: [{ group: group.id, windows: { archive: [200, 2_500, 25_000] } }] }
  const store = policyStore(world.db, auditLog({ store: auditStore(world.db), clock: systemClock }))
  const applied = await applyPolicy({ store, clock: systemClock }, { from: 0, document, by: 'test', reason: 'test' })
  expect(applied.state).toBe('applied')
  await readBy(world.db, half, { events: 500 })
  await readBy(world.db, tight, { events: 150 })
  await readBy(world.db, idle, { events: 900, at: new Date(Date.now() - 2 * 3_600_000) })
  void quiet
  const { near } = await now()
  expect(near.map(({ person, share, limit, used }: never) => ({ person, share, limit, used }))).toMatchObject([
    { person: { id: tight.person.id }, share: 0.75, limit: 200, used: 150 },
    { person: { id: half.person.id }, share: 0.5, limit: 1000, used: 500 },
  ])
})

describe('prompts', () => {
  test('are counted and listed without a room’s name; what is overdue has expired', async () => {
    const device = await someone()
    await world.db.update(devices).set({ displayName: 'Phone\u202e<i>' }).where(eq(devices.id, device.id))
    const open = await ask(device)
    await ask(device, { state: 'approved', decidedAt: new Date() })
    await ask(device, { state: 'denied', decidedAt: new Date(Date.now() - 3_500_000) })
    await ask(device, { state: 'denied', decidedAt: new Date(Date.now() - 3_700_000) })
    await ask(device, { expiresAt: new Date(Date.now() - 1_000) })
    const snapshot = await now()
    expect(snapshot.held).toMatchObject({
      pending: 1,
      newest: [
        {
          id: open,
          state: 'pending',
          person: { id: device.person.id },
          device: { id: device.id, name: 'Phone<i>' },
          client: 'Element <b>',
          amounts: [{ meter: 'archive', units: 2000 }],
          rooms: 1,
        },
      ],
    })
    expect(snapshot.last_hour).toMatchObject({ approved: 1, denied: 1, expired: 1 })
    expect(snapshot.last_hour.newest.map(({ state }: { state: string }) => state)).toEqual(['approved', 'denied'])
    expect(JSON.stringify(snapshot)).not.toMatch(/secret|Merger/)
  })

  test('of a person are listed page by page, each once', async () => {
    const device = await someone()
    const at = new Date()
    const hashes: string[] = []
    for (let count = 0; count < 5; count++) hashes.push(await ask(device, { createdAt: at }))
    const seen: string[] = []
    let after: string | null = null
    do {
      const { body } = await supervisor.say('taps.list', {
        person: device.person.id,
        limit: 2,
        ...(after && { after }),
      })
      seen.push(...body.items.map(({ id }: { id: string }) => id))
      after = body.next
    } while (after !== null)
    expect(seen.toSorted()).toEqual(hashes.toSorted())
    expect(await supervisor.say('taps.list', { person: device.person.id, after: 'x' })).toMatchObject({ status: 400 })
  })
})

test('a gateway says that it is there and what it holds, is late when it is silent, and signs off', async () => {
  const heartbeat = startHeartbeat(world.ground)
  let release: () => void = () => undefined
  const stepUp = heartbeat.stepUp({
    request: () => Promise.reject(new Error('not asked')),
    decided: () =>
      new Promise((resolve) => {
        release = () => resolve('approved')
      }),
  })
  const held = stepUp.decided('hash', 1_000, new AbortController().signal)
  await expect.poll(async () => (await now()).gateways.length).toBe(1)
  const [row] = await world.db.select().from(gatewaysHeard)
  // Its own word comes in between now and then: what it says anew is heard.
  await expect
    .poll(async () => {
      await sayThere(world.db, { id: row?.id ?? '', serverName: 'example.org', held: 1 })
      return now()
    })
    .toMatchObject({
      held: { requests: 1 },
      gateways: [{ server_name: 'example.org', held: 1, late: false }],
    })
  await expect
    .poll(async () => {
      await world.sql`update gateways_heard set heard_at = now() - interval '20 seconds'`
      return now()
    })
    .toMatchObject({ held: { requests: 0 }, gateways: [{ late: true }] })
  release()
  expect(await held).toBe('approved')
  await heartbeat.stop()
  expect((await now()).gateways).toEqual([])
  await sayThere(world.db, { id: 'gwp_old', serverName: 'example.org', held: 0 })
  await world.sql`update gateways_heard set heard_at = now() - interval '2 days'`
  await sweepGateways(world.db)
  expect(await world.db.$count(gatewaysHeard)).toBe(0)
})

describe('charts', () => {
  test('have a line a decision or meter, of events unless a meter is named', async () => {
    const at = new Date('2026-03-01T10:00:00Z')
    const row = { width: 3600, at, decision: 'released', answers: 1, withheld: 0 }
    await world.db.insert(readingTotals).values([
      { ...row, meter: 'archive', units: 5 },
      { ...row, meter: 'live', units: 7 },
      { ...row, meter: 'media-bytes', units: 1_000_000 },
      { ...row, meter: 'archive', decision: 'withheld', units: 0, withheld: 3 },
    ])
    const range = { from: '2026-03-01T00:00:00Z', to: '2026-03-02T00:00:00Z', width: 'day' }
    const history = async (input: object) => (await supervisor.say('watch.history', { ...range, ...input })).body.series
    expect(await history({})).toEqual([
      { name: 'released', values: [12], sum: 12 },
      { name: 'withheld', values: [0], sum: 0 },
    ])
    expect(await history({ meter: 'media-bytes' })).toEqual([{ name: 'released', values: [1_000_000], sum: 1_000_000 }])
    expect((await history({ by: 'meter' })).map(({ name }: { name: string }) => name)).toEqual([
      'media-bytes',
      'live',
      'archive',
    ])
    expect(await history({ metric: 'withheld' })).toContainEqual({ name: 'withheld', values: [3], sum: 3 })
  })

  test.each([
    [{ from: '2026-03-02T00:00:00Z', to: '2026-03-01T00:00:00Z' }],
    [{ from: '2020-01-01T00:00:00Z', to: '2026-03-01T00:00:00Z', width: 'hour' }],
    [{ from: 'yesterday', to: '2026-03-01T00:00:00Z' }],
    [{ from: '2026-03-01T00:00:00Z', to: '2026-03-02T00:00:00Z', metric: '__proto__' }],
    [{}],
  ])('refuse a period that is none, or too long for its width: %o', async (input) => {
    expect(await supervisor.say('watch.history', input)).toMatchObject({ status: 400, body: { reason: 'bad-request' } })
  })
})

/** What has come of a stream, and its end. */
function follow(response: Response) {
  const reader = (response.body as ReadableStream<Uint8Array>).getReader()
  const seen = { text: '' }
  const over = (async () => {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      seen.text += new TextDecoder().decode(value)
    }
  })()
  return { seen, over }
}

describe('the stream', () => {
  test('ends within seconds of the token, and is not for everybody', async () => {
    const enroller = await world.administrator('enroller')
    expect((await enroller.ask('watch.live')).status).toBe(403)
    const auditor = await world.administrator('auditor')
    const response = await auditor.ask('watch.live')
    expect(response.headers.get('content-type')).toContain('text/event-stream')
    const { seen, over } = follow(response)
    await expect.poll(() => seen.text).toContain('event: snapshot')
    auditor.revoke()
    await over
    expect(seen.text.endsWith('event: end\ndata: not-permitted\n\n')).toBe(true)
  })

  test('ends within seconds of the session it was opened with', async () => {
    const { person } = await world.administrator('supervisor')
    const cookie = newToken('idSession', systemRandom)
    const at = new Date()
    const tap = {
      personId: person.id,
      credentialId: person.credentialId,
      authTime: at,
      acr: 'phr',
      amr: [],
      createdAt: at,
    }
    const expiresAt = new Date(at.getTime() + 3_600_000)
    await world.db
      .insert(idSessions)
      .values({ ...tap, hash: hashToken(cookie), network: 'n', userAgent: 'u', expiresAt })
    const { seen, over } = follow(await world.call({ Cookie: `palier_session=${cookie}` }, 'watch.live', {}))
    await expect.poll(() => seen.text).toContain('event: snapshot')
    await world.revoker.revoke('id-session', hashToken(cookie), 'revoked')
    await over
    expect(seen.text.endsWith('event: end\ndata: not-permitted\n\n')).toBe(true)
  })
})
