// The simulator: what holds for any traffic, and what holds for the thresholds as they ship.
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import type { PolicyDocument } from '../../../server/policy/document.ts'
import { resolver } from '../../../server/policy/resolve.ts'
import { shippedPolicy } from '../../../server/policy/shipped.ts'
import { type TrafficRecord, trafficRecord } from '../../../server/policy/simulation/record.ts'
import { report, type SimulationReport } from '../../../server/policy/simulation/report.ts'
import { Simulation } from '../../../server/policy/simulation/simulate.ts'
import { thiefTake } from '../../../server/policy/simulation/thief.ts'
import { generateTraffic, trafficLine } from '../../../server/policy/traffic/generate.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const START_MS = Date.UTC(2026, 10, 2)
const shipped = shippedPolicy()

function simulate(document: PolicyDocument, traffic: Iterable<TrafficRecord>, from = 0): SimulationReport {
  const simulation = new Simulation(resolver(document, { version: 0 }))
  for (const record of traffic) simulation.add(record)
  return report(simulation.weeks(from))
}

/** One window of history of an hour, the rest out of reach. */
function small(limit: number, tap = { units: 20, for: 8 * 3_600 }): PolicyDocument {
  const windows = shipped.windows.archive.map((window) => ({ ...window, limit }))
  return {
    ...shipped,
    windows: {
      ...shipped.windows,
      archive: windows,
      'tap-release': [{ window: 86_400, buckets: 96, limit: 1_000_000 }],
    },
    taps: { ...shipped.taps, archive: tap },
    idle_after: 4 * 3_600,
  }
}

const traffic = fc
  .array(
    fc.record({
      waitMs: fc.constantFrom(0, 1_000, MINUTE_MS, 10 * MINUTE_MS, HOUR_MS, 5 * HOUR_MS, 30 * HOUR_MS),
      room: fc.constantFrom('a', 'b', 'c'),
      device: fc.constantFrom('dev_1', 'dev_2'),
      units: fc.integer({ min: 1, max: 15 }),
    }),
    { maxLength: 60 },
  )
  .map((steps) => {
    let atMs = START_MS
    return steps.map(({ waitMs, room, device, units }): TrafficRecord => {
      atMs += waitMs
      return {
        atMs,
        kind: 'read',
        person: 'per_1',
        device,
        network: 'n',
        groups: [],
        route: 'messages',
        rooms: [room],
        units: { archive: units },
        withheld: false,
      }
    })
  })
/** Without idleness: a tap that a looser policy does not ask for ends none either. */
const awake = (document: PolicyDocument) => ({ ...document, idle_after: 10 ** 9 })
const taps = (document: PolicyDocument, records: readonly TrafficRecord[]) =>
  simulate(awake(document), records).taps.stepUp.total

describe('a looser policy never asks for more taps', () => {
  it('when every window of a meter allows more, in proportion to its length', () => {
    fc.assert(
      fc.property(traffic, fc.integer({ min: 5, max: 60 }), fc.integer({ min: 1, max: 60 }), (records, limit, more) => {
        const [hour, day, month] = shipped.windows.archive
        const limits = (add: number): PolicyDocument => {
          const document = small(0)
          const archive = [hour, day, month].map((window) => ({
            ...(window as NonNullable<typeof window>),
            limit: Math.ceil(((limit + add) * (window?.window ?? 0)) / 3_600),
          }))
          return { ...document, windows: { ...document.windows, archive } }
        }
        expect(taps(limits(more), records)).toBeLessThanOrEqual(taps(limits(0), records))
      }),
    )
  })

  it('when a tap releases more, or for longer', () => {
    fc.assert(
      fc.property(
        traffic,
        fc.nat(30),
        fc.integer({ min: 15, max: 60 }),
        fc.nat(60),
        fc.integer({ min: 1, max: 8 }),
        fc.nat(8),
        (records, limit, units, more, hours, longer) => {
          const tight = small(limit, { units, for: hours * 3_600 })
          const loose = small(limit, { units: units + more, for: (hours + longer) * 3_600 })
          expect(taps(loose, records)).toBeLessThanOrEqual(taps(tight, records))
        },
      ),
    )
  })

  it('when somebody is exempt, or observed: then for none', () => {
    fc.assert(
      fc.property(traffic, fc.nat(30), (records, limit) => {
        const observed = { ...small(limit), enforcement: [{ group: 'everyone', from: 0, mode: 'observe' as const }] }
        expect(taps(observed, records)).toBe(0)
      }),
    )
  })
})

describe('recorded traffic', () => {
  it('is what was generated, read back from its lines', () => {
    for (const record of generateTraffic({ people: 3, weeks: 1, seed: 'lines', personas: { 'new-device': 1 } })) {
      const read = trafficRecord(trafficLine(record))
      expect(read).toEqual({
        ...record,
        units: record.units,
        ...(record.kind === 'sign-in' && { route: '', rooms: [] }),
      })
    }
  })

  it('is told from what is none, whatever the line', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.object().map((value) => JSON.stringify({ event: 'metering.decision', ...value })),
        ),
        (line) => {
          const read = trafficRecord(line)
          if (typeof read === 'object') expect(Number.isFinite(read.atMs)).toBe(true)
          else expect(['malformed', 'other-event']).toContain(read)
        },
      ),
    )
  })

  it.each([
    ['not json', 'malformed'],
    ['[1]', 'malformed'],
    ['{"event":"process.ready"}', 'other-event'],
    ['', 'other-event'],
    ['{"event":"metering.decision","time":"yesterday","person":"p","device":"d"}', 'malformed'],
    ['{"event":"metering.decision","time":"2026-11-02T08:00:00Z","device":"d"}', 'malformed'],
    [
      '{"event":"metering.decision","time":"2026-11-02T08:00:00Z","person":"p","device":"d","units":["archive=-4"]}',
      'malformed',
    ],
    [
      '{"event":"metering.decision","time":"2026-11-02T08:00:00Z","person":"p","device":"d","units":"archive=4"}',
      'malformed',
    ],
  ])('%s is %s', (line, kind) => {
    expect(trafficRecord(line)).toBe(kind)
  })

  it('that was withheld and asked for again counts once in ten minutes', () => {
    const line = (minute: number) =>
      ({
        atMs: START_MS + minute * MINUTE_MS,
        kind: 'read',
        person: 'p',
        device: 'd',
        network: 'n',
        groups: [],
        route: 'messages',
        rooms: ['a'],
        units: { archive: 30 },
        withheld: true,
      }) as const
    const simulation = new Simulation(resolver(shipped, { version: 0 }))
    for (const minute of [0, 1, 2, 20]) simulation.add(line(minute))
    expect(simulation.weeks()[0]?.figures.units['archive']).toBe(60)
  })
})

describe('generated traffic', () => {
  it('is the same for the same seed, another for another, and in the order of its time', () => {
    const lines = (seed: string) => [...generateTraffic({ people: 5, weeks: 1, seed })]
    expect(lines('one')).toEqual(lines('one'))
    expect(lines('one')).not.toEqual(lines('two'))
    const times = lines('one').map(({ atMs }) => atMs)
    expect(times).toEqual([...times].sort((a, b) => a - b))
  })

  it('one person more leaves the others as they are', () => {
    const of = (people: number) =>
      [...generateTraffic({ people, weeks: 1, seed: 'same' })].filter(({ person }) => person === 'per_00001')
    expect(of(2)).toEqual(of(7))
  })

  it.each(['indexer', 'export', 'thief'] as const)('%s: reads past any hour’s threshold, and stands out', (persona) => {
    const made = simulate(
      shipped,
      generateTraffic({ people: 40, weeks: 1, seed: 'persona', personas: { [persona]: 1 } }),
    )
    expect(made.outliers[0]?.person).toBe(`per_${persona}_0`)
  })

  it('a patient thief stays below the hour and is stopped by the longest window', () => {
    const month = shipped.windows.archive.at(-1)?.limit ?? 0
    const night = [
      ...generateTraffic({ people: 0, weeks: 4, seed: 'patient', personas: { 'patient-thief': 1 } }),
    ].filter(({ network }) => network === 'elsewhere')
    const perHour = new Map<number, number>()
    for (const { atMs, units } of night)
      perHour.set(Math.floor(atMs / HOUR_MS), (perHour.get(Math.floor(atMs / HOUR_MS)) ?? 0) + (units['archive'] ?? 0))
    expect(night.length).toBeGreaterThan(50)
    expect(Math.max(...perHour.values())).toBeLessThan(shipped.windows.archive[0]?.limit ?? 0)
    expect(night.reduce((sum, { units }) => sum + (units['archive'] ?? 0), 0)).toBeLessThan(month)
  })
})

describe('a thief on an account', () => {
  it('gets no more than each window, whatever the owner leaves, and less when the owner reads', () => {
    fc.assert(
      fc.property(traffic, (records) => {
        const of = resolver(shipped, { version: 0 })
        const subject = { personId: 'per_1', groups: [] }
        const hours = [1, 24, 720]
        const alone = thiefTake(of, subject, [], START_MS, hours)
        const beside = thiefTake(of, subject, records, START_MS, hours)
        shipped.windows.archive.forEach(({ limit }, index) => {
          expect(alone[index]?.taken.archive).toBeLessThanOrEqual(limit)
          expect(beside[index]?.taken.archive).toBeLessThanOrEqual(alone[index]?.taken.archive ?? 0)
        })
        expect(alone[0]?.taken.archive).toBe(shipped.windows.archive[0]?.limit)
      }),
      { numRuns: 5 },
    )
  })
})

describe('the thresholds as they ship, on a thousand generated person-weeks', () => {
  let made: SimulationReport
  // Four weeks before the one that counts, so that the windows of 30 days are as full as they get.
  beforeAll(() => {
    made = simulate(shipped, generateTraffic({ people: 1_170, weeks: 5, seed: 'palier' }), 4)
  }, 300_000)

  it('there are a thousand, and nearly everybody signs in each morning', () => {
    expect(made.personWeeks).toBeGreaterThanOrEqual(1_000)
    expect(made.taps.signIn.median).toBeGreaterThanOrEqual(4)
  })

  it('at most one week in four has a step-up tap at all, idle devices included', () => {
    expect((made.taps.stepUp.weeksWithAny + made.taps.idle.weeksWithAny) / made.personWeeks).toBeLessThanOrEqual(0.25)
  })

  it('the 99th percentile is at most two', () => {
    expect(made.taps.stepUp.p99).toBeLessThanOrEqual(2)
  })
})

describe('a tap for what windows never pay', () => {
  const keys = (route: string): TrafficRecord => ({
    atMs: START_MS,
    kind: 'read',
    person: 'p',
    device: 'd',
    network: 'n',
    groups: [],
    route,
    rooms: [],
    units: { 'key-backup': 3 },
    withheld: false,
  })
  it.each([
    ['room_keys.keys', 1],
    ['room_keys.keys.room', 1],
    ['room_keys.keys.session', 0],
  ])('%s: %i', (route, taps) => {
    expect(simulate(shipped, [keys(route)]).others['key-backup'] ?? 0).toBe(taps)
  })
})
