// Trimming: never more than is left, only the oldest history of a timeline, no live event, and the rest of the answer untouched.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readSync, withComing } from '../../../server/metering/sync-answer.ts'
import { costOf, cutsOf, judge, trim } from '../../../server/metering/trim.ts'
import { eventHasher } from '../../../server/metering/weigh.ts'
import { defaultPolicy } from '../../../server/policy/defaults.ts'

const NOW = 1_800_000_000_000
const hash = eventHasher(new Uint8Array(32))('192.0.2.0/24')
const coming = { firstSync: false, coversUntilMs: NOW - 3_600_000 }
const nowhere = { firstSync: false, coversUntilMs: null }
const LIVE = NOW - 1_000

interface TestEvent {
  readonly event_id: string
  readonly origin_server_ts: number
  readonly type: string
  readonly state_key?: string
}

const event: fc.Arbitrary<TestEvent> = fc
  .record({
    event_id: fc.integer({ min: 0, max: 60 }).map((id) => `$${id}`),
    origin_server_ts: fc.constantFrom(LIVE, NOW - 1_800_000, NOW - 86_400_000, NOW + 3_600_000),
    type: fc.constantFrom('m.room.message', 'm.room.topic'),
  })
  .map((fields) => (fields.type === 'm.room.topic' ? { ...fields, state_key: '' } : fields))
const sync = fc.array(fc.array(event, { maxLength: 8 }), { maxLength: 5 }).map((rooms) => ({
  next_batch: 's9',
  to_device: { events: [{ type: 'kept' }] },
  rooms: {
    invite: { '!i': { invite_state: { events: [] } } },
    join: Object.fromEntries(
      rooms.map((events, index) => [
        `!r${index}`,
        { timeline: { events, prev_batch: 'p', limited: false }, state: { events: [] as TestEvent[] }, ephemeral: {} },
      ]),
    ),
  },
}))
const left = fc.record({ archive: fc.nat(20), 'catch-up': fc.nat(20), 'first-sync': fc.constant(0) })

function read(body: unknown, from: Parameters<typeof readSync>[1] = coming) {
  const answer = readSync(body, from, NOW, defaultPolicy, hash)
  if (answer === null) throw new Error('unreadable')
  return answer
}

describe('a trimmed sync', () => {
  it('costs at most what is left, keeps the newest of each room and all that is live, and touches nothing else', () => {
    fc.assert(
      fc.property(sync, left, (body, budget) => {
        const before = JSON.stringify(body)
        const answer = read(body)
        const verdict = judge(answer, budget, new Set())
        const { streams } = costOf(answer, verdict)
        for (const stream of ['archive', 'catch-up', 'first-sync'] as const) {
          expect((streams[stream]?.hashes.length ?? 0) + (streams[stream]?.bare ?? 0)).toBeLessThanOrEqual(
            budget[stream],
          )
        }
        const tokens = new Map(
          cutsOf(answer, verdict).map(({ index, eventId, token }) => [index, token ?? `at-${eventId}`]),
        )
        const out = trim(answer, verdict, tokens) as typeof body
        expect(JSON.stringify(body)).toBe(before)
        expect(out.to_device).toEqual(body.to_device)
        expect(out.rooms.invite).toEqual(body.rooms.invite)
        let withheldInAll = 0
        for (const [roomId, room] of Object.entries(body.rooms.join)) {
          const given = (out.rooms.join as typeof body.rooms.join)[roomId] as typeof room
          const all = room.timeline.events
          const kept = given.timeline.events
          const withheld = all.filter((one) => !kept.includes(one))
          withheldInAll += withheld.length
          expect(kept).toEqual(all.filter((one) => kept.includes(one)))
          expect(withheld.filter(({ origin_server_ts }) => origin_server_ts === LIVE)).toEqual([])
          if (withheld.length === 0) {
            expect(given).toEqual(room)
            continue
          }
          // Whatever history stays is newer than all that is withheld.
          const newest = all.lastIndexOf(withheld.at(-1) as TestEvent)
          expect(
            all
              .slice(0, newest)
              .filter((one) => kept.includes(one))
              .every(({ origin_server_ts }) => origin_server_ts === LIVE),
          ).toBe(true)
          const first = all.findIndex((one) => kept.includes(one))
          const times = all
            .slice(0, Math.max(first, 0))
            .map(({ origin_server_ts }) => (origin_server_ts > NOW ? 0 : origin_server_ts))
          const latest = all[times.lastIndexOf(Math.max(...times))]
          expect(given.timeline).toMatchObject({
            limited: true,
            prev_batch: kept.length === 0 ? 's9' : first === 0 ? 'p' : `at-${latest?.event_id}`,
          })
          const topics = withheld.filter(({ type }) => type === 'm.room.topic')
          expect(given.state.events).toEqual(topics.slice(-1))
        }
        expect(verdict.withheld).toBe(withheldInAll)
      }),
      { numRuns: 1_000 },
    )
  })

  it('is whole when all is left', () => {
    fc.assert(
      fc.property(sync, (body) => {
        const answer = read(body)
        const verdict = judge(answer, { archive: 1_000, 'catch-up': 1_000, 'first-sync': 0 }, new Set())
        expect(verdict.withheld).toBe(0)
        expect(trim(answer, verdict, new Map())).toEqual(body)
      }),
    )
  })

  it('carries the same live events wherever the device comes from, and costs the same read in one step or in two', () => {
    fc.assert(
      fc.property(sync, (body) => {
        const lost = read(body, nowhere)
        expect(costOf(withComing(lost, coming))).toEqual(costOf(read(body)))
        const nothing = { archive: 0, 'catch-up': 0, 'first-sync': 0 }
        expect(costOf(lost, judge(lost, nothing, new Set())).live).toBe(costOf(lost).live)
        expect(costOf(lost).live).toBe(costOf(read(body)).live)
      }),
    )
  })
})
