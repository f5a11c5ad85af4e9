// Where the timelines of a trimmed /sync resume: asked of the homeserver, remembered, and never guessed. Paging backward from
// the end of the answer follows the room's graph; a place is good when nothing that is withheld lies above it. So an event
// that came late, or whose depth or time another server made up, takes nothing away from the client.
import { parseBody } from '../metering/scanner/reference.ts'
import type { SyncAnswer } from '../metering/sync-answer.ts'
import { isFields } from '../metering/sync-units.ts'
import { type Budget, type Cut, cutsOf, judge, type Verdict } from '../metering/trim.ts'
import { sha256Base64Url } from '../platform/crypto.ts'
import { inTime } from '../platform/in-time.ts'
import type { MeteredRequest } from './metered-port.ts'
import type { MeteredDeps } from './metered-serving.ts'

/** Places asked of the homeserver for one answer at most: timelines cut beyond them are withheld whole. */
const MAX_CUTS = 1_000
const CUTS_AT_ONCE = 16
/** The most events a homeserver gives in a page. */
const MAX_PAGE = 1_000
/** What is remembered only saves asking: it is not waited for longer. */
const REMEMBERED_MS = 1_000

/** A verdict whose every cut has an exact place to resume; timelines without one are withheld whole. */
export async function judgeWithPlaces(
  sync: SyncAnswer,
  budget: Budget,
  places: Places,
): Promise<{ verdict: Verdict; tokens: ReadonlyMap<number, string> }> {
  const emptied = new Set<number>()
  for (;;) {
    const verdict = judge(sync, budget, emptied)
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

/** The places of one answer's cuts, found from `resumeAt`, where the answer ends. */
export function placesOf(deps: MeteredDeps, request: MeteredRequest, resumeAt: string | null): Places {
  const known = new Map<string, string | null>()
  let asked = 0
  return async (cuts) => {
    const { device } = request.caller
    const names = new Map(cuts.map((cut) => [cut.index, `cut ${sha256Base64Url(cut.name)}`]))
    const nameOf = ({ index }: Cut) => names.get(index) as string
    const wanted = cuts.filter((cut) => cut.withheld !== null && !known.has(nameOf(cut)))
    if (wanted.length > 0 && resumeAt !== null) {
      const remembered = await inTime(REMEMBERED_MS, deps.resumePoints.find(device, wanted.map(nameOf))).catch(
        () => new Map<string, string>(),
      )
      for (const [name, token] of remembered) known.set(name, token)
      const asking = wanted.filter((cut) => !known.has(nameOf(cut))).slice(0, MAX_CUTS - asked)
      asked += asking.length
      for (let at = 0; at < asking.length; at += CUTS_AT_ONCE) {
        const some = asking.slice(at, at + CUTS_AT_ONCE)
        const tokens = await Promise.all(some.map((cut) => placeOf(request, resumeAt, cut)))
        some.forEach((cut, index) => {
          known.set(nameOf(cut), tokens[index] ?? null)
        })
      }
      const found = asking.flatMap((cut) => {
        const token = known.get(nameOf(cut))
        return token ? [{ device, roomId: cut.roomId, withheldEventId: nameOf(cut), token }] : []
      })
      // Only saves asking again: an answer does not depend on it.
      if (found.length > 0) await inTime(REMEMBERED_MS, deps.resumePoints.remember(found)).catch(() => undefined)
    }
    const tokens = new Map<number, string>()
    for (const cut of cuts) {
      const token = known.get(nameOf(cut))
      if (token) tokens.set(cut.index, token)
    }
    return tokens
  }
}

// As many events back from the answer's end as stay. Usually those are the ones; when a withheld one is among them, the place
// is right above it.
async function placeOf(request: MeteredRequest, resumeAt: string, cut: Cut): Promise<string | null> {
  let place = resumeAt
  for (let left = cut.kept; left > 0; ) {
    const limit = Math.min(left, MAX_PAGE)
    const page = await pageBack(request, place, cut.roomId, limit)
    if (page === null) return null
    const withheld = page.ids.findIndex((id) => id === null || cut.withheld?.has(id))
    if (withheld === 0) return place
    if (withheld > 0) {
      const above = await pageBack(request, place, cut.roomId, withheld)
      return above?.ids.some((id) => id === null || cut.withheld?.has(id)) === false ? above.end : null
    }
    place = page.end
    left -= limit
  }
  return place
}

async function pageBack(
  request: MeteredRequest,
  from: string,
  roomId: string,
  limit: number,
): Promise<{ ids: readonly (string | null)[]; end: string } | null> {
  const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/messages`
  const target = `${path}?dir=b&from=${encodeURIComponent(from)}&limit=${limit}`
  const answer = await request.send({ method: 'GET', target, timeoutMs: 10_000 })
  const page = answer.ok && answer.status === 200 ? parseBody(answer.body) : null
  if (!isFields(page) || typeof page['end'] !== 'string' || page['end'] === '') return null
  const chunk: unknown = page['chunk'] ?? []
  if (!Array.isArray(chunk) || chunk.length > limit) return null
  const ids = chunk.map((event: unknown) => (isFields(event) ? event['event_id'] : null))
  return { ids: ids.map((id) => (typeof id === 'string' ? id : null)), end: page['end'] }
}
