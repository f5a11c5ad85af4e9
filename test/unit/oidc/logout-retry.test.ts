import { expect, test } from 'vitest'
import { GIVE_UP_AFTER_MS, retryDelayMs } from '../../../server/oidc/logout-worker.ts'

test('a logout is tried again after 2 s, doubling up to an hour, until a day has passed', () => {
  const delays: number[] = []
  let ageMs = 0
  for (let attempts = 1; ; attempts++) {
    const delay = retryDelayMs(attempts, ageMs)
    if (delay === null) break
    delays.push(delay)
    ageMs += delay
  }
  expect(delays.slice(0, 4)).toEqual([2000, 4000, 8000, 16_000])
  expect(Math.max(...delays)).toBe(3_600_000)
  expect(ageMs).toBeLessThanOrEqual(GIVE_UP_AFTER_MS)
  expect(ageMs).toBeGreaterThan(GIVE_UP_AFTER_MS - 3_600_000)
})
