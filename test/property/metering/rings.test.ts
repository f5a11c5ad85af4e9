// The database's rings against a list of what was charged when: never more in any window, over-strict by one sub-bucket at most,
// never backwards, and an ended device taken out to the event.
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { batchOf, type Operation, resultsOf } from '../../../db/stores/metering-batch.ts'
import { policyForDatabase } from '../../../server/metering/layout.ts'
import { defaultPolicy, type MeteringPolicy } from '../../../server/policy/defaults.ts'
import { type TestDatabase, testDatabase } from '../../support/database.ts'
import { PLAIN_SPENDING } from '../../support/spending.ts'

const WINDOWS = [
  { windowSeconds: 60, buckets: 6, limit: 10 },
  { windowSeconds: 600, buckets: 5, limit: 25 },
] as const
const policy: MeteringPolicy = {
  ...defaultPolicy,
  reservationSeconds: 20,
  windows: { ...defaultPolicy.windows, archive: WINDOWS },
}
const START = 1_800_000_007

interface Charged {
  readonly at: number
  readonly events: number
  readonly device: string
}

let database: TestDatabase
let people = 0
beforeAll(async () => {
  database = await testDatabase({ max: 2 })
})
afterAll(() => database.drop())

const form = policyForDatabase(policy)
const applied = { policy, caps: form.caps }

async function call<Result>(operation: Operation, seconds: number): Promise<Result> {
  const { batch, hashes, servers, persons } = batchOf([operation], form.layouts)
  await database.sql`select palier_meter_people(${servers}::text::text[], ${persons}::text::text[])`
  const rows =
    await database.sql`select palier_meter(${batch}::text::jsonb, ${hashes}::text::bigint[], to_timestamp(${seconds})) as results`
  return resultsOf([operation], rows[0]?.['results'] as string)[0] as Result
}

const spend = (person: string, device: string, events: number, seconds: number) => {
  const streams = { archive: { hashes: [], bare: events } }
  const request = { serverName: 's', personId: person, device, streams, ...PLAIN_SPENDING }
  return call<{ state: string; left?: { archive: number } }>({ op: 'spend', request, applied }, seconds)
}
const used = async (personId: string, seconds: number) => {
  const fields = { server: 's', person: personId, roomsSeconds: 60 }
  const read: Operation = { op: 'read', person: { serverName: 's', personId }, fields, meters: [] }
  const { meters } = await call<{ meters: { meter: string; used: number[]; held: number }[] }>(read, seconds)
  const found = meters.find(({ meter }) => meter === 'archive')
  return { held: found?.held ?? 0, used: found?.used ?? WINDOWS.map(() => 0) }
}

/** What was charged in the `seconds` up to a moment. */
const within = (charged: readonly Charged[], at: number, seconds: number) =>
  charged.filter((one) => one.at > at - seconds && one.at <= at).reduce((sum, { events }) => sum + events, 0)
/** What the sub-buckets hold that cover those. */
const covered = (charged: readonly Charged[], at: number, { windowSeconds, buckets }: (typeof WINDOWS)[number]) => {
  const width = windowSeconds / buckets
  return charged
    .filter((one) => Math.floor(one.at / width) >= Math.floor(at / width) - buckets)
    .reduce((sum, { events }) => sum + events, 0)
}

const forward = fc.constantFrom(0, 0, 1, 3, 9, 10, 11, 59, 60, 61, 119, 120, 599, 600, 601, 5_000)
const step = fc.record({
  move: fc.oneof({ weight: 6, arbitrary: forward }, { weight: 1, arbitrary: fc.constantFrom(-1, -15, -200, -9_000) }),
  events: fc.integer({ min: 1, max: 12 }),
})

describe('the rings of the database', () => {
  it('never hold more than the limit in any window, and refuse nothing that fits with one sub-bucket more', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
        const person = `ring-${people++}`
        const charged: Charged[] = []
        let clock = START
        // The latest moment at which anything was asked.
        let latest = 0
        for (const { move, events } of steps) {
          clock += move
          // A clock that went back does not bring back what is over, nor forget what was counted.
          const now = Math.max(latest, clock)
          const answer = await spend(person, 'dev', events, clock)
          latest = now
          if (answer.state === 'paid') {
            charged.push({ at: now, events, device: 'dev' })
          } else {
            expect(WINDOWS.some((window) => covered(charged, now, window) + events > window.limit)).toBe(true)
          }
          for (const window of WINDOWS)
            expect(within(charged, now, window.windowSeconds)).toBeLessThanOrEqual(window.limit)
          expect(await used(person, clock)).toMatchObject({
            used: WINDOWS.map((window) => covered(charged, now, window)),
            held: 0,
          })
        }
      }),
      { numRuns: 40 },
    )
  })

  it('count an overdue reservation at its deadline, as if it had been settled then', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ move: forward, events: fc.integer({ min: 1, max: 8 }) }), { minLength: 2, maxLength: 15 }),
        async (steps) => {
          const person = `due-${people++}`
          const charged: Charged[] = []
          let open: { due: number; events: number }[] = []
          let clock = START
          for (const [index, { move, events }] of steps.entries()) {
            clock += move
            const request = {
              serverName: 's',
              personId: person,
              device: 'dev',
              id: `${person}-${index}`,
              network: 'n',
              client: 'c',
              room: 'r',
              direction: 'backward',
              events,
              idle: false,
              requestHash: `${index}`,
            }
            const reserved = await call<{ state: string; events?: number }>({ op: 'reserve', request, applied }, clock)
            for (const { due, events: late } of open.filter((one) => one.due <= clock))
              charged.push({ at: due, events: late, device: 'dev' })
            open = open.filter((one) => one.due > clock)
            if (reserved.state === 'granted')
              open.push({ due: clock + policy.reservationSeconds, events: reserved.events ?? 0 })
            const held = open.reduce((sum, one) => sum + one.events, 0)
            expect(await used(person, clock)).toMatchObject({
              used: WINDOWS.map((window) => covered(charged, clock, window)),
              held,
            })
            for (const window of WINDOWS)
              expect(covered(charged, clock, window) + held).toBeLessThanOrEqual(window.limit)
          }
        },
      ),
      { numRuns: 25 },
    )
  })

  it('give back exactly what an ended device consumed', async () => {
    const read = fc.record({
      move: forward,
      events: fc.integer({ min: 1, max: 8 }),
      device: fc.constantFrom('owner', 'thief'),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(read, { minLength: 2, maxLength: 20 }), forward, async (reads, later) => {
        const person = `back-${people++}`
        const charged: Charged[] = []
        let clock = START
        for (const { move, events, device } of reads) {
          clock += move
          if ((await spend(person, `${person}-${device}`, events, clock)).state === 'paid')
            charged.push({ at: clock, events, device })
        }
        clock += later
        const ended: Operation = {
          op: 'give-back',
          person: { serverName: 's', personId: person },
          fields: {
            server: 's',
            person,
            device: `${person}-thief`,
            incident: `inc-${person}`,
            reason: 'test',
            layouts: form.layouts,
            giveBacksPer30Days: policy.giveBacksPer30Days,
          },
          meters: [],
        }
        const back = await call<{ state: string; consumed: Record<string, number> }>(ended, clock)
        const thief = charged.filter(({ device }) => device === 'thief')
        if (thief.length > 0)
          expect(back.consumed['archive']).toBe(Math.max(...WINDOWS.map((window) => covered(thief, clock, window))))
        const owner = charged.filter(({ device }) => device === 'owner')
        expect(await used(person, clock)).toMatchObject({
          used: WINDOWS.map((window) => covered(owner, clock, window)),
          held: 0,
        })
        expect(await call(ended, clock)).toEqual({ state: 'given-back-before' })
        expect(await used(person, clock)).toMatchObject({
          used: WINDOWS.map((window) => covered(owner, clock, window)),
        })
      }),
      { numRuns: 30 },
    )
  })
})
