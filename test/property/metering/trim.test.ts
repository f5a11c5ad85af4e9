// Trimming /sync in both forms, against a homeserver of rooms whose graph, order of arrival and clocks have nothing to do with
// each other: never more than is left, nothing uncounted, no live event withheld, and no event lost for good.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { judgeWithPlaces, placesOf } from '../../../server/gateway/metered-places.ts'
import type { MeteredRequest } from '../../../server/gateway/metered-port.ts'
import { SLIDING } from '../../../server/metering/sliding-answer.ts'
import { CLASSIC, readAnswer, type SyncAnswer, withComing } from '../../../server/metering/sync-answer.ts'
import type { Fields } from '../../../server/metering/sync-units.ts'
import { type Budget, judge } from '../../../server/metering/trim.ts'
import { trim } from '../../../server/metering/trim-body.ts'
import { type Cost, costOf } from '../../../server/metering/trim-cost.ts'
import { eventHasher } from '../../../server/metering/weigh.ts'
import { defaultPolicy } from '../../../server/policy/defaults.ts'

const NOW = 1_800_000_000_000
const LIVE = NOW - 1_000
const hash = eventHasher(new Uint8Array(32))('192.0.2.0/24')
const reading = { nowMs: NOW, policy: defaultPolicy, hash }
const coming = { firstSync: false, coversUntilMs: NOW - 3_600_000 }
const PLENTY: Budget = {
  left: { archive: 1_000, 'catch-up': 1_000, 'first-sync': 0, rooms: 100 },
  newest: 0,
  free: new Set(),
}

/** An event as the homeserver has it: its place in the graph is its own. */
interface Stored {
  readonly depth: number
  readonly event: Fields & { readonly event_id: string; readonly origin_server_ts: number }
}

let serial = 0
const stored: fc.Arbitrary<Stored> = fc
  .record({
    depth: fc.nat(30),
    age: fc.constantFrom(LIVE, NOW - 1_800_000, NOW - 86_400_000, NOW + 3_600_000),
    type: fc.constantFrom('m.room.message', 'm.room.message', 'm.room.topic'),
    nests: fc.boolean(),
  })
  .map(({ depth, age, type, nests }) => {
    const id = `$${++serial}`
    const nested = { event_id: `${id}n`, origin_server_ts: NOW - 86_400_000, content: {} }
    const event = {
      event_id: id,
      origin_server_ts: age,
      type,
      content: {},
      ...(type === 'm.room.topic' ? { state_key: '' } : {}),
      ...(nests ? { unsigned: { 'm.relations': { 'm.thread': { latest_event: nested } } } } : {}),
    }
    return { depth, event }
  })
/** Rooms: what was there before the answer, and the answer's timeline in order of arrival. */
const rooms = fc.array(
  fc.record({ before: fc.array(stored, { maxLength: 3 }), timeline: fc.array(stored, { maxLength: 8 }) }),
  {
    maxLength: 5,
  },
)
const budget: fc.Arbitrary<Budget> = fc
  .record({ archive: fc.nat(12), 'catch-up': fc.nat(12), rooms: fc.nat(4), newest: fc.option(fc.nat(3)) })
  .map(({ newest, ...left }) => ({ left: { ...left, 'first-sync': 0 }, newest, free: new Set<bigint>() }))
const form = fc.constantFrom('classic' as const, 'sliding' as const)
type Rooms = readonly { readonly before: readonly Stored[]; readonly timeline: readonly Stored[] }[]

const events = (all: readonly Stored[]) => all.map(({ event }) => event)
function bodyOf(kind: SyncAnswer['form'], all: Rooms): Fields {
  const named = all.map(({ timeline }, index) => [`!r${index}`, events(timeline)] as const)
  if (kind === 'sliding') {
    const room = (timeline: readonly Fields[]) => ({ timeline, prev_batch: 'own', num_live: 2, required_state: [] })
    return {
      pos: '7/end',
      lists: { all: { count: all.length } },
      rooms: Object.fromEntries(named.map(([id, timeline]) => [id, room(timeline)])),
      extensions: { to_device: { next_batch: '1', events: [{ type: 'kept', content: {} }] } },
    }
  }
  const room = (timeline: readonly Fields[]) => ({
    timeline: { events: timeline, prev_batch: 'own', limited: false },
    state: { events: [] },
    ephemeral: {},
    unread_notifications: { notification_count: 3 },
    unread_thread_notifications: { $thread: { notification_count: 1 } },
  })
  return {
    next_batch: 'end',
    to_device: { events: [{ type: 'kept', content: {} }] },
    rooms: {
      invite: { '!i': { invite_state: { events: [{ type: 'm.room.name', state_key: '', content: {} }] } } },
      join: Object.fromEntries(named.map(([id, timeline]) => [id, room(timeline)])),
    },
  }
}
function read(kind: SyncAnswer['form'], body: unknown): SyncAnswer {
  const answer = readAnswer(kind === 'sliding' ? SLIDING : CLASSIC, body, reading)
  if (answer === null) throw new Error('unreadable')
  return withComing(answer, coming)
}
const roomOf = (body: Fields, kind: SyncAnswer['form'], id: string): Fields => {
  const sections = body['rooms'] as Record<string, Fields>
  return (kind === 'sliding' ? sections[id] : (sections['join'] as Record<string, Fields>)[id]) as Fields
}
const timelineOf = (room: Fields, kind: SyncAnswer['form']) => {
  const place = kind === 'sliding' ? room : (room['timeline'] as Fields)
  const list = (kind === 'sliding' ? place['timeline'] : place['events']) as (Fields & { event_id: string })[]
  return { list: list ?? [], limited: place['limited'] === true, resume: place['prev_batch'] as string }
}

/** The homeserver's /messages: backward by depth, then by arrival. Its tokens: `end`, or the place after an event. */
function pagesOf(all: Rooms) {
  const graph = new Map<string, readonly Stored[]>(
    all.map(({ before, timeline }, index) => {
      const arrived = [...before, ...timeline].map((one, arrival) => ({ ...one, arrival }))
      return [`!r${index}`, arrived.sort((a, b) => b.depth - a.depth || b.arrival - a.arrival)] as const
    }),
  )
  return (roomId: string, from: string, limit: number) => {
    const list = graph.get(roomId) ?? []
    const start = from === 'end' ? 0 : list.findIndex(({ event }) => `after ${event.event_id}` === from) + 1
    if (from !== 'end' && start === 0) throw new Error(`no such place: ${from}`)
    const chunk = list.slice(start, start + limit)
    return {
      chunk: chunk.map(({ event }) => event),
      end: chunk.length ? `after ${chunk.at(-1)?.event.event_id}` : undefined,
    }
  }
}
function requestTo(pages: ReturnType<typeof pagesOf>): MeteredRequest {
  const request: Pick<MeteredRequest, 'caller' | 'route' | 'send'> = {
    caller: { device: 'dev_1' } as MeteredRequest['caller'],
    route: { query: new URLSearchParams() as unknown } as MeteredRequest['route'],
    send: async (asked) => {
      const url = new URL(asked?.target ?? '', 'http://homeserver')
      const roomId = decodeURIComponent(/rooms\/([^/]+)/.exec(url.pathname)?.[1] ?? '')
      const page = pages(roomId, url.searchParams.get('from') ?? '', Number(url.searchParams.get('limit')))
      return { ok: true, status: 200, headers: [], body: new TextEncoder().encode(JSON.stringify(page)) }
    },
  }
  const route = { query: { first: () => null } } as unknown as MeteredRequest['route']
  return { ...request, route } as MeteredRequest
}
const resumePoints = { find: async () => new Map<string, string>(), remember: async () => undefined }
const deps = { resumePoints } as unknown as Parameters<typeof placesOf>[0]
const units = (cost: Cost, stream: 'archive' | 'catch-up' | 'rooms') =>
  (cost.streams[stream]?.hashes.length ?? 0) + (cost.streams[stream]?.bare ?? 0)

describe('a trimmed sync', () => {
  it('and scrolling from where it says give everything between them, in order, within the budget', async () => {
    await fc.assert(
      fc.asyncProperty(form, rooms, budget, async (kind, all, purse) => {
        const body = bodyOf(kind, all)
        const before = JSON.stringify(body)
        const answer = read(kind, body)
        const pages = pagesOf(all)
        const places = placesOf(deps, requestTo(pages), answer.resumeAt)
        const { verdict, tokens } = await judgeWithPlaces(answer, purse, places)
        const cost = costOf(answer, { verdict, owed: true, hash })
        expect(units(cost, 'archive')).toBeLessThanOrEqual(purse.left.archive)
        expect(units(cost, 'catch-up')).toBeLessThanOrEqual(purse.left['catch-up'] + (purse.newest ?? 0))
        expect(units(cost, 'rooms')).toBeLessThanOrEqual(purse.left.rooms ?? 0)
        const out = trim(answer, verdict, tokens)
        expect(JSON.stringify(body)).toBe(before)
        // Reading the answer again counts what was paid for: nothing went out that was not.
        const again = costOf(read(kind, out), { owed: true, hash })
        const history = (one: Cost) => units(one, 'archive') + units(one, 'catch-up')
        expect(history(again)).toBeLessThanOrEqual(history(cost))
        expect(again.live).toBe(cost.live)

        for (const [index, { timeline }] of all.entries()) {
          const roomId = `!r${index}`
          const given = roomOf(body, kind, roomId)
          const kept = roomOf(out, kind, roomId)
          const { list, limited, resume } = timelineOf(kept, kind)
          const keptIds = new Set(list.map(({ event_id }) => event_id))
          expect(list).toEqual(events(timeline).filter(({ event_id }) => keptIds.has(event_id)))
          const withheld = events(timeline).filter(({ event_id }) => !keptIds.has(event_id))
          if (withheld.length === 0) {
            expect(kept).toEqual(given)
            continue
          }
          expect(limited).toBe(true)
          const reached = new Set(keptIds)
          for (let from: string | undefined = resume; from !== undefined; ) {
            const page = pages(roomId, from, 2)
            for (const { event_id } of page.chunk) reached.add(event_id)
            from = page.end
          }
          expect(withheld.filter(({ event_id }) => !reached.has(event_id))).toEqual([])
          if (kind === 'sliding') {
            const live = events(timeline).slice(-2)
            expect(kept['num_live']).toBe(live.filter(({ event_id }) => keptIds.has(event_id)).length)
          }
        }
      }),
      { numRuns: 1_500 },
    )
  })

  it('keeps live events, history newer than what is withheld, and everything that is no timeline', () => {
    fc.assert(
      fc.property(form, rooms, budget, (kind, all, purse) => {
        const body = bodyOf(kind, all)
        const answer = read(kind, body)
        const verdict = judge(answer, purse)
        const tokens = new Map(answer.timelines.map((_, index) => [index, 'place']))
        const out = trim(answer, verdict, tokens)
        let withheldInAll = 0
        all.forEach(({ timeline }, index) => {
          const roomId = `!r${index}`
          const { list } = timelineOf(roomOf(out, kind, roomId), kind)
          const ids = new Set(list.map(({ event_id }) => event_id))
          const withheld = timeline.filter(({ event }) => !ids.has(event.event_id))
          withheldInAll += withheld.length
          const isYoung = ({ event }: Stored) => event.origin_server_ts === LIVE
          // A live event that nests an old one costs what that costs.
          expect(withheld.filter((one) => isYoung(one) && one.event['unsigned'] === undefined)).toEqual([])
          const newest = withheld.length === 0 ? -1 : timeline.indexOf(withheld.at(-1) as Stored)
          expect(
            timeline
              .slice(0, newest + 1)
              .filter(({ event }) => ids.has(event.event_id))
              .every(isYoung),
          ).toBe(true)
          if (kind === 'classic') {
            const topics = withheld.filter(({ event }) => event['state_key'] === '').map(({ event }) => event.event_id)
            const { events: state } = roomOf(out, kind, roomId)['state'] as { events: { event_id: string }[] }
            expect(state.map(({ event_id }) => event_id)).toEqual(topics.slice(-1))
          }
        })
        expect(verdict.withheld).toBe(withheldInAll)
        const without = (one: Fields) => ({
          ...one,
          rooms: { ...(one['rooms'] as Fields), join: 0, '!r0': 0, '!r1': 0, '!r2': 0, '!r3': 0, '!r4': 0 },
        })
        expect(without(out)).toEqual(without(body))
      }),
      { numRuns: 1_000 },
    )
  })

  it('is whole when all is left', () => {
    fc.assert(
      fc.property(form, rooms, (kind, all) => {
        const body = bodyOf(kind, all)
        const answer = read(kind, body)
        const verdict = judge(answer, PLENTY)
        expect(verdict.withheld).toBe(0)
        expect(trim(answer, verdict, new Map())).toEqual(body)
        expect(costOf(answer, { verdict, owed: true, hash })).toEqual(costOf(answer, { owed: true, hash }))
      }),
    )
  })

  it('keeps the newest event of each room, in either form, as long as catch-up has one for it', () => {
    fc.assert(
      fc.property(form, rooms, fc.nat(10), (kind, all, newest) => {
        const answer = read(kind, bodyOf(kind, all))
        const due = answer.timelines.map(({ units: of }) => (of.at(-1)?.due ?? []).length)
        const left = { archive: 0, 'catch-up': 0, 'first-sync': 0, rooms: 0 }
        const verdict = judge(answer, { left, newest, free: new Set() })
        const kept = due.filter((cost, index) => cost > 0 && (verdict.keep[index] as number) > 0)
        expect(kept.reduce((sum, cost) => sum + cost, 0)).toBeLessThanOrEqual(newest)
        const missed = due.filter((_, index) => verdict.keep[index] === 0)
        // Whoever got none could not be paid with what remained.
        const rest = newest - kept.reduce((sum, cost) => sum + cost, 0)
        expect(missed.every((cost) => cost > rest)).toBe(true)
      }),
    )
  })
})
