// What a /sync answer carries, room by room: read once, before it is known what pays for it. Pure.
import type { MeteringPolicy } from '../policy/defaults.ts'
import type { SyncStream } from './port.ts'
import type { CarriedEvent } from './scanner/port.ts'
import { collectEvent } from './scanner/reference.ts'
import { type HashId, isLive } from './weigh.ts'

export type Fields = { [key: string]: unknown }

/** How history is paid in this answer: set by the request's position. */
export interface Coming {
  /** A new device's first sync: all history of the answer is paid by that window. */
  readonly firstSync: boolean
  /** Events after this were not reachable at the position the device came back with. Null: it is not one of ours. */
  readonly coversUntilMs: number | null
}

/** One event of a timeline with what is nested in it: delivered or withheld as one. */
export interface Unit {
  readonly due: readonly Due[]
  readonly live: number
}
interface Due {
  readonly stream: SyncStream
  readonly ts: number | null
  /** Null: without a usable id, charged always. */
  readonly hash: bigint | null
}

export interface RoomTimeline {
  readonly section: 'join' | 'leave'
  readonly roomId: string
  readonly room: Fields
  readonly timeline: Fields
  /** As in the answer: oldest first. */
  readonly events: readonly unknown[]
  readonly units: readonly Unit[]
  readonly newestMs: number
}

/** An event outside the timelines that carries history: a row of a state section that is no state, or nests an event. */
interface Stray {
  readonly list: unknown[]
  readonly event: unknown
  readonly unit: Unit
}

export interface SyncAnswer {
  readonly body: Fields
  readonly nextBatch: string
  readonly timelines: readonly RoomTimeline[]
  readonly strays: readonly Stray[]
  readonly state: number
  /** Epoch milliseconds past which an event's time cannot be true. */
  readonly latestMs: number
}

export const STATE_AFTER = ['state_after', 'org.matrix.msc4222.state_after']
export const EVENT_LISTS = ['state', ...STATE_AFTER, 'msc4354_sticky', 'sticky']

/** Reads a parsed /sync answer; null when it is not one: it must be withheld. */
export function readSync(
  body: unknown,
  coming: Coming,
  nowMs: number,
  policy: MeteringPolicy,
  hash: HashId,
): SyncAnswer | null {
  if (!isFields(body) || typeof body['next_batch'] !== 'string') return null
  const timelines: RoomTimeline[] = []
  const strays: Stray[] = []
  const latestMs = nowMs + policy.futureSkewMs
  let state = 0
  const unitOf = (carried: readonly CarriedEvent[]): Unit => {
    const due: Due[] = []
    let live = 0
    for (const event of carried) {
      if (event.kind === 'state') state++
      else if (isLive(event.ts, nowMs, policy)) live++
      else
        due.push({
          stream: streamOf(event.ts, coming, latestMs),
          ts: event.ts,
          hash: event.id === null ? null : hash(event.id),
        })
    }
    return { due, live }
  }
  const rooms = body['rooms'] ?? {}
  if (!isFields(rooms)) return null
  for (const section of ['join', 'leave'] as const) {
    const members = rooms[section] ?? {}
    if (!isFields(members)) return null
    for (const [roomId, room] of Object.entries(members)) {
      if (!isFields(room)) return null
      for (const key of EVENT_LISTS) {
        const list = eventsOf(room[key])
        if (list === null) return null
        for (const event of list) {
          const unit = unitOf(carriedBy(event, key.endsWith('sticky') ? 'timeline' : 'state'))
          if (unit.due.length > 0 || unit.live > 0) strays.push({ list, event, unit })
        }
      }
      const events = eventsOf(room['timeline'])
      if (events === null) return null
      if (events.length === 0) continue
      const units = events.map((event) => unitOf(carriedBy(event, 'timeline')))
      const newest = events[events.length - 1]
      const newestMs =
        isFields(newest) && typeof newest['origin_server_ts'] === 'number' ? newest['origin_server_ts'] : 0
      timelines.push({ section, roomId, room, timeline: room['timeline'] as Fields, events, units, newestMs })
    }
  }
  return { body, nextBatch: body['next_batch'], timelines, strays, state, latestMs }
}

/** The same answer, its history to be paid as this position says: reading it needs no position, paying does. */
export function withComing(answer: SyncAnswer, coming: Coming): SyncAnswer {
  const again = ({ due, live }: Unit): Unit => ({
    live,
    due: due.map(({ ts, hash }) => ({ ts, hash, stream: streamOf(ts, coming, answer.latestMs) })),
  })
  return {
    ...answer,
    timelines: answer.timelines.map((timeline) => ({ ...timeline, units: timeline.units.map(again) })),
    strays: answer.strays.map((stray) => ({ ...stray, unit: again(stray.unit) })),
  }
}

function streamOf(ts: number | null, coming: Coming, latestMs: number): SyncStream {
  if (coming.firstSync) return 'first-sync'
  return coming.coversUntilMs !== null && ts !== null && ts > coming.coversUntilMs && ts <= latestMs
    ? 'catch-up'
    : 'archive'
}

function carriedBy(event: unknown, kind: CarriedEvent['kind']): readonly CarriedEvent[] {
  const carried: CarriedEvent[] = []
  collectEvent(event, kind, carried)
  return carried
}

const NONE: unknown[] = []

/** The events of a section: none when it is absent, null when it is malformed. */
export function eventsOf(section: unknown): unknown[] | null {
  if (section === undefined) return NONE
  if (!isFields(section)) return null
  const events = section['events']
  if (events === undefined) return NONE
  return Array.isArray(events) ? events : null
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
