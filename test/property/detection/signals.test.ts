// The signals over arbitrary counters: what they need, what they never do, and that more of the same is never less suspicious.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decide } from '../../../server/detection/decide.ts'
import {
  ACTIONS,
  type Action,
  defaultDetection,
  type Facts,
  type Finding,
  SIGNALS,
  type Signal,
} from '../../../server/detection/port.ts'
import { findings } from '../../../server/detection/signals.ts'

const { thresholds } = defaultDetection
const count = (max: number) => fc.integer({ min: 0, max })

const facts: fc.Arbitrary<Facts> = fc.record({
  nowMs: fc.constant(1_790_000_000_000),
  hour: count(23),
  archiveMinutes: fc.array(count(200), { minLength: 0, maxLength: 60 }),
  roomsLastHour: count(200),
  directoryLastDay: count(3_000),
  live: fc.record({ events: count(20_000), ceiling: fc.integer({ min: 1, max: 10_000 }) }),
  deniedLastDay: count(10),
  habits: fc.record({
    days: count(90),
    hours: fc.array(count(90), { minLength: 24, maxLength: 24 }),
    networkKnown: fc.boolean(),
    clientKnown: fc.boolean(),
    directoryKnown: fc.boolean(),
  }),
})

const quiet: Facts = {
  nowMs: 1_790_000_000_000,
  hour: 10,
  archiveMinutes: new Array<number>(60).fill(0),
  roomsLastHour: 0,
  directoryLastDay: 0,
  live: { events: 0, ceiling: 5_000 },
  deniedLastDay: 0,
  habits: {
    days: 30,
    hours: new Array<number>(24).fill(30),
    networkKnown: true,
    clientKnown: true,
    directoryKnown: true,
  },
}

const found = (over: Partial<Facts>, habits: Partial<Facts['habits']> = {}) =>
  findings({ ...quiet, ...over, habits: { ...quiet.habits, ...habits } }, thresholds).map(({ signal }) => signal)

describe('every finding', () => {
  test('says why in French and English, with the figures it rests on, and a score from 1', () => {
    fc.assert(
      fc.property(facts, (seen) => {
        for (const { signal, score, explanation, evidence } of findings(seen, thresholds)) {
          expect(SIGNALS).toContain(signal)
          expect(score).toBeGreaterThanOrEqual(1)
          for (const text of [explanation.fr, explanation.en]) {
            expect(text.length).toBeGreaterThan(40)
            expect(text).not.toMatch(/undefined|NaN|Infinity/)
          }
          for (const value of Object.values(evidence)) expect(Number.isFinite(value)).toBe(true)
        }
      }),
    )
  })

  test('is found once, and alone by what it is about', () => {
    fc.assert(
      fc.property(facts, (seen) => {
        const signals = findings(seen, thresholds).map(({ signal }) => signal)
        expect(new Set(signals).size).toBe(signals.length)
        expect(signals.includes('sweep')).toBe(seen.roomsLastHour >= thresholds.sweepRooms)
        expect(signals.includes('live-ceiling')).toBe(seen.live.events >= seen.live.ceiling)
        expect(signals.includes('denied-approvals')).toBe(seen.deniedLastDay >= thresholds.deniedApprovals)
        expect(signals.includes('directory-crawl')).toBe(
          seen.directoryLastDay >= thresholds.directoryRows && !seen.habits.directoryKnown,
        )
      }),
    )
  })

  test('stays when there is more of what it counts', () => {
    fc.assert(
      fc.property(facts, count(500), (seen, more) => {
        const before = findings(seen, thresholds)
        const after = findings(
          {
            ...seen,
            roomsLastHour: seen.roomsLastHour + more,
            directoryLastDay: seen.directoryLastDay + more,
            deniedLastDay: seen.deniedLastDay + more,
            live: { ...seen.live, events: seen.live.events + more },
          },
          thresholds,
        )
        for (const { signal, score } of before) {
          const still = after.find((finding) => finding.signal === signal)
          expect(still?.score ?? 0).toBeGreaterThanOrEqual(score)
        }
      }),
    )
  })
})

test('an ordinary day raises nothing', () => {
  expect(findings(quiet, thresholds)).toEqual([])
  // A person reads in bursts: pages at once, then a pause.
  const bursts = fc
    .array(fc.constantFrom(0, 0, 0, 20, 30, 60), { minLength: 60, maxLength: 60 })
    .filter((minutes) => minutes.slice(-thresholds.paceMinutes).includes(0))
  fc.assert(
    fc.property(bursts, (archiveMinutes) => {
      expect(found({ archiveMinutes })).toEqual([])
    }),
  )
})

describe('the pace of a machine', () => {
  const minutes = (recent: readonly number[]) => [...new Array<number>(60 - recent.length).fill(0), ...recent]

  test('is one amount each minute, give or take a quarter', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 8, max: 200 }),
        fc.array(fc.double({ min: -0.25, max: 0.25, noNaN: true }), { minLength: 20, maxLength: 20 }),
        (pace, jitter) => {
          const recent = jitter.map((part) => Math.max(1, Math.round(pace * (1 + part))))
          expect(found({ archiveMinutes: minutes(recent) })).toContain('machine-pace')
        },
      ),
    )
  })

  test('is not one with a pause, too short, too slow or uneven', () => {
    const steady = new Array<number>(20).fill(16)
    expect(found({ archiveMinutes: minutes(steady) })).toEqual(['machine-pace'])
    expect(found({ archiveMinutes: minutes(steady.with(7, 0)) })).toEqual([])
    expect(found({ archiveMinutes: minutes(steady.slice(1)) })).toEqual([])
    expect(found({ archiveMinutes: minutes(steady.map(() => 2)) })).toEqual([])
    expect(
      found({ archiveMinutes: minutes(steady.map((events, index) => (index % 4 === 0 ? events * 4 : 1))) }),
    ).toEqual([])
    expect(found({ archiveMinutes: [] })).toEqual([])
  })
})

describe('an unusual hour', () => {
  const reading = [...new Array<number>(40).fill(0), ...new Array<number>(20).fill(0).with(3, 60).with(9, 60)]
  const office: number[] = Array.from({ length: 24 }, (_, hour) => (hour >= 8 && hour <= 18 ? 28 : 0))

  test('counts from a new network or client, by who has habits, with enough read', () => {
    const night = { hour: 3, archiveMinutes: reading }
    expect(found(night, { hours: office, networkKnown: false })).toEqual(['unusual-hours'])
    expect(found(night, { hours: office, clientKnown: false })).toEqual(['unusual-hours'])
    expect(found(night, { hours: office })).toEqual([])
    expect(found({ ...night, hour: 11 }, { hours: office, networkKnown: false })).toEqual([])
    expect(found(night, { hours: office, networkKnown: false, days: 2 })).toEqual([])
    expect(found({ hour: 3, archiveMinutes: reading.with(43, 1) }, { hours: office, networkKnown: false })).toEqual([])
  })

  test('is one whose neighbours are unusual, too, midnight included', () => {
    const night = { archiveMinutes: reading }
    const late = office.with(23, 20)
    expect(found({ ...night, hour: 0 }, { hours: late, networkKnown: false })).toEqual([])
    expect(found({ ...night, hour: 1 }, { hours: late, networkKnown: false })).toEqual(['unusual-hours'])
  })
})

describe('what is done about it', () => {
  const finding = (signal: Signal): Finding => ({ signal, score: 1, explanation: { fr: '', en: '' }, evidence: {} })
  const { actions, together } = defaultDetection
  const act = (signals: readonly Signal[], recent: readonly Signal[] = [], enforced = true) =>
    decide(signals.map(finding), recent, defaultDetection, enforced).map(({ action }) => action)

  test('by default is an alert, and a tap for a machine that sweeps, found together or within the hour', () => {
    for (const signal of SIGNALS) expect(act([signal])).toEqual(['alert'])
    expect(act(['sweep', 'machine-pace'])).toEqual(['tap', 'tap'])
    expect(act(['sweep'], ['machine-pace'])).toEqual(['tap'])
    expect(act(['directory-crawl'], ['machine-pace', 'sweep'])).toEqual(['alert'])
  })

  test('is never more than an alert where nothing is enforced', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.constantFrom(...SIGNALS)), fc.constantFrom(...ACTIONS), (signals, action) => {
        const all = Object.fromEntries(SIGNALS.map((signal) => [signal, action])) as Record<Signal, Action>
        const decided = decide(signals.map(finding), [], { actions: all, together }, false)
        for (const one of decided) expect(one.action).toBe('alert')
      }),
    )
  })

  test('is the strongest of what applies, and nothing for what is off', () => {
    const off = { ...actions, sweep: 'off' } as const
    const act = (signals: readonly Signal[], recent: readonly Signal[] = []) =>
      decide(
        signals.map(finding),
        recent,
        { actions: off, together: [...together, { signals: ['sweep', 'live-ceiling'], action: 'end' }] },
        true,
      )
    expect(act(['sweep'])).toEqual([])
    expect(act(['sweep'], ['machine-pace', 'live-ceiling'])).toMatchObject([{ action: 'end' }])
  })
})
