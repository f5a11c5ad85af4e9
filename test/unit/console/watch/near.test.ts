import { expect, test } from 'vitest'
import { tightest } from '../../../../server/console/watch/near.ts'
import type { MeterReading } from '../../../../server/metering/port.ts'

const reading = (over: Partial<MeterReading>): MeterReading => ({
  meter: 'archive',
  windowSeconds: 3_600,
  limit: 1_000,
  used: 0,
  held: 0,
  ...over,
})

test('the fullest window counts, what is held included', () => {
  const hour = reading({ used: 500 })
  const day = reading({ windowSeconds: 86_400, limit: 2_500, used: 1_200, held: 300 })
  expect(tightest([hour, day])).toEqual({ reading: day, share: 0.6 })
})

test('what withholds nothing brings nobody nearer', () => {
  expect(
    tightest([reading({ meter: 'live', limit: 10, used: 9 }), reading({ meter: 'tap-release', limit: 10, used: 10 })]),
  ).toBeNull()
})

test('a limit of nothing is reached by the first unit, and not before', () => {
  expect(tightest([reading({ limit: 0 })])).toBeNull()
  expect(tightest([reading({ limit: 0, used: 1 })])?.share).toBe(1)
  expect(tightest([])).toBeNull()
})
