// The simulator's rings against the database's: the same charges at the same times leave the same.
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { batchOf, type Operation, resultsOf } from '../../../db/stores/metering-batch.ts'
import { policyForDatabase } from '../../../server/metering/layout.ts'
import { defaultPolicy, type MeteringPolicy } from '../../../server/policy/defaults.ts'
import { Meter } from '../../../server/policy/simulation/ring.ts'
import { type TestDatabase, testDatabase } from '../../support/database.ts'
import { PLAIN_SPENDING } from '../../support/spending.ts'

const archive = [
  { windowSeconds: 60, buckets: 6, limit: 10 },
  { windowSeconds: 600, buckets: 5, limit: 25 },
] as const
const policy: MeteringPolicy = { ...defaultPolicy, windows: { ...defaultPolicy.windows, archive } }
const START = 1_800_000_007

let database: TestDatabase
let people = 0
beforeAll(async () => {
  database = await testDatabase({ max: 2 })
})
afterAll(() => database.drop())

const form = policyForDatabase(policy)

async function call<Result>(operation: Operation, seconds: number): Promise<Result> {
  const { batch, hashes, servers, persons } = batchOf([operation], form.layouts)
  await database.sql`select palier_meter_people(${servers}::text::text[], ${persons}::text::text[])`
  const rows =
    await database.sql`select palier_meter(${batch}::text::jsonb, ${hashes}::text::bigint[], to_timestamp(${seconds})) as results`
  return resultsOf([operation], rows[0]?.['results'] as string)[0] as Result
}

const applied = { policy, caps: form.caps }

async function spend(personId: string, events: number, seconds: number): Promise<string> {
  const streams = { archive: { hashes: [], bare: events } }
  const request = { serverName: 's', personId, device: `dev_${personId}`, streams, ...PLAIN_SPENDING }
  return (await call<{ state: string }>({ op: 'spend', request, applied }, seconds)).state
}

it('the simulator pays and refuses what the database pays and refuses, wherever the clock jumps', async () => {
  const move = fc.constantFrom(0, 1, 9, 10, 11, 59, 60, 61, 119, 599, 600, 601, 719, 5_000, -15, -700)
  const step = fc.tuple(move, fc.integer({ min: 1, max: 12 }))
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 20 }), async (steps) => {
      people += 1
      const meter = new Meter(archive)
      let seconds = START
      for (const [jump, events] of steps) {
        seconds += jump
        const fits = events <= meter.left(archive, seconds)
        expect(await spend(`per_ring_${people}`, events, seconds)).toBe(fits ? 'paid' : 'short')
        if (fits) meter.add(seconds, events)
      }
    }),
    { numRuns: 100 },
  )
})
