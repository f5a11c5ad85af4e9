// What the tests of /sync are made of: events of an age, rooms of both forms, and devices with nothing left.
import type { Answer, KnownDevice, MeteredGateway } from './metered-gateway.ts'
import { smallPolicy } from './metered-gateway.ts'
import { paging } from './paging-homeserver.ts'
import { PLAIN_SPENDING } from './spending.ts'

export type Event = Record<string, unknown>
export const MINUTE = 60_000
export const DAY = 86_400_000
export const YEAR = 365 * DAY
export const CATCH_UP = smallPolicy.windows['catch-up'][0]?.limit ?? 0
const SLIDING = '/_matrix/client/unstable/org.matrix.simplified_msc3575/sync'

let serial = 0
/** Events sent `agoMs` ago, the last the newest. */
export const events = (count: number, agoMs: number, fields: Event = {}): Event[] =>
  Array.from({ length: count }, (_, index) => ({
    type: 'm.room.message',
    event_id: `$e${++serial}`,
    sender: '@bob:example.org',
    content: { body: 'x' },
    origin_server_ts: Date.now() - agoMs - count + index,
    ...fields,
  }))
export const live = (count = 1): Event[] => events(count, 0)
/** Memberships: rows of state. */
export const members = (count: number, agoMs: number): Event[] =>
  events(count, agoMs, { type: 'm.room.member' }).map((event, index) => ({ ...event, state_key: `@u${index}:x` }))

export const classicRoom = (timeline: readonly Event[], over: Event = {}) => ({
  timeline: { events: timeline, prev_batch: 'own', limited: false },
  state: { events: [] as Event[] },
  ephemeral: { events: [] },
  ...over,
})
export const slidingRoom = (timeline: readonly Event[], over: Event = {}) => ({
  timeline,
  prev_batch: 'own',
  notification_count: 2,
  num_live: 0,
  bump_stamp: 9,
  ...over,
})

let batch = 0
export const classicBody = (rooms: Record<string, unknown>, over: Event = {}) => ({
  next_batch: `s${++batch}`,
  to_device: { events: [{ type: 'm.room_key', content: {} }] },
  rooms: { join: rooms },
  ...over,
})
export const slidingBody = (rooms: Record<string, unknown>, over: Event = {}) => ({
  pos: `${++batch}/s${batch}`,
  lists: {
    all: { count: Object.keys(rooms).length, ops: [{ op: 'SYNC', range: [0, 9], room_ids: Object.keys(rooms) }] },
  },
  rooms,
  extensions: { to_device: { next_batch: '1', events: [{ type: 'm.room_key', content: {} }] } },
  ...over,
})

export const classicTimeline = (answer: Answer, roomId: string) =>
  answer.body.rooms.join[roomId].timeline as { events: Event[]; limited: boolean; prev_batch: string }

/** What tests of /sync do with a gateway. */
export function syncing(world: MeteredGateway, gateway: Awaited<ReturnType<MeteredGateway['gateway']>>) {
  const spend = (device: KnownDevice, streams: Parameters<typeof world.meters.spend>[0]['streams']) =>
    world.meters.spend({
      serverName: 'example.org',
      personId: device.person.id,
      device: device.id,
      streams,
      ...PLAIN_SPENDING,
    })
  const serve = (answer: unknown, filters: Record<string, unknown> = {}) => {
    world.homeserver.rig = paging(answer, filters)
  }
  const classic = (device: KnownDevice, query = '') => gateway.get(device, `/_matrix/client/v3/sync${query}`)
  const sliding = (device: KnownDevice, query = '', content: unknown = {}) =>
    gateway.post(device, SLIDING + query, content)
  return {
    spend,
    serve,
    classic,
    sliding,
    /** A device of a person with nothing left of the archive, and so much of catch-up. */
    async spent(catchUp = 0): Promise<KnownDevice> {
      const device = await world.deviceWith(0)
      if (catchUp < CATCH_UP) await spend(device, { 'catch-up': { hashes: [], bare: CATCH_UP - catchUp } })
      return device
    },
    used: async (device: KnownDevice, name: string) =>
      (await world.meters.remaining('example.org', device.person.id)).find(({ meter }) => meter === name)?.used,
    /** A position that a device was given so long ago. */
    async given(device: KnownDevice, form: 'classic' | 'sliding', agoMs = 0): Promise<string> {
      const answer = form === 'classic' ? classicBody({}) : slidingBody({})
      serve(answer)
      await (form === 'classic' ? classic(device) : sliding(device))
      await world.sql`update device_positions set covers_until_ms = covers_until_ms - ${agoMs} where device_id = ${device.id}`
      return 'pos' in answer ? answer.pos : answer.next_batch
    },
  }
}
