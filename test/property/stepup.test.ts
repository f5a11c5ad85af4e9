import fc from 'fast-check'
import { expect, test } from 'vitest'
import { shownText } from '../../server/platform/shown-text.ts'
import { type ApprovalEvent, type ApprovalState, stateAt, step } from '../../server/stepup/approval.ts'
import { canonicalJson, intentChallenge } from '../../server/stepup/intent.ts'

const event = fc.constantFrom<ApprovalEvent>('approve', 'deny', 'expire')

test('a decided approval never moves, whatever comes and whenever', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(event, fc.nat(2000)), { maxLength: 30 }), (events) => {
      let state: ApprovalState = 'pending'
      let nowMs = 0
      let decided: ApprovalState | null = null
      for (const [what, laterMs] of events) {
        nowMs += laterMs
        const next = step({ state, expiresAtMs: 5000 }, what, nowMs)
        if (next.ok) {
          expect(decided).toBeNull()
          state = next.state
        }
        const seen = stateAt({ state, expiresAtMs: 5000 }, nowMs)
        if (decided !== null) expect(seen).toBe(decided)
        if (seen !== 'pending') decided = seen
      }
    }),
  )
})

test('the canonical form is the same for equal values and reads back as the same value', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = canonicalJson(value)
      expect(canonicalJson(JSON.parse(text))).toBe(text)
    }),
  )
})

test('two intents never share a challenge', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.string(), fc.string(), (nonce, one, other) => {
      fc.pre(Buffer.compare(Buffer.from(one), Buffer.from(other)) !== 0)
      expect(intentChallenge(nonce, one)).not.toEqual(intentChallenge(nonce, other))
    }),
  )
})

test('shown text is one short line without anything that steers, and showing it twice changes nothing', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 400 }), fc.integer({ min: 2, max: 60 }), (text, limit) => {
      const shown = shownText(text, limit)
      if (shown === null) return
      expect([...shown].length).toBeLessThanOrEqual(limit)
      expect(shown.isWellFormed()).toBe(true)
      expect(shown).not.toMatch(/[\p{Cc}\u202A-\u202E\u2066-\u2069\u2028\u2029]/u)
      expect(shownText(shown, limit)).toBe(shown)
    }),
  )
})
