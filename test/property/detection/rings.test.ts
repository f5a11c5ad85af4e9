// Minutes and windows read off a ring, against the events that were counted.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { minutesOf, type RingRow, windowUsed } from '../../../server/detection/rings.ts'
import { defaultPolicy, type WindowPolicy } from '../../../server/policy/defaults.ts'

const START = 1_790_000_000
const windows = defaultPolicy.windows.archive

/** The ring that events at these seconds leave, as the database keeps it: the newest bucket is that of the last event. */
function ringOf(events: readonly number[], layout: readonly WindowPolicy[]): RingRow {
  const last = Math.max(...events)
  const newest: number[] = []
  const used: number[] = []
  for (const { windowSeconds, buckets } of layout) {
    const width = windowSeconds / buckets
    const index = Math.floor(last / width)
    newest.push(index)
    for (let back = buckets; back >= 0; back--)
      used.push(events.filter((at) => Math.floor(at / width) === index - back).length)
  }
  return { newest, used }
}

const reading = fc.array(fc.integer({ min: START - 7_200, max: START }), { minLength: 1, maxLength: 200 })

test('each of the last sixty whole minutes says how many events it had, however long ago the last one was', () => {
  fc.assert(
    fc.property(reading, fc.integer({ min: 0, max: 5_400 }), (events, sinceSeconds) => {
      const now = START + sinceSeconds
      const minutes = minutesOf(ringOf(events, windows), windows, now * 1000)
      expect(minutes).toHaveLength(60)
      const last = Math.max(...events)
      for (const [index, counted] of minutes.entries()) {
        const minute = Math.floor(now / 60) - 60 + index
        // What fell out of the ring when the last event was counted is not there any more.
        const kept = minute > Math.floor(last / 60) - 61
        expect(counted).toBe(kept ? events.filter((at) => Math.floor(at / 60) === minute).length : 0)
      }
    }),
  )
})

test('a window holds the events of its sub-buckets that still count', () => {
  fc.assert(
    fc.property(reading, fc.integer({ min: 0, max: 100_000 }), (events, sinceSeconds) => {
      const now = START + sinceSeconds
      const row = ringOf(events, windows)
      for (const [index, { windowSeconds, buckets }] of windows.entries()) {
        const width = windowSeconds / buckets
        const reached = Math.max(Math.floor(now / width), Math.floor(Math.max(...events) / width))
        const expected = events.filter((at) => Math.floor(at / width) > reached - buckets - 1).length
        expect(windowUsed(row, windows, index, now * 1000)).toBe(expected)
      }
    }),
  )
})

test('nothing read is nothing, and a policy without fine sub-buckets has no minutes', () => {
  expect(minutesOf(null, windows, START * 1000)).toEqual(new Array<number>(60).fill(0))
  expect(windowUsed(null, windows, 0, START * 1000)).toBe(0)
  const coarse = [{ windowSeconds: 86_400, buckets: 96, limit: 1 }]
  expect(minutesOf(ringOf([START], coarse), coarse, START * 1000)).toEqual([])
  const fine = [{ windowSeconds: 3_600, buckets: 120, limit: 1 }]
  expect(minutesOf(ringOf([START - 60], fine), fine, START * 1000).at(-1)).toBe(1)
})
