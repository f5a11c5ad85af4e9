import { expect, test } from 'vitest'
import { stateAt, step } from '../../../server/stepup/approval.ts'

const pending = { state: 'pending', expiresAtMs: 1000 } as const

test('a pending approval takes one decision', () => {
  expect(step(pending, 'approve', 999)).toEqual({ ok: true, state: 'approved' })
  expect(step(pending, 'deny', 999)).toEqual({ ok: true, state: 'denied' })
  expect(step(pending, 'expire', 999)).toEqual({ ok: true, state: 'expired' })
})

test('from the millisecond of its end it is expired, whether or not that was written down', () => {
  expect(stateAt(pending, 999)).toBe('pending')
  expect(stateAt(pending, 1000)).toBe('expired')
  expect(step(pending, 'approve', 1000)).toEqual({ ok: false, reason: 'approval-expired' })
})

test('a decision outlives the end', () => {
  expect(stateAt({ state: 'approved', expiresAtMs: 1000 }, 5000)).toBe('approved')
  expect(stateAt({ state: 'denied', expiresAtMs: 1000 }, 5000)).toBe('denied')
})
