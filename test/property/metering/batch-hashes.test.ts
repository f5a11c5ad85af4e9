// What a settlement's hashes become on their way to the database.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { batchOf, type Operation } from '../../../db/stores/metering-batch.ts'
import { policyForDatabase } from '../../../server/metering/layout.ts'
import { defaultPolicy } from '../../../server/policy/defaults.ts'

const forDatabase = policyForDatabase(defaultPolicy)

function settle(id: string, hashes: readonly bigint[]): Operation {
  return {
    op: 'settle',
    applied: { policy: defaultPolicy, caps: forDatabase.caps },
    request: {
      serverName: 'x',
      personId: 'person_1',
      device: 'dev_1',
      id,
      history: { hashes, bare: 0 },
      live: 0,
      state: 0,
      span: null,
      requestHash: 'r',
      limitUsed: 10,
    } as never,
  }
}

const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
const charges = fc.array(
  fc.array(fc.oneof(int64, fc.constantFrom(0n, -1n, 1n, 2n ** 32n, -(2n ** 32n))), { maxLength: 12 }),
  { maxLength: 5 },
)

test('each charge has each of its hashes once, in their order, where its columns say', () => {
  fc.assert(
    fc.property(charges, (all) => {
      const { batch, hashes } = batchOf(
        all.map((one, index) => settle(`r${index}`, one)),
        forDatabase.layouts,
      )
      const sent = hashes.slice(1, -1).split(',').filter(Boolean).map(BigInt)
      const { settle: columns } = JSON.parse(batch) as { settle?: Record<string, string> }
      const numbers = (name: string) => (columns?.[name] ?? '{}').slice(1, -1).split(',').filter(Boolean).map(Number)
      const [from, to] = [numbers('hashesFrom'), numbers('hashesTo')]
      const told = all.map((_, index) => sent.slice((from[index] as number) - 1, to[index]))
      expect(told).toEqual(all.map((one) => [...new Set(one)]))
      expect(sent).toHaveLength(told.flat().length)
    }),
  )
})
