import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { DecisionLine } from '../../../server/gateway/decision-line.ts'
import type { MeteredRequest } from '../../../server/gateway/metered-port.ts'
import { readingRow, readUnits } from '../../../server/gateway/reading-row.ts'

const METERS = ['archive', 'catch-up', 'first-sync', 'rooms', 'state', 'media-bytes'] as const
const units = fc.dictionary(fc.constantFrom(...METERS), fc.nat(10_000))
const room = fc.nat(300).map((n) => `!${n}:x`)
const hash = fc.option(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }))
const line = fc
  .record(
    {
      decision: fc.constantFrom('released', 'trimmed', 'withheld', 'refused', 'failed', 'aborted'),
      units,
      charged: units,
      rooms: fc.array(fc.oneof(room, fc.constant('*')), { maxLength: 200 }),
      reads: fc.uniqueArray(fc.record({ room, units, first: hash, last: hash }), {
        selector: (read) => read.room,
        maxLength: 200,
      }),
      withheld: fc.nat(),
    },
    { requiredKeys: ['decision'] },
  )
  .map(
    ({ reads, ...rest }) =>
      ({ ...rest, reason: 'x', status: 200, ...(reads ? { read: () => reads } : {}) }) as DecisionLine,
  )

const request = {
  caller: { serverName: 's', personId: 'p', device: 'd', groups: [] },
  origin: { network: 'n', client: 'c' },
  route: { row: { id: 'r' } },
} as unknown as MeteredRequest

test('whatever an answer said of its rooms, the parts of its row add up to what left, meter by meter', () => {
  fc.assert(
    fc.property(line, (one) => {
      const row = readingRow(request, one, new Date(0), (name) => `room_${name}`)
      const left = Object.fromEntries(Object.entries(readUnits(one)).filter(([, count]) => count > 0))
      if (row === null) {
        expect(left).toEqual({})
        return
      }
      const sums: Record<string, number> = {}
      for (const { u } of row.parts)
        for (const [meter, count] of Object.entries(u)) sums[meter] = (sums[meter] ?? 0) + count
      expect(sums).toEqual(left)
      expect(row.parts.every(({ u }) => Object.values(u).every((count) => count > 0))).toBe(true)
      expect(row.parts.length).toBeLessThanOrEqual(101)
      expect(row.withheld).toBeGreaterThanOrEqual(0)
      // What comes of it is JSON that says the same.
      expect(JSON.parse(JSON.stringify(row))).toEqual(row)
    }),
    { numRuns: 2_000 },
  )
})
