// Every kind of answer that can carry something out, made to measure, and taps for what was withheld.
import type { ServerResponse } from 'node:http'
import type { Ask, StepUp } from '../../server/gateway/ports.ts'
import { systemRandom } from '../../server/platform/random.ts'
import { newToken } from '../../server/platform/tokens.ts'
import { defaultPolicy, type MeteringPolicy, type RingMeter } from '../../server/policy/defaults.ts'
import { type MeteredGateway, smallPolicy } from './metered-gateway.ts'
import { type Arrival, honest, json, oldEvents, type Rig } from './rigged-homeserver.ts'

/** Thresholds small enough to be read up at once. Lengths and sub-buckets as by default. */
export const SMALL: Readonly<Partial<Record<RingMeter, number>>> = {
  state: 30,
  directory: 20,
  'media-bytes': 10_000,
  'media-files': 5,
  'key-backup': 4,
  joins: 3,
}

const windows = { ...smallPolicy.windows }
for (const [meter, limit] of Object.entries(SMALL)) {
  windows[meter as RingMeter] = defaultPolicy.windows[meter as RingMeter].map((window) => ({ ...window, limit }))
}
export const surfacePolicy: MeteringPolicy = {
  ...smallPolicy,
  windows,
  rooms: { ...smallPolicy.rooms, limit: 4 },
  taps: {
    ...smallPolicy.taps,
    state: { units: 40, seconds: 3_600 },
    directory: { units: 10, seconds: 3_600 },
    'media-bytes': { units: 10_000, seconds: 3_600 },
    'media-files': { units: 5, seconds: 3_600 },
    'key-backup': { units: 10, seconds: 3_600 },
    joins: { units: 2, seconds: 3_600 },
    pushers: { units: 1, seconds: 3_600 },
  },
}

/** Rows of state. */
export function stateRows(count: number): Record<string, unknown>[] {
  return oldEvents('state', 0, count).map((event, index) => ({ ...event, state_key: `@p${index}:example.org` }))
}

/** An object with so many members. */
export function members(count: number, prefix = '@p'): Record<string, object> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`${prefix}${index}:example.org`, {}]))
}

/** A list of so many rows, each with an id under that name. */
export function listed(count: number, name: string, prefix: string, offset = 0): Record<string, string>[] {
  return Array.from({ length: count }, (_, index) => ({ [name]: `${prefix}${offset + index}:example.org` }))
}

/** A search's answer: so many results of a room each, and so many events around each. */
export function searchAnswer(results: number, around = 0, rooms = 1): object {
  return {
    search_categories: {
      room_events: {
        count: results,
        next_batch: 'more',
        results: Array.from({ length: results }, (_, index) => {
          const [result] = oldEvents('found', index, 1)
          return {
            result: { ...result, room_id: `!r${index % rooms}:example.org` },
            context: { events_before: oldEvents(`around${index}`, 0, around), events_after: [] },
          }
        }),
      },
    },
  }
}

/** Answers paths that end so with that content; whatever else as a homeserver should. */
export function serve(
  content: unknown | ((arrival: Arrival) => unknown),
  only: (arrival: Arrival) => boolean = () => true,
): Rig {
  return (arrival, res: ServerResponse) => {
    if (arrival.path.endsWith('/state/m.room.name') || !only(arrival)) return honest(arrival, res)
    json(res, 200, typeof content === 'function' ? content(arrival) : content)
  }
}

/** A way to ask for taps that remembers what was asked, and grants it as a tap does. */
export function taps(world: MeteredGateway) {
  const asks: Ask[] = []
  let aheadMs = 0
  const stepUp: StepUp = {
    request: async (ask) => {
      asks.push(ask)
      return { approvalUri: `https://id.example.org/approve/${asks.length}`, approvalHash: 'none', state: 'pending' }
    },
    decided: async () => 'pending',
  }
  return {
    stepUp,
    asks,
    /** Ahead of the system's by a little more with each tap: what was refused is remembered for a second. */
    clock: { now: () => Date.now() + aheadMs },
    /** What the newest prompt asks for is tapped for. */
    async tap(): Promise<Ask> {
      const ask = asks.at(-1)
      if (!ask) throw new Error('nothing was asked')
      const { caller, origin, rooms, direction, meter } = ask
      const id = newToken('allowance', systemRandom)
      const granted = await world.db.transaction((tx) =>
        world.meters.grantAllowance(tx, {
          serverName: caller.serverName,
          personId: caller.personId,
          device: caller.device,
          id,
          approvalHash: id,
          network: origin.network,
          client: origin.client,
          rooms,
          direction,
          amounts: ask.amounts ?? { [meter]: surfacePolicy.taps[meter].units },
          ttlSeconds: 3_600,
        }),
      )
      if (granted.state !== 'granted') throw new Error(granted.state)
      aheadMs += 1_001
      return ask
    },
  }
}
