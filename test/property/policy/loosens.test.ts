// What the decider calls no loosening lets nobody have more: not by any figure, rule, exemption or moment, and no thief takes more.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ALLOWANCE_METERS, type MeteringPolicy, RING_METERS } from '../../../server/policy/defaults.ts'
import { differences, loosens } from '../../../server/policy/diff.ts'
import type { PolicyDocument } from '../../../server/policy/document.ts'
import { resolver } from '../../../server/policy/resolve.ts'
import { TAKEN, thiefTake } from '../../../server/policy/simulation/thief.ts'
import { DAY_MS, documents, moments, START_MS, subjects } from './documents.ts'

/** Two documents of which the second is often near the first: some sections are its own, some rules or figures changed. */
const pairs: fc.Arbitrary<readonly [PolicyDocument, PolicyDocument]> = fc
  .tuple(
    documents,
    documents,
    fc.subarray(SECTIONS()),
    fc.double({ min: 0.5, max: 1.2, noNaN: true }),
    fc.nat(4),
    fc.nat(30),
  )
  .map(([now, other, taken, factor, kept, days]) => {
    const next = structuredClone(now) as Record<string, unknown> & PolicyDocument
    for (const section of taken) (next as Record<string, unknown>)[section] = other[section]
    const scaled = (limit: number) => Math.round(limit * factor)
    const limits = next.limits.map((rule) => ({
      ...rule,
      ...(rule.rooms !== undefined && { rooms: scaled(rule.rooms) }),
      ...(rule.first_sync !== undefined && { first_sync: scaled(rule.first_sync) }),
    }))
    const later = (ms: number) => ms + (days - 20) * DAY_MS
    return [
      now,
      {
        ...next,
        limits:
          kept === 0 ? [...limits, { group: 'grp_c', from: START_MS + days * DAY_MS, rooms: scaled(20) }] : limits,
        first_sync: scaled(next.first_sync),
        exemptions: kept === 1 ? next.exemptions.map((one) => ({ ...one, until: later(one.until) })) : next.exemptions,
        enforcement:
          kept === 2
            ? next.enforcement.slice(1)
            : kept === 3
              ? next.enforcement.map((rule) => ({ ...rule, from: later(rule.from) }))
              : next.enforcement,
      },
    ] as const
  })

function SECTIONS(): (keyof PolicyDocument)[] {
  return ['windows', 'rooms', 'taps', 'weights', 'limits', 'enforcement', 'exemptions', 'emergency', 'live_window']
}

function figuresOf(policy: MeteringPolicy): number[] {
  return [
    ...RING_METERS.flatMap((meter) => policy.windows[meter].map(({ limit }) => limit)),
    ...ALLOWANCE_METERS.flatMap((meter) => [policy.taps[meter].units, policy.taps[meter].seconds]),
    policy.rooms.limit,
    -policy.rooms.windowSeconds,
    policy.firstSyncEvents,
    policy.liveWindowMs,
    policy.idleLimitMs,
    -policy.weights.plaintext,
    -policy.weights.encrypted,
    policy.giveBacksPer30Days,
  ]
}

describe('what is called no loosening', () => {
  it('is what changes nothing', () => {
    fc.assert(
      fc.property(documents, (document) => {
        expect(loosens(document, structuredClone(document))).toBe(false)
      }),
    )
  })

  it('gives nobody more of anything, exempts and observes nobody more, at no moment', () => {
    let tight = 0
    fc.assert(
      fc.property(
        pairs,
        fc.array(fc.tuple(subjects, moments), { minLength: 20, maxLength: 20 }),
        ([now, next], asked) => {
          if (loosens(now, next)) return
          tight += 1
          const [before, after] = [resolver(now, { version: 1 }), resolver(next, { version: 2 })]
          for (const [subject, atMs] of asked) {
            const [old, new_] = [before.for(subject, atMs), after.for(subject, atMs)]
            const most = figuresOf(old.metering)
            figuresOf(new_.metering).forEach((figure, index) => {
              expect(figure).toBeLessThanOrEqual(most[index] as number)
            })
            if (old.enforce === 'enforce' && old.exempt === null)
              expect([new_.enforce, new_.exempt]).toEqual(['enforce', null])
          }
        },
      ),
      { numRuns: 3_000 },
    )
    // Else it would have proved nothing.
    expect(tight).toBeGreaterThan(100)
  })

  it('leaves no thief more to take', () => {
    let tight = 0
    fc.assert(
      fc.property(pairs, subjects, moments, ([now, next], subject, atMs) => {
        if (loosens(now, next)) return
        tight += 1
        const [most, least] = [now, next].map((document) =>
          thiefTake(resolver(document, { version: 1 }), subject, [], atMs, [1, 24]),
        )
        least?.forEach(({ taken }, index) => {
          for (const meter of TAKEN) expect(taken[meter]).toBeLessThanOrEqual(most?.[index]?.taken[meter] ?? 0)
        })
      }),
      { numRuns: 400 },
    )
    expect(tight).toBeGreaterThan(10)
  })
})

describe('what is called loosening', () => {
  it('is said of one of the differences, and of none otherwise', () => {
    fc.assert(
      fc.property(pairs, ([now, next]) => {
        expect(differences(now, next).some((change) => change.loosens)).toBe(loosens(now, next))
      }),
      { numRuns: 1_000 },
    )
  })

  it('there and back is loosening one way, unless nothing of what is read changed', () => {
    fc.assert(
      fc.property(documents, fc.integer({ min: 1, max: 1_000 }), (document, more) => {
        const wider = { ...document, first_sync: document.first_sync + more }
        expect([loosens(document, wider), loosens(wider, document)]).toEqual([true, false])
      }),
    )
  })
})
