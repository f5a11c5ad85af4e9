// The answer of a /sync as a verdict leaves it, in either form. The given answer is not changed. Pure.
import { type RoomTimeline, STATE_AFTER, type SyncAnswer } from './sync-answer.ts'
import { eventsOf, type Fields, isFields, type Stray, withoutNested } from './sync-units.ts'
import { stays, type Verdict } from './trim.ts'

/** The trimmed body. `tokens`: where each cut resumes, by timeline; those withheld whole resume where the answer ends. */
export function trim(answer: SyncAnswer, verdict: Verdict, tokens: ReadonlyMap<number, string>): Fields {
  const taken: Taken = new Map()
  answer.strays.forEach((stray, index) => {
    if (!verdict.strays.has(index)) take(taken, stray)
  })
  const rooms = new Map<object, Fields>()
  answer.timelines.forEach((timeline, index) => {
    const isKept = timeline.events.map((_, at) => stays(answer, verdict, index, at))
    if (isKept.every((kept) => kept)) return
    const resume = isKept.some((kept) => kept) ? tokens.get(index) : answer.resumeAt
    if (typeof resume !== 'string') throw new Error('a trimmed timeline without a place to resume')
    const cut = answer.form === 'sliding' ? cutSliding : cutClassic
    rooms.set(
      timeline.room,
      cut({ ...timeline, room: rewritten(timeline.room, NO_ROOMS, taken) as Fields }, isKept, resume),
    )
  })
  return rewritten(answer.body, rooms, taken) as Fields
}

/** What is taken out, by what holds it: nothing stands in its place, or what is left of it. */
type Taken = Map<object, Map<string, unknown>>
const NO_ROOMS: ReadonlyMap<object, Fields> = new Map()

function take(taken: Taken, { holder, key, rest }: Stray): void {
  const members = taken.get(holder) ?? new Map<string, unknown>()
  taken.set(holder, members.set(key, rest))
}

function cutClassic(timeline: RoomTimeline, isKept: readonly boolean[], resume: string): Fields {
  const { room, events } = timeline
  const result: Fields = {
    ...room,
    timeline: {
      ...(room['timeline'] as Fields),
      events: events.filter((_, at) => isKept[at]),
      limited: true,
      prev_batch: resume,
    },
  }
  const moved = movedState(
    room,
    events.filter((_, at) => !isKept[at]),
  )
  if (moved) result['state'] = { ...(room['state'] as Fields | undefined), events: moved.rows }
  return result
}

// `required_state` is that of the answer's end: nothing moves there.
function cutSliding({ room, events }: RoomTimeline, isKept: readonly boolean[], resume: string): Fields {
  const result: Fields = { ...room, timeline: events.filter((_, at) => isKept[at]), limited: true, prev_batch: resume }
  const live = room['num_live']
  if (typeof live === 'number' && live > 0) {
    // The newest of the timeline just happened; of those that stay, as many are left.
    result['num_live'] = isKept.slice(-live).filter((kept) => kept).length
  }
  return result
}

/**
 * State among withheld events is what held before the first event that stays: the last of each type and key, in the place of
 * what stood there. Null when none is withheld, or when the room tells its state after the timeline (MSC4222).
 */
export function movedState(
  room: Fields,
  withheld: readonly unknown[],
): { readonly rows: readonly unknown[]; readonly moved: readonly Fields[] } | null {
  if (STATE_AFTER.some((key) => Object.hasOwn(room, key))) return null
  const stated = withheld.filter((event): event is Fields => isFields(event) && typeof event['state_key'] === 'string')
  if (stated.length === 0) return null
  const moved = new Set(stated.map(withoutNested))
  const latest = new Map<string, unknown>()
  for (const event of [...(eventsOf(room['state']) ?? []), ...moved]) {
    const key = isFields(event) ? JSON.stringify([event['type'], event['state_key']]) : `other ${latest.size}`
    latest.delete(key)
    latest.set(key, event)
  }
  const rows = [...latest.values()]
  return { rows, moved: rows.filter((row): row is Fields => moved.has(row as Fields)) }
}

// A copy where something in it changes, the same object where nothing does.
function rewritten(value: unknown, rooms: ReadonlyMap<object, Fields>, taken: Taken): unknown {
  if (typeof value !== 'object' || value === null || rooms.size + taken.size === 0) return value
  const room = rooms.get(value)
  if (room) return room
  const gone = taken.get(value)
  let changed = gone !== undefined
  const kept: [string, unknown][] = []
  for (const [key, member] of Object.entries(value)) {
    const next = gone?.has(key) ? gone.get(key) : rewritten(member, rooms, taken)
    if (next !== member) changed = true
    if (next !== undefined) kept.push([key, next])
  }
  if (!changed) return value
  return Array.isArray(value) ? kept.map(([, member]) => member) : Object.fromEntries(kept)
}
