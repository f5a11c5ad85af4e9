// A thief with one token and every way out at once, over two gateways: each meter gives its threshold and not one unit more.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { constantPolicy } from '../../server/policy/port.ts'
import { type KnownDevice, type MeteredGateway, meteredGateway } from '../support/metered-gateway.ts'
import { type Arrival, json, oldEvents } from '../support/rigged-homeserver.ts'
import { listed, members, SMALL, surfacePolicy, taps } from '../support/surface.ts'

let world: MeteredGateway
let gateways: Awaited<ReturnType<MeteredGateway['gateway']>>[]
beforeAll(async () => {
  world = await meteredGateway()
  const over = { policies: constantPolicy(surfacePolicy, 'enforce'), stepUp: taps(world).stepUp }
  gateways = [await world.gateway(over), await world.gateway(over)]
  world.homeserver.rig = (arrival, res) => {
    const { path, req } = arrival
    const chunks: Buffer[] = []
    req.on('data', (chunk: Buffer) => chunks.push(chunk))
    req.on('end', () => {
      if (path.includes('/media/')) {
        res.writeHead(200, { 'content-length': 1_500 }).end('x'.repeat(1_500))
        return
      }
      json(res, 200, answerOf(arrival, Buffer.concat(chunks).toString()))
    })
  }
})
afterAll(() => world.stop())

// What each request is answered with differs, so that nothing is free for having been read before.
let serial = 0
function answerOf({ path, query }: Arrival, body: string): unknown {
  serial += 1_000
  const limit = Number(query.get('limit') ?? 7)
  if (path.endsWith('/search')) {
    const { filter } = (JSON.parse(body) as { search_categories: { room_events: { filter: { limit: number } } } })
      .search_categories.room_events
    const results = oldEvents(`s${serial}`, 0, filter.limit).map((event) => ({ result: { ...event, room_id: '!a' } }))
    return { search_categories: { room_events: { results } } }
  }
  if (path.endsWith('/notifications')) {
    return { notifications: oldEvents(`n${serial}`, 0, limit).map((event) => ({ room_id: '!a', event })) }
  }
  if (path.endsWith('/messages')) return { chunk: oldEvents(`m${serial}`, 0, limit) }
  if (path.endsWith('/publicRooms')) return { chunk: listed(Math.min(limit, 7), 'room_id', '!p', serial) }
  if (path.includes('/profile/')) return { displayname: path }
  if (path.endsWith('/joined_members')) return { joined: members(7) }
  if (path.includes('/keys/!')) return { session_data: {} }
  return { room_id: '!joined' }
}

interface Way {
  readonly meter: string
  ask(device: KnownDevice, index: number): Promise<{ status: number; units: number }>
}
const C = '/_matrix/client/v3'
const of = (index: number) => gateways[index % 2] as (typeof gateways)[number]
const count = (status: number, list: unknown): number => (status === 200 && Array.isArray(list) ? list.length : 0)
const reading = (meter: string, path: (index: number) => string, units: (body: Body) => unknown): Way => ({
  meter,
  ask: async (device, index) => {
    const { status, body } = await of(index).get(device, path(index))
    const found = units(body as Body)
    return { status, units: typeof found === 'number' ? (status === 200 ? found : 0) : count(status, found) }
  },
})
type Body = Record<string, unknown>
const searched = (body: Body): unknown =>
  (body['search_categories'] as { room_events: { results: unknown[] } } | undefined)?.room_events.results

const WAYS: readonly Way[] = [
  reading(
    'archive',
    () => `${C}/rooms/!a:x/messages?dir=b&limit=7&from=s`,
    (body) => body['chunk'],
  ),
  reading(
    'archive',
    (index) => `${C}/notifications?limit=7&from=${index}`,
    (body) => body['notifications'],
  ),
  {
    meter: 'archive',
    ask: async (device, index) => {
      const asked = { search_categories: { room_events: { search_term: `t${index}`, filter: { limit: 7 } } } }
      const { status, body } = await of(index).post(device, `${C}/search`, asked)
      return { status, units: count(status, searched(body as Body)) }
    },
  },
  reading(
    'directory',
    () => `${C}/publicRooms?limit=7`,
    (body) => body['chunk'],
  ),
  reading(
    'directory',
    (index) => `${C}/profile/@p${index}:x`,
    () => 1,
  ),
  reading(
    'state',
    (index) => `${C}/rooms/!s${index}:x/joined_members`,
    () => 7,
  ),
  reading(
    'key-backup',
    (index) => `${C}/room_keys/keys/!a/s${index}?version=1`,
    () => 1,
  ),
  {
    meter: 'joins',
    ask: async (device, index) => {
      const { status } = await of(index).post(device, `${C}/join/!j${index}:x`, {})
      return { status, units: status === 200 ? 1 : 0 }
    },
  },
  {
    meter: 'media-files',
    ask: async (device, index) => {
      const answer = await fetch(`${of(index).url}/_matrix/client/v1/media/download/x/f${index}`, {
        headers: { authorization: `Bearer ${device.token}`, 'user-agent': 'test', 'x-forwarded-for': '192.0.2.1' },
      })
      const { byteLength } = await answer.arrayBuffer()
      return { status: answer.status, units: answer.status === 200 && byteLength === 1_500 ? 1 : 0 }
    },
  },
]

test('every way at once, 64 requests wide, on two gateways', async () => {
  const thief = await world.device()
  const taken = new Map<string, number>()
  const asking = WAYS.flatMap((way, kind) =>
    Array.from({ length: 64 }, (_, index) => ({ way, index: kind * 64 + index })),
  )
  // Mixed, so that they meet; 64 at a time, as connections would have it.
  const mixed = asking.toSorted((one, other) => (one.index % 64) - (other.index % 64))
  for (let at = 0; at < mixed.length; at += 64) {
    await Promise.all(
      mixed.slice(at, at + 64).map(async ({ way, index }) => {
        const { units } = await way.ask(thief, index)
        taken.set(way.meter, (taken.get(way.meter) ?? 0) + units)
      }),
    )
  }
  const thresholds = { ...SMALL, archive: 40 } as Record<string, number>
  for (const [meter, units] of taken) expect([meter, units <= (thresholds[meter] as number)]).toEqual([meter, true])
  // It was the threshold that held, and not something else that answered.
  expect(Object.fromEntries(taken)).toEqual({
    archive: 40,
    directory: expect.any(Number),
    state: 28,
    'key-backup': 4,
    joins: 3,
    'media-files': 5,
  })
  expect(taken.get('directory')).toBeGreaterThan(13)
})
