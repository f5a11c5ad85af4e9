// What the decider of moves between groups calls no loosening lets nobody read more or sign in later, at no moment from then on, with no
// client; nor enrol a key that was refused.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { effectsOf, type GroupRules, isWithin, loosenedBy, type Move } from '../../../server/people/moves.ts'
import { ALLOWANCE_METERS, type MeteringPolicy, RING_METERS } from '../../../server/policy/defaults.ts'
import { resolver } from '../../../server/policy/resolve.ts'
import { shippedPolicy } from '../../../server/policy/shipped.ts'
import { dayFor } from '../../../server/sessions/existing.ts'
import { admitsMore } from '../../../server/webauthn/looser.ts'
import { type GroupKeyPolicy, KEY_POLICIES, keyRule } from '../../../server/webauthn/rule.ts'
import { DAY_MS, dates, documents, GROUPS, START_MS } from '../policy/documents.ts'

const ALL = [...GROUPS, 'grp_plain']
const keyPolicies: fc.Arbitrary<ReadonlyMap<string, GroupKeyPolicy>> = fc
  .dictionary(
    fc.constantFrom(...GROUPS),
    fc.record({
      policy: fc.constantFrom(...KEY_POLICIES),
      aaguids: fc.option(fc.subarray(['a', 'b', 'c'], { minLength: 1 })),
      platformAllowed: fc.boolean(),
      minKeys: fc.constantFrom(1 as const, 2 as const),
    }),
    { maxKeys: 2 },
  )
  .map((policies) => new Map(Object.entries(policies)))
const rules: fc.Arbitrary<GroupRules> = fc.record({
  document: documents,
  // Often none: else nearly every move would be a loosening for its keys alone.
  keyPolicies: fc.oneof(fc.constant(new Map()), keyPolicies),
  setting: fc.constantFrom(...KEY_POLICIES),
  atMs: dates,
})
const moves: fc.Arbitrary<Move> = fc.record({
  username: fc.constantFrom('ada', 'bob', 'eve'),
  before: fc.subarray(ALL),
  after: fc.subarray(ALL),
})

function figuresOf(policy: MeteringPolicy): number[] {
  return [
    ...RING_METERS.flatMap((meter) => policy.windows[meter].map(({ limit }) => limit)),
    ...ALLOWANCE_METERS.flatMap((meter) => [policy.taps[meter].units, policy.taps[meter].seconds]),
    policy.rooms.limit,
    policy.firstSyncEvents,
  ]
}

describe('a move that is said to loosen nothing', () => {
  it('gives no more of anything, exempts and observes no more, and asks nobody to sign in later', () => {
    let tight = 0
    fc.assert(
      fc.property(
        rules,
        moves,
        fc.array(
          fc.tuple(
            fc.nat(20 * 24),
            fc.constantFrom('Element/1.12.3 Electron', 'matrix-nio/0.25', ''),
            fc.constantFrom('example.org', 'elsewhere.example'),
          ),
          { minLength: 12, maxLength: 12 },
        ),
        (ground, move, asked) => {
          if (loosenedBy(ground, move).length > 0) return
          const isMove = [...move.before].sort().join() !== [...move.after].sort().join()
          if (isMove) tight += 1
          const { document, atMs } = ground
          const { for: applied } = resolver(document, { version: 1 })
          for (const [hours, client, server] of asked) {
            const subject = { personId: 'per_1', userId: `@${move.username}:${server}`, client }
            const at = atMs + hours * 3_600_000
            const old = applied({ ...subject, groups: move.before }, at)
            const new_ = applied({ ...subject, groups: move.after }, at)
            const most = figuresOf(old.metering)
            figuresOf(new_.metering).forEach((figure, index) => {
              expect(figure).toBeLessThanOrEqual(most[index] as number)
            })
            if (old.enforce === 'enforce' && old.exempt === null)
              expect([new_.enforce, new_.exempt]).toEqual(['enforce', null])
            const asksToSignIn = (groups: readonly string[]) => {
              const day = dayFor(document.existing_logins, groups)
              return day !== null && day <= at
            }
            if (asksToSignIn(move.before)) expect(asksToSignIn(move.after)).toBe(true)
          }
          const ruleOf = (ids: readonly string[]) =>
            keyRule(
              ids.flatMap((id) => ground.keyPolicies.get(id) ?? []),
              ground.setting,
            )
          expect(admitsMore(ruleOf(move.before), ruleOf(move.after))).toBe(false)
        },
      ),
      { numRuns: 1_000 },
    )
    // Else it would have proved nothing.
    expect(tight).toBeGreaterThan(100)
  })

  it('is one between groups of which nobody says anything, or none at all', () => {
    fc.assert(
      fc.property(rules, moves, (ground, { username, before }) => {
        expect(loosenedBy(ground, { username, before, after: before.toReversed() })).toEqual([])
        const others = before.filter((id) => id !== 'grp_plain')
        expect(loosenedBy(ground, { username, before: others, after: [...others, 'grp_plain'] })).toEqual([])
        expect(loosenedBy(ground, { username, before: [...others, 'grp_plain'], after: others })).toEqual([])
      }),
    )
  })
})

describe('what is said of a move', () => {
  it('is the same whenever it is asked, in whatever order the groups are named', () => {
    fc.assert(
      fc.property(rules, moves, (ground, move) => {
        const turned = { ...move, before: move.before.toReversed(), after: move.after.toReversed() }
        expect(loosenedBy(ground, turned)).toEqual(loosenedBy(ground, move))
      }),
    )
  })

  it('later is nothing that was not said before, while nothing changes: what two signed yesterday is done today', () => {
    fc.assert(
      fc.property(rules, moves, fc.nat(30), (ground, move, days) => {
        const later = { ...ground, atMs: ground.atMs + days * DAY_MS }
        expect(isWithin(effectsOf(ground, [move]), effectsOf(later, [move]))).toBe(true)
      }),
      { numRuns: 500 },
    )
  })

  it('of one who is moved out of what they were moved into is the other way round', () => {
    const document = { ...shippedPolicy(), limits: [{ group: 'grp_a', rooms: 10_000, from: START_MS }] }
    const ground: GroupRules = { document, keyPolicies: new Map(), setting: 'any', atMs: START_MS }
    const into = { username: 'ada', before: [], after: ['grp_a'] }
    expect(loosenedBy(ground, into)).toEqual([{ what: 'rooms', from: document.rooms.limit, to: 10_000 }])
    expect(loosenedBy(ground, { ...into, before: into.after, after: into.before })).toEqual([])
    // Also before its day has come: once they are in, nobody is asked again.
    expect(loosenedBy({ ...ground, atMs: START_MS - DAY_MS }, into)).toHaveLength(1)
  })
})

describe('what was agreed on', () => {
  it('covers itself and less, of the same people, and nothing else', () => {
    fc.assert(
      fc.property(rules, fc.uniqueArray(moves, { selector: ({ username }) => username }), (ground, all) => {
        const effects = effectsOf(ground, all)
        expect(isWithin(effects, effects)).toBe(true)
        expect(isWithin(effects, effectsOf(ground, all.slice(1)))).toBe(true)
        expect(isWithin([], effects)).toBe(effects.length === 0)
        const others = effects.map(({ people, changes }) => ({ people: people.map((one) => `${one}2`), changes }))
        expect(isWithin(others, effects)).toBe(effects.length === 0)
        const wider = effects.map(({ people, changes }) => ({
          people,
          changes: changes.map((one) => ({ ...one, to: `${one.to} and more` })),
        }))
        expect(isWithin(effects, wider)).toBe(effects.length === 0)
      }),
    )
  })
})
