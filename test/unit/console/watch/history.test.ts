import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ReadingTotal } from '../../../../server/console/reading/port.ts'
import { linesOf, WIDTH_MS } from '../../../../server/console/watch/history.ts'
import { minutesOf } from '../../../../server/console/watch/snapshot.ts'

const total = (at: string | number, over: Partial<ReadingTotal> = {}): ReadingTotal => ({
  at: new Date(at),
  meter: 'archive',
  decision: 'released',
  answers: 1,
  units: 10,
  withheld: 0,
  ...over,
})
const day = {
  from: new Date('2026-03-01T00:00:00Z'),
  to: new Date('2026-03-02T00:00:00Z'),
  width: 'hour',
  metric: 'units',
} as const

test('no hour is left out, and what is outside is not counted', () => {
  const lines = linesOf(
    [
      total('2026-02-28T23:00:00Z'),
      total('2026-03-01T00:00:00Z'),
      total('2026-03-01T23:00:00Z'),
      total('2026-03-02T00:00:00Z'),
    ],
    day,
    ({ decision }) => decision,
  )
  expect(lines.at).toHaveLength(24)
  expect(lines.series).toEqual([
    { name: 'released', values: [10, ...Array.from({ length: 22 }, () => 0), 10], sum: 20 },
  ])
})

test('hours are added up to days, lines come largest first, and what has no name is left out', () => {
  const totals = [
    total('2026-03-01T01:00:00Z', { meter: 'live', units: 1 }),
    total('2026-03-01T02:00:00Z', { meter: 'live', units: 2 }),
    total('2026-03-01T02:00:00Z', { units: 50 }),
    total('2026-03-01T02:00:00Z', { meter: 'none' }),
  ]
  const lines = linesOf(totals, { ...day, width: 'day' }, ({ meter }) => (meter === 'none' ? null : meter))
  expect(lines.series).toEqual([
    { name: 'archive', values: [50], sum: 50 },
    { name: 'live', values: [3], sum: 3 },
  ])
})

test('whatever the totals, nothing is lost and nothing made up', () => {
  const one = fc.record({
    at: fc.integer({ min: 0, max: 47 }).map((hour) => new Date(day.from.getTime() + hour * WIDTH_MS.hour)),
    meter: fc.constantFrom('archive', 'live'),
    decision: fc.constantFrom('released', 'withheld', '__proto__'),
    answers: fc.nat(),
    units: fc.nat(1_000_000),
    withheld: fc.nat(),
  })
  fc.assert(
    fc.property(fc.array(one), (totals) => {
      const lines = linesOf(totals, day, ({ decision }) => decision)
      const within = totals.filter(({ at }) => at < day.to)
      const sum = (of: readonly number[]) => of.reduce((all, each) => all + each, 0)
      expect(sum(lines.series.map((line) => line.sum))).toBe(sum(within.map(({ units }) => units)))
      for (const line of lines.series) expect(sum(line.values)).toBe(line.sum)
    }),
  )
})

test('the last hour is sixty minutes, of events only, the one under way last', () => {
  const now = new Date('2026-03-01T10:30:30Z')
  const minutes = minutesOf(
    [
      total('2026-03-01T10:30:00Z', { units: 5 }),
      total('2026-03-01T10:29:00Z', { meter: 'live', units: 7 }),
      total('2026-03-01T10:29:00Z', { decision: 'withheld', units: 0, withheld: 3 }),
      total('2026-03-01T10:29:00Z', { meter: 'media-bytes', units: 1_000_000 }),
      total('2026-03-01T09:30:00Z'),
    ],
    now,
  )
  expect(minutes).toHaveLength(60)
  expect(minutes.at(-1)).toEqual({ at: '2026-03-01T10:30:00.000Z', live: 0, released: 5, withheld: 0 })
  expect(minutes.at(-2)).toEqual({ at: '2026-03-01T10:29:00.000Z', live: 7, released: 0, withheld: 3 })
  expect(minutes.slice(0, 58).every(({ live, released, withheld }) => live + released + withheld === 0)).toBe(true)
})
