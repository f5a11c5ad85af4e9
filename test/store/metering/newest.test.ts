// A room's newest event: it keeps the room where it belongs in a room list, is charged to catch-up, and is not for choosing.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type KnownDevice, type MeteredGateway, meteredGateway } from '../../support/metered-gateway.ts'
import { json } from '../../support/rigged-homeserver.ts'
import {
  CATCH_UP,
  classicBody,
  classicRoom,
  classicTimeline,
  DAY,
  events,
  MINUTE,
  syncing,
  YEAR,
} from '../../support/sync-world.ts'

let world: MeteredGateway
let gateway: Awaited<ReturnType<MeteredGateway['gateway']>>
let on: ReturnType<typeof syncing>
beforeAll(async () => {
  world = await meteredGateway()
  gateway = await world.gateway()
  on = syncing(world, gateway)
})
afterAll(() => world.stop())
beforeEach(() => {
  gateway.lines.length = 0
})

/** Rooms of three old messages each; the later in the list, the more recently active. */
const rooms = (count: number, agoMs = YEAR) =>
  Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`!${index}`, classicRoom(events(3, agoMs - index * MINUTE))]),
  )
const newestOf = (given: ReturnType<typeof rooms>, roomId: string) => given[roomId]?.timeline.events.at(-1)
const inline = (filter: unknown) => `?filter=${encodeURIComponent(JSON.stringify(filter))}`

describe('with nothing left of the archive', () => {
  it('every room keeps its newest event, paid from catch-up, and says where to scroll from', async () => {
    const ada = await on.spent(CATCH_UP)
    const given = rooms(5)
    on.serve(classicBody(given))
    const answer = await on.classic(ada)
    for (const roomId of Object.keys(given)) {
      const all = given[roomId]?.timeline.events ?? []
      expect(classicTimeline(answer, roomId)).toEqual({
        events: [all[2]],
        limited: true,
        prev_batch: `at-${all[1]?.['event_id']}`,
      })
    }
    expect([await on.used(ada, 'catch-up'), await on.used(ada, 'archive')]).toEqual([5, 40])
    expect(gateway.lines).toMatchObject([{ decision: 'trimmed', reason: 'archive-exhausted', cost: 5, withheld: 10 }])
  })

  it('asked for again it is free, and gives no other event', async () => {
    const ada = await on.spent(CATCH_UP)
    on.serve(classicBody(rooms(5)))
    const once = await on.classic(ada)
    expect((await on.classic(ada)).body).toEqual(once.body)
    expect(await on.used(ada, 'catch-up')).toBe(5)
  })

  it('the most recently active rooms come first when catch-up cannot pay for all', async () => {
    const ada = await on.spent(3)
    const given = rooms(5)
    on.serve(classicBody(given))
    const answer = await on.classic(ada)
    const kept = Object.keys(given).filter((roomId) => classicTimeline(answer, roomId).events.length > 0)
    expect(kept).toEqual(['!2', '!3', '!4'])
    expect(await on.used(ada, 'catch-up')).toBe(CATCH_UP)
  })

  it('a part of catch-up is kept for it, in later answers too', async () => {
    const ada = await world.deviceWith(0)
    const position = await on.given(ada, 'classic', DAY)
    on.serve(classicBody({ '!a': classicRoom(events(60, 60 * MINUTE)) }))
    await on.classic(ada, `?since=${position}`)
    expect(await on.used(ada, 'catch-up')).toBe(CATCH_UP - 3)
    const given = rooms(3)
    on.serve(classicBody(given))
    const answer = await on.classic(ada)
    for (const roomId of Object.keys(given))
      expect(classicTimeline(answer, roomId).events).toEqual([newestOf(given, roomId)])
    expect(await on.used(ada, 'catch-up')).toBe(CATCH_UP)
  })
})

describe('an idle device', () => {
  const idle = async (catchUp: number): Promise<KnownDevice> => {
    const ada = await world.device()
    await on.spend(ada, { 'catch-up': { hashes: [], bare: CATCH_UP - catchUp } })
    ada.caller.lastTapAtMs = ada.caller.lastActiveAtMs = Date.now() - 7 * DAY
    return ada
  }

  it('that was offline for a week gets each room’s newest event and nothing else of its history', async () => {
    const ada = await idle(4)
    const given = rooms(5, DAY)
    on.serve(classicBody(given))
    const answer = await on.classic(ada)
    const kept = Object.keys(given).filter((roomId) => classicTimeline(answer, roomId).events.length > 0)
    expect(kept).toEqual(['!1', '!2', '!3', '!4'])
    for (const roomId of kept) expect(classicTimeline(answer, roomId).events).toEqual([newestOf(given, roomId)])
    expect([await on.used(ada, 'catch-up'), await on.used(ada, 'archive')]).toEqual([CATCH_UP, 0])
    expect(gateway.lines).toMatchObject([{ decision: 'trimmed', reason: 'idle', cost: 4, withheld: 11 }])
  })
})

describe('a filter that chooses events', () => {
  it.each([
    ['types', { room: { timeline: { types: ['m.room.message'] } } }],
    ['senders', { room: { timeline: { not_senders: ['@bob:example.org'] } } }],
    ['relations', { room: { timeline: { related_by_rel_types: ['m.thread'] } } }],
    ['something unheard of', { room: { timeline: { 'org.example.odd': 1 } } }],
  ])('by %s makes none of them the newest', async (_what, filter) => {
    const ada = await on.spent(CATCH_UP)
    on.serve(classicBody(rooms(2)), { 7: filter })
    for (const query of [inline(filter), '?filter=7']) {
      const answer = await on.classic(ada, query)
      expect(classicTimeline(answer, '!0').events).toEqual([])
    }
    expect(await on.used(ada, 'catch-up')).toBe(0)
  })

  it('that only chooses rooms, numbers and members leaves the newest the newest, stored or not', async () => {
    const filter = {
      room: { rooms: ['!0', '!1'], timeline: { limit: 20, lazy_load_members: true }, state: { types: [] } },
    }
    const ada = await on.spent(CATCH_UP)
    on.serve(classicBody(rooms(2)), { 8: filter })
    for (const query of [inline(filter), '?filter=8'])
      expect(classicTimeline(await on.classic(ada, query), '!0').events).toHaveLength(1)
  })

  it('that is stored is fetched once, and only when something is withheld', async () => {
    const ada = await world.deviceWith(6)
    const fetched = () => world.homeserver.arrivals.filter(({ path }) => path.endsWith('/filter/9')).length
    const before = fetched()
    on.serve(classicBody(rooms(2)), { 9: {} })
    await on.classic(ada, '?filter=9')
    expect(fetched() - before).toBe(0)
    on.serve(classicBody(rooms(2)), { 9: {} })
    await on.classic(ada, '?filter=9')
    await on.classic(ada, '?filter=9')
    expect(fetched() - before).toBe(1)
  })

  it('that hides ages and ids, stored before the gateway came, makes nothing free', async () => {
    const ada = await on.spent(0)
    const hidden = events(4, 0).map(({ content }) => ({ content }))
    on.serve(classicBody({ '!a': classicRoom(hidden) }))
    const answer = await on.classic(ada, '?filter=11')
    expect(classicTimeline(answer, '!a')).toEqual({ events: [], limited: true, prev_batch: answer.body.next_batch })
  })
})

describe('an account that ignores somebody', () => {
  /** The list as the homeserver has it; `slow`: what happens before an answer that was made with the list comes. */
  function ignoring(list: unknown, slow: () => Promise<unknown> = async () => null) {
    const given = rooms(2)
    on.serve(classicBody(given))
    const { rig } = world.homeserver
    world.homeserver.rig = (arrival, res) => {
      if (arrival.path.endsWith(LIST) && arrival.method === 'GET')
        return list === null ? json(res, 404, { errcode: 'M_NOT_FOUND', error: 'no' }) : json(res, 200, list)
      if (arrival.path.endsWith(LIST)) return json(res, 200, {})
      if (arrival.path.endsWith('/sync')) return void slow().then(() => rig(arrival, res))
      rig(arrival, res)
    }
    return given
  }
  const change = (device: KnownDevice, through: { readonly url: string }, list: unknown, method = 'PUT') =>
    fetch(`${through.url}/_matrix/client/v3/user/${encodeURIComponent(device.caller.userId)}${LIST}`, {
      method,
      headers: { authorization: `Bearer ${device.token}`, 'content-type': 'application/json' },
      body: JSON.stringify(list),
    })
  const LIST = '/account_data/m.ignored_user_list'
  const TROLL = { ignored_users: { '@troll:example.org': {} } }
  const later = (device: KnownDevice) =>
    world.sql`update charged_events set charged_at = charged_at - interval '11 minutes'
      where device_id = ${device.caller.userId}`
  const shown = async (device: KnownDevice) => classicTimeline(await on.classic(device), '!0').events.length

  it('has no newest events: whom it ignores chooses them', async () => {
    const ada = await on.spent(CATCH_UP)
    ignoring(TROLL)
    expect(await shown(ada)).toBe(0)
    for (const odd of [[], { ignored_users: [] }, { ignored_users: 'x' }]) {
      ignoring(odd)
      expect(await shown(ada)).toBe(0)
    }
    expect(await on.used(ada, 'catch-up')).toBe(0)
    for (const nobody of [null, {}, { ignored_users: {} }]) {
      ignoring(nobody)
      expect(await shown(ada)).toBe(1)
    }
  })

  it('has none either where the list was emptied while the answer was made, through another gateway', async () => {
    const ada = await on.spent(CATCH_UP)
    const elsewhere = await world.gateway()
    ignoring({}, () => change(ada, elsewhere, {}))
    expect(await shown(ada)).toBe(0)
    expect(await on.used(ada, 'catch-up')).toBe(0)
    ignoring({})
    expect(await shown(ada)).toBe(0)
    await later(ada)
    expect(await shown(ada)).toBe(1)
  })

  it('is written down before the homeserver hears of a change, however it is asked for', async () => {
    for (const [method, path] of [
      ['PUT', '/_matrix/client/r0/user/'],
      ['DELETE', '/_matrix/client/v3/user/'],
      ['DELETE', '/_matrix/client/unstable/org.matrix.msc3391/user/'],
    ] as const) {
      const ada = await world.device()
      let noted = -1
      world.homeserver.rig = (_arrival, res) => {
        void world.sql`select 1 from charged_events where device_id = ${ada.caller.userId}`.then((rows) => {
          noted = rows.length
          json(res, 200, {})
        })
      }
      const answer = await fetch(gateway.url + path + encodeURIComponent(ada.caller.userId) + LIST, {
        method,
        headers: { authorization: `Bearer ${ada.token}` },
        ...(method === 'PUT' ? { body: JSON.stringify(TROLL) } : {}),
      })
      expect([answer.status, noted]).toEqual([200, 1])
    }
  })

  it('changes it with a long list that comes in pieces, and not with one past all measure', async () => {
    const ada = await world.device()
    const heard: string[] = []
    world.homeserver.rig = ({ req }, res) => {
      req.setEncoding('utf8')
      let text = ''
      req.on('data', (part: string) => (text += part))
      req.on('end', () => {
        heard.push(text)
        json(res, 200, {})
      })
    }
    const list = (count: number) => ({
      ignored_users: Object.fromEntries(
        Array.from({ length: count }, (_, index) => [`@troll${index}:example.org`, {}]),
      ),
    })
    expect((await change(ada, gateway, list(3_000))).status).toBe(200)
    expect((await change(ada, gateway, list(20_000))).status).toBe(413)
    expect(heard).toEqual([JSON.stringify(list(3_000))])
  })
})

describe('a homeserver whose graph is in another order than what arrived', () => {
  it('is scrolled from above everything withheld, though an event with a made-up time came last', async () => {
    const ada = await on.spent(1)
    const [old, late] = [events(4, DAY), events(1, YEAR)]
    on.serve(classicBody({ '!a': classicRoom([...old, ...late]) }))
    const { events: kept, prev_batch } = classicTimeline(await on.classic(ada), '!a')
    expect(kept).toEqual(late)
    // The late one lies deep: paging from the answer's end meets the newest of the withheld first.
    expect(prev_batch).toMatch(/^s\d+$/)
  })
})
