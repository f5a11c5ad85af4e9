// What makes a theft fail.
import { expect, test } from 'vitest'
import { type Breach, faults } from '../../../bench/breach/run.ts'

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
