// How a theft is counted, and what makes one fail.
import { expect, test } from 'vitest'
import { Loot } from '../../../bench/breach/counting.ts'
import { type Breach, faults } from '../../../bench/breach/run.ts'

const NOW = 1_790_000_000_000
const event = (id: string, over = {}) => ({
  event_id: id,
  type: 'm.room.message',
  origin_server_ts: NOW - 3_600_000,
  content: {},
  ...over,
})

test('old events count wherever they stand, each once; live ones and state do not', () => {
  const loot = new Loot()
  const nested = event('$b', { unsigned: { 'm.relations': { 'm.thread': { latest_event: event('$c') } } } })
  const live = event('$live', { origin_server_ts: NOW - 1_000 })
  const state = [event('$state', { state_key: '' }), event('$stray')]
  expect(
    loot.take(
      { rooms: { join: { '!a': { timeline: { events: [event('$a'), nested, live] }, state: { events: state } } } } },
      NOW,
    ),
  ).toBe(4)
  expect(loot.take({ chunk: [event('$a'), event('$undated', { origin_server_ts: 'x' })] }, NOW)).toBe(1)
  expect([...loot.ids.archive]).toEqual(['$a', '$b', '$c', '$stray', '$undated'])
  expect(loot.total).toBe(6)
  expect(loot.take([event('$topic', { state_key: '' })], NOW, true)).toBe(0)
})

test('what came since a position is catch-up, what is older is not, and each event is counted where it came first', () => {
  const loot = new Loot()
  const newer = event('$newer', { origin_server_ts: NOW - 1_800_000 })
  expect(loot.take([newer, event('$older')], NOW, false, NOW - 2_000_000)).toBe(2)
  expect(loot.take([newer], NOW)).toBe(0)
  expect([...loot.ids['catch-up']]).toEqual(['$newer'])
  expect([...loot.ids.archive]).toEqual(['$older'])
})

test('a theft fails when too much was taken, when nothing was, and when the denial ended nothing', () => {
  const breach: Breach = {
    homeserver: 'sample',
    gateways: 2,
    connections_per_gateway: 64,
    available: { archive: 5 },
    taken: { archive: 3 },
    threshold: { archive: 3 },
    received: 3,
    requests: 1,
    answers: {},
    prompted_after_ms: 1,
    last_byte_after_denial_ms: 1,
  }
  expect(faults(breach)).toEqual([])
  expect(faults({ ...breach, taken: { archive: 4 } })).toHaveLength(1)
  expect(faults({ ...breach, taken: { archive: 0 } })).toHaveLength(1)
  const both = { ...breach, threshold: { archive: 3, 'catch-up': 2 } }
  expect(faults({ ...both, taken: { archive: 3, 'catch-up': 2 } })).toEqual([])
  expect(faults({ ...both, taken: { archive: 3, 'catch-up': 3 } })).toHaveLength(1)
  expect(faults({ ...breach, last_byte_after_denial_ms: 15_000 })).toHaveLength(1)
})
