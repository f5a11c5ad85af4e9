// What may happen to an act, state by state; and that every grave verb is told in words.
import { expect, it } from 'vitest'
import { VERB_WORDS } from '../../../client/console/acts/verb-words.ts'
import { VERBS } from '../../../server/console/verbs.ts'
import { type Acting, type ActState, actStateAt, actTapFor, actWithdrawable } from '../../../server/stepup/act.ts'

const act = (over: Partial<Acting> = {}): Acting => ({
  state: 'requested',
  expiresAtMs: 1_000,
  firstPerson: null,
  concerns: null,
  ...over,
})
const tapped = act({ state: 'awaiting-second', firstPerson: 'per_a' })
const OVER: readonly ActState[] = ['granted', 'running', 'done', 'failed', 'denied', 'withdrawn', 'expired']

it('two different people make the two taps, and whom it concerns makes none', () => {
  expect(actTapFor(act(), 'per_a', 0)).toEqual({ ok: true, tap: 'first' })
  expect(actTapFor(tapped, 'per_a', 0)).toEqual({ ok: false, reason: 'same-person' })
  expect(actTapFor(tapped, 'per_b', 0)).toEqual({ ok: true, tap: 'second' })
  for (const of of [act({ concerns: 'per_c' }), { ...tapped, concerns: 'per_c' }])
    expect(actTapFor(of, 'per_c', 0)).toEqual({ ok: false, reason: 'subject-person' })
})

it('nobody signs what is decided, what waits its day, or what has expired', () => {
  for (const state of OVER) expect(actTapFor(act({ state }), 'per_b', 2_000)).toMatchObject({ ok: false })
  expect(actTapFor(act({ state: 'delayed' }), 'per_b', 0)).toEqual({ ok: false, reason: 'act-waits' })
  expect(actTapFor(tapped, 'per_b', 1_000)).toEqual({ ok: false, reason: 'act-expired' })
  expect(actStateAt({ ...act({ state: 'delayed' }) }, 5_000)).toBe('delayed')
})

it('is taken back until it runs, by anybody but whom it concerns', () => {
  for (const state of ['requested', 'awaiting-second', 'delayed'] as const) {
    expect(actWithdrawable(act({ state }), 'per_b', 0)).toBe(true)
    expect(actWithdrawable(act({ state, concerns: 'per_b' }), 'per_b', 0)).toBe(false)
  }
  for (const state of OVER) expect(actWithdrawable(act({ state }), 'per_b', 0)).toBe(false)
  expect(actWithdrawable(tapped, 'per_b', 1_000)).toBe(false)
})

it('every verb that may be grave is told in both languages', () => {
  const grave = VERBS.filter(({ weight }) => weight === 'grave' || typeof weight === 'function').map(({ id }) => id)
  expect(grave.length).toBeGreaterThan(3)
  for (const id of grave) {
    const words = VERB_WORDS[id]
    expect([id, words?.title.fr, words?.title.en]).toEqual([id, expect.any(String), expect.any(String)])
  }
})
