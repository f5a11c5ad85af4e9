// Trimming /sync: which events of an answer can be paid for, and the answer without the others. Only the oldest history of a
// room's timeline is withheld; live events and everything that is not a timeline or state stay as they are. Pure.
import type { Charge, SyncStream } from './port.ts'
import {
  EVENT_LISTS,
  eventsOf,
  type Fields,
  isFields,
  type RoomTimeline,
  STATE_AFTER,
  type SyncAnswer,
  type Unit,
} from './sync-answer.ts'

/** What an answer costs, whole or as kept by a verdict. */
export function costOf(
  answer: SyncAnswer,
  verdict?: Verdict,
): { streams: Partial<Record<SyncStream, Charge>>; live: number; state: number } {
  const hashes: Partial<Record<SyncStream, Set<bigint>>> = {}
  const bare: Partial<Record<SyncStream, number>> = {}
  let live = 0
  const add = (unit: Unit) => {
    live += unit.live
    for (const { stream, hash } of unit.due) {
      hashes[stream] ??= new Set()
      if (hash === null) bare[stream] = (bare[stream] ?? 0) + 1
      else hashes[stream].add(hash)
    }
  }
  answer.timelines.forEach(({ units }, index) => {
    units.forEach((unit, at) => {
      if (!verdict || stays(answer, verdict, index, at)) add(unit)
    })
  })
  for (const { unit } of answer.strays) if (!verdict || unit.due.length === 0) add(unit)
  const streams: Partial<Record<SyncStream, Charge>> = {}
  for (const [stream, set] of Object.entries(hashes)) {
    streams[stream as SyncStream] = { hashes: [...set], bare: bare[stream as SyncStream] ?? 0 }
  }
  return { streams, live, state: answer.state }
}

export interface Verdict {
  /** For each timeline, how many of its newest events stay. Older ones stay when they are live. */
  readonly keep: readonly number[]
  /** Timelines of which nothing stays, live events neither. */
  readonly emptied: ReadonlySet<number>
  readonly withheld: number
}

/**
 * Whether an event stays in its timeline. Live events do even before one that is withheld: one old event that a slow server
 * of the federation delivers late, or whose time is forged, must not take new messages away with it.
 */
function stays(
  answer: SyncAnswer,
  { keep, emptied }: Pick<Verdict, 'keep' | 'emptied'>,
  index: number,
  at: number,
): boolean {
  const { units } = answer.timelines[index] as RoomTimeline
  return at >= units.length - (keep[index] as number) || (!emptied.has(index) && (units[at] as Unit).due.length === 0)
}

/**
 * What can be paid of an answer: the newest event of every room first, then the next newest of every room, and so on, the
 * most recently active rooms before the others. From the first event of a room that cannot be paid, all older history is withheld.
 * `free`: hashes charged to this device before. `emptied`: timelines of which nothing can stay (no exact place to resume).
 */
export function judge(
  answer: SyncAnswer,
  left: Readonly<Record<SyncStream, number>>,
  free: ReadonlySet<bigint>,
  emptied: ReadonlySet<number> = new Set(),
): Verdict {
  const remaining = { ...left }
  // By stream: an id that comes with two ages is paid in both, so that a verdict never costs more than it was judged to.
  const paid = new Set<string>()
  const keep = answer.timelines.map(() => 0)
  let open = answer.timelines
    .map((_, index) => index)
    .filter((index) => !emptied.has(index))
    .sort((a, b) => (answer.timelines[b] as RoomTimeline).newestMs - (answer.timelines[a] as RoomTimeline).newestMs)
  for (let rank = 0; open.length > 0; rank++) {
    open = open.filter((index) => {
      const { units } = answer.timelines[index] as RoomTimeline
      const unit = units[units.length - 1 - rank]
      if (unit === undefined || !pay(unit, remaining, paid, free)) return false
      keep[index] = rank + 1
      return true
    })
  }
  let withheld = answer.strays.filter(({ unit }) => unit.due.length > 0).length
  answer.timelines.forEach(({ units }, index) => {
    units.forEach((_, at) => {
      if (!stays(answer, { keep, emptied }, index, at)) withheld++
    })
  })
  return { keep, emptied, withheld }
}

function pay(unit: Unit, remaining: Record<SyncStream, number>, paid: Set<string>, free: ReadonlySet<bigint>): boolean {
  const fresh = unit.due.filter(
    ({ stream, hash }) => hash === null || !(free.has(hash) || paid.has(`${stream} ${hash}`)),
  )
  const cost: Partial<Record<SyncStream, number>> = {}
  for (const { stream } of fresh) cost[stream] = (cost[stream] ?? 0) + 1
  for (const [stream, events] of Object.entries(cost)) if (events > remaining[stream as SyncStream]) return false
  for (const { stream, hash } of fresh) {
    remaining[stream]--
    if (hash !== null) paid.add(`${stream} ${hash}`)
  }
  return true
}

/** A timeline of which a part is withheld: where scrolling back must resume. */
export interface Cut {
  readonly index: number
  readonly roomId: string
  /** The event to begin with: null when it has no id. */
  readonly eventId: string | null
  /** The answer's own token, when all that is withheld stands after an event that stays. */
  readonly token: string | null
}

/**
 * Timelines cut in the middle, the most recently active rooms first. Those withheld whole resume at `next_batch` and need no
 * token of their own. Scrolling back follows the room's graph and /sync the order of arrival: of the events withheld before
 * the first that stays, the one latest by its own time is where to begin, not one that arrived late and stands deep down.
 */
export function cutsOf(answer: SyncAnswer, verdict: Verdict): readonly Cut[] {
  const cuts = answer.timelines.flatMap(
    ({ roomId, timeline, events, newestMs }, index): (Cut & { newestMs: number })[] => {
      const first = events.findIndex((_, at) => stays(answer, verdict, index, at))
      const whole = events.every((_, at) => stays(answer, verdict, index, at))
      if (first === -1 || whole) return []
      if (first === 0) {
        const token = timeline['prev_batch']
        return [{ index, roomId, newestMs, eventId: null, token: typeof token === 'string' ? token : null }]
      }
      let latest: Fields | null = null
      for (const event of events.slice(0, first)) {
        if (
          isFields(event) &&
          timeOf(event, answer.latestMs) >= (latest === null ? 0 : timeOf(latest, answer.latestMs))
        )
          latest = event
      }
      const eventId = latest !== null && typeof latest['event_id'] === 'string' ? latest['event_id'] : null
      return [{ index, roomId, newestMs, eventId, token: null }]
    },
  )
  return cuts.sort((a, b) => b.newestMs - a.newestMs)
}

function timeOf(event: Fields, latestMs: number): number {
  const ts = event['origin_server_ts']
  return typeof ts === 'number' && Number.isSafeInteger(ts) && ts <= latestMs ? ts : 0
}

/** The answer as a verdict leaves it. `tokens`: where each cut resumes, by timeline. The given answer is not changed. */
export function trim(answer: SyncAnswer, verdict: Verdict, tokens: ReadonlyMap<number, string>): Fields {
  const rooms = { ...(answer.body['rooms'] as Fields | undefined) }
  const replaced = new Map<Fields, Fields>()
  answer.timelines.forEach((timeline, index) => {
    const kept = timeline.events.filter((_, at) => stays(answer, verdict, index, at))
    if (kept.length === timeline.events.length) return
    const withheld = timeline.events.filter((_, at) => !stays(answer, verdict, index, at))
    const room: Fields = {
      ...timeline.room,
      timeline: {
        ...timeline.timeline,
        events: kept,
        limited: true,
        prev_batch: kept.length === 0 ? answer.nextBatch : tokens.get(index),
      },
    }
    if (!STATE_AFTER.some((key) => Object.hasOwn(timeline.room, key))) {
      const state = movedState(eventsOf(timeline.room['state']) ?? [], withheld)
      if (state) room['state'] = { ...(timeline.room['state'] as Fields | undefined), events: state }
    }
    replaced.set(timeline.room, room)
  })
  const strayLists = new Map<unknown, unknown[]>()
  for (const { list, event, unit } of answer.strays) {
    if (unit.due.length > 0) strayLists.set(list, [...(strayLists.get(list) ?? []), event])
  }
  for (const section of ['join', 'leave']) {
    if (!isFields(rooms[section])) continue
    rooms[section] = Object.fromEntries(
      Object.entries(rooms[section]).map(([roomId, room]) => [
        roomId,
        withoutStrays(replaced.get(room as Fields) ?? (room as Fields), strayLists, room as Fields),
      ]),
    )
  }
  return { ...answer.body, rooms }
}

// State among the withheld events is what held before the first event that stays: the last of each type and key.
function movedState(state: readonly unknown[], withheld: readonly unknown[]): readonly unknown[] | null {
  const moved = withheld.filter((event): event is Fields => isFields(event) && typeof event['state_key'] === 'string')
  if (moved.length === 0) return null
  const latest = new Map<string, unknown>()
  for (const event of [...state, ...moved.map(withoutNested)]) {
    const key = isFields(event) ? JSON.stringify([event['type'], event['state_key']]) : `other ${latest.size}`
    latest.delete(key)
    latest.set(key, event)
  }
  return [...latest.values()]
}

function withoutStrays(room: Fields, strays: ReadonlyMap<unknown, readonly unknown[]>, original: Fields): Fields {
  if (strays.size === 0) return room
  const result = { ...room }
  for (const key of EVENT_LISTS) {
    const carried = strays.get(eventsOf(original[key]))
    if (carried === undefined) continue
    const list = eventsOf(room[key]) ?? []
    // A state row loses what is nested in it; what is no state goes whole.
    const events = list.flatMap((event) =>
      !carried.includes(event)
        ? [event]
        : isFields(event) && typeof event['state_key'] === 'string' && !key.endsWith('sticky')
          ? [withoutNested(event)]
          : [],
    )
    result[key] = { ...(room[key] as Fields), events }
  }
  return result
}

function withoutNested(event: Fields): Fields {
  const { unsigned, ...rest } = event
  if (!isFields(unsigned)) return rest
  const kept = ['age', 'prev_content', 'prev_sender', 'replaces_state', 'membership', 'transaction_id'].filter((key) =>
    Object.hasOwn(unsigned, key),
  )
  return { ...rest, unsigned: Object.fromEntries(kept.map((key) => [key, unsigned[key]])) }
}
