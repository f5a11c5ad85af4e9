// Rotation over time, whenever it happens to run.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { SigningKey } from '../../../server/oidc/port.ts'
import {
  ACTIVE_MS,
  ALGORITHMS,
  isPublished,
  PUBLISHED_AFTER_USE_MS,
  PUBLISHED_BEFORE_USE_MS,
  planRotation,
} from '../../../server/oidc/rotation.ts'
import { ACCESS_TOKEN_SECONDS, ID_TOKEN_SECONDS } from '../../../server/oidc/tokens.ts'

const HOUR_MS = 3_600_000

function rotate(keys: readonly SigningKey[], now: number): SigningKey[] {
  const plan = planRotation(keys, now)
  const rows = new Map(keys.map((key) => [key.kid, key]))
  for (const key of plan.changed) rows.set(key.kid, key)
  for (const { algorithm, state } of plan.wanted) {
    const kid = `kid_${rows.size}`
    const at = new Date(now)
    const activatedAt = state === 'active' ? at : null
    rows.set(kid, {
      kid,
      algorithm,
      state,
      publicJwk: {},
      privateJwk: 'sealed',
      createdAt: at,
      activatedAt,
      retiredAt: null,
    })
  }
  return [...rows.values()]
}

test('whenever it runs: one key signs, was published before it did, and stays published while its tokens live', () => {
  const waits = fc.array(fc.integer({ min: 1, max: 40 * 24 * HOUR_MS }), { minLength: 1, maxLength: 40 })
  fc.assert(
    fc.property(waits, (steps) => {
      let now = Date.parse('2026-01-01T00:00:00Z')
      const start = now
      let keys = rotate([], now)
      for (const step of steps) {
        now += step
        const before = keys
        keys = rotate(keys, now)
        for (const algorithm of ALGORITHMS) {
          const of = (state: SigningKey['state']) =>
            keys.filter((key) => key.algorithm === algorithm && key.state === state)
          expect(of('active')).toHaveLength(1)
          expect(of('next')).toHaveLength(1)
          const [active] = of('active')
          const publishedMs = (active?.activatedAt?.getTime() ?? 0) - (active?.createdAt.getTime() ?? 0)
          const isFirst = active?.activatedAt?.getTime() === start
          expect(isFirst || publishedMs >= PUBLISHED_BEFORE_USE_MS).toBe(true)
        }
        for (const key of keys.filter((one) => one.state === 'retired')) {
          const wasRetired = before.find((one) => one.kid === key.kid)?.state === 'retired'
          // What another process signs from its copy of a minute ago still verifies.
          if (!wasRetired)
            expect(isPublished(key, now + 60_000 + 1000 * Math.max(ACCESS_TOKEN_SECONDS, ID_TOKEN_SECONDS))).toBe(true)
          // Its private half does not outlive the next run.
          if (wasRetired) expect(key.privateJwk).toBeNull()
        }
        expect(new Set(planRotation(keys, now).wanted).size, 'run again at once, it has nothing to make').toBe(0)
      }
    }),
    { numRuns: 300 },
  )
})

test('run hourly, a key signs for thirty days', () => {
  const start = Date.parse('2026-01-01T00:00:00Z')
  const end = start + ACTIVE_MS
  let keys = rotate([], start)
  const first = keys.find((key) => key.state === 'active')?.kid
  for (let now = start + HOUR_MS; now < end; now += HOUR_MS) keys = rotate(keys, now)
  expect(keys.find((key) => key.kid === first)?.state).toBe('active')
  keys = rotate(keys, end)
  const retired = keys.find((key) => key.kid === first)
  expect(retired?.state).toBe('retired')
  expect(retired && isPublished(retired, end + PUBLISHED_AFTER_USE_MS)).toBe(false)
})

test('a lost active key is followed by the one that is published already', () => {
  const now = Date.parse('2026-01-01T00:00:00Z')
  const left = rotate([], now).filter((key) => key.state === 'next')
  const plan = planRotation(left, now + HOUR_MS)
  expect(plan.changed.map(({ kid, state }) => ({ kid, state }))).toEqual(
    left.map(({ kid }) => ({ kid, state: 'active' })),
  )
  expect(plan.wanted.map(({ state }) => state)).toEqual(['next', 'next'])
})
