// Where the timelines of a trimmed /sync resume: asked of the homeserver, remembered, and never guessed.
import type { SyncStream } from '../metering/port.ts'
import { parseBody } from '../metering/scanner/reference.ts'
import type { SyncAnswer } from '../metering/sync-answer.ts'
import { type Cut, cutsOf, judge, type Verdict } from '../metering/trim.ts'
import { inTime } from '../platform/in-time.ts'
import type { MeteredDeps } from './metered.ts'
import type { MeteredRequest } from './metered-port.ts'

/** Places asked of the homeserver for one answer at most: timelines cut beyond them are withheld whole. */
const MAX_CUTS = 100
const CUTS_AT_ONCE = 8
/** What is remembered only saves asking: it is not waited for longer. */
const REMEMBERED_MS = 1_000

/** A verdict whose every cut has an exact place to resume; timelines without one are withheld whole. */
export async function judgeWithPlaces(
  sync: SyncAnswer,
  left: Readonly<Record<SyncStream, number>>,
  free: ReadonlySet<bigint>,
  places: Places,
): Promise<{ verdict: Verdict; tokens: ReadonlyMap<number, string> }> {
  const emptied = new Set<number>()
  for (;;) {
    const verdict = judge(sync, left, free, emptied)
    const cuts = cutsOf(sync, verdict)
    const tokens = await places(cuts)
    const lost = cuts.filter(({ index }) => !tokens.has(index))
    if (lost.length === 0) return { verdict, tokens }
    // What those would have cost is free for other rooms: judged again, with ever fewer timelines to cut.
    for (const { index } of lost) emptied.add(index)
  }
}

/** The tokens of cuts by timeline, as far as they can be had. */
export type Places = (cuts: readonly Cut[]) => Promise<ReadonlyMap<number, string>>

/** The places of one answer's cuts: `end` of an event's context, from which paging backward begins with that event. */
export function placesOf(deps: MeteredDeps, request: MeteredRequest): Places {
  const known = new Map<string, string | null>()
  let places = 0
  const fetchToken = async (cut: Cut, eventId: string): Promise<void> => {
    const base = request.route.target.split('/sync', 1)[0] as string
    const target = `${base}/rooms/${encodeURIComponent(cut.roomId)}/context/${encodeURIComponent(eventId)}?limit=0`
    const answer = await request.send({ target, timeoutMs: 10_000 })
    const context = answer.ok && answer.status === 200 ? parseBody(answer.body) : null
    const end = typeof context === 'object' && context !== null ? (context as { end?: unknown }).end : undefined
    known.set(eventId, typeof end === 'string' && end !== '' ? end : null)
  }
  return async (cuts) => {
    const { device } = request.caller
    const wanted = cuts.filter((cut) => cut.eventId !== null && !known.has(cut.eventId))
    if (wanted.length > 0) {
      const ids = wanted.map(({ eventId }) => eventId as string)
      const remembered = await inTime(REMEMBERED_MS, deps.resumePoints.find(device, ids)).catch(
        () => new Map<string, string>(),
      )
      for (const [eventId, token] of remembered) known.set(eventId, token)
      const asking = wanted.filter(({ eventId }) => !known.has(eventId as string)).slice(0, MAX_CUTS - places)
      places += asking.length
      for (let at = 0; at < asking.length; at += CUTS_AT_ONCE) {
        await Promise.all(asking.slice(at, at + CUTS_AT_ONCE).map((cut) => fetchToken(cut, cut.eventId as string)))
      }
      const found = asking.flatMap(({ roomId, eventId }) => {
        const token = known.get(eventId as string)
        return token ? [{ device, roomId, withheldEventId: eventId as string, token }] : []
      })
      // Only saves asking again: an answer does not depend on it.
      await inTime(REMEMBERED_MS, deps.resumePoints.remember(found)).catch(() => undefined)
    }
    const tokens = new Map<number, string>()
    for (const { index, eventId, token: own } of cuts) {
      const token = eventId === null ? own : known.get(eventId)
      if (token) tokens.set(index, token)
    }
    return tokens
  }
}
