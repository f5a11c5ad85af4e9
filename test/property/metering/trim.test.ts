// Trimming: never more than is left, only the oldest part of a timeline, and the rest of the answer untouched.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { costOf, cutsOf, judge, readSync, trim } from '../../../server/metering/trim.ts'
import { eventHasher } from '../../../server/metering/weigh.ts'
import { defaultPolicy } from '../../../server/policy/defaults.ts'

const NOW = 1_800_000_000_000
const hash = eventHasher(new Uint8Array(32))('192.0.2.0/24')
const coming = { firstSync: false, coversUntilMs: NOW - 3_600_000 }

const event = fc.record({
  event_id: fc.integer({ min: 0, max: 60 }).map((id) => `$${id}`),
  origin_server_ts: fc.constantFrom(NOW - 1_000, NOW - 1_800_000, NOW - 86_400_000, NOW + 3_600_000),
  type: fc.constantFrom('m.room.message', 'm.room.topic'),
}).chain((fields) => fields.type === 'm.room.topic' ? fc.constant({ ...fields, state_key: '' }) : fc.constant(fields))
const sync = fc.array(fc.array(event, { maxLength: 8 }), { maxLength: 5 }).map((rooms) => ({
  next_batch: 's9', to_device: { events: [{ type: 'kept' }] },
  rooms: {
    invite: { '!i': { invite_state: { events: [] } } },
    join: Object.fromEntries(rooms.map((events, index) => [`!r${index}`, { timeline: { events, prev_batch: 'p', limited: false }, state: { events: [] }, ephemeral: {} }])),
  },
}))
const left = fc.record({ archive: fc.nat(20), 'catch-up': fc.nat(20), 'first-sync': fc.constant(0) })

describe('a trimmed sync', () => {
  it('costs at most what is left, keeps the newest of each room, and touches nothing else', () => {
    fc.assert(fc.property(sync, left, (body, budget) => {
      const before = JSON.stringify(body)
      const answer = readSync(body, coming, NOW, defaultPolicy, hash)
      if (answer === null) throw new Error('unreadable')
      const verdict = judge(answer, budget, new Set())
      const { streams } = costOf(answer, verdict)
      for (const stream of ['archive', 'catch-up', 'first-sync'] as const) {
        expect((streams[stream]?.hashes.length ?? 0) + (streams[stream]?.bare ?? 0)).toBeLessThanOrEqual(budget[stream])
      }
      const tokens = new Map(cutsOf(answer, verdict).map(({ index, eventId }) => [index, `at-${eventId}`]))
      const out = trim(answer, verdict, tokens) as typeof body
      expect(JSON.stringify(body)).toBe(before)
      expect(out.to_device).toEqual(body.to_device)
      expect(out.rooms.invite).toEqual(body.rooms.invite)
      for (const [roomId, room] of Object.entries(body.rooms.join)) {
        const given = (out.rooms.join as typeof body.rooms.join)[roomId] as typeof room
        const kept = given.timeline.events.length
        expect(given.timeline.events).toEqual(kept === 0 ? [] : room.timeline.events.slice(-kept))
        if (kept === room.timeline.events.length) expect(given).toEqual(room)
        else {
          const newest = room.timeline.events[room.timeline.events.length - kept - 1]
          expect(given.timeline).toMatchObject({ limited: true, prev_batch: kept === 0 ? 's9' : `at-${newest?.event_id}` })
          const topics = room.timeline.events.slice(0, room.timeline.events.length - kept).filter(({ type }) => type === 'm.room.topic')
          expect(given.state.events).toEqual(topics.slice(-1))
        }
      }
    }), { numRuns: 1_000 })
  })

  it('is whole when all is left', () => {
    fc.assert(fc.property(sync, (body) => {
      const answer = readSync(body, coming, NOW, defaultPolicy, hash)
      if (answer === null) throw new Error('unreadable')
      const verdict = judge(answer, { archive: 1_000, 'catch-up': 1_000, 'first-sync': 0 }, new Set())
      expect(verdict.withheld).toBe(0)
      expect(trim(answer, verdict, new Map())).toEqual(body)
    }))
  })
})
