import { afterAll, beforeAll, expect, test } from 'vitest'
import { type DatabaseHandle, openDatabase } from '../../db/client.ts'
import { auditStore } from '../../db/stores/audit.ts'
import { auditLog } from '../../server/audit/log.ts'
import { verifyAudit } from '../../server/audit/verify.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'

const clock = { now: () => Date.now() }
const event = (n: number) => ({
  action: 'race.ran',
  actor: 'system',
  subject: `runner-${n}`,
  detail: { n, part: 0.1, text: 'é\u2028' },
})

let database: TestDatabase
let other: DatabaseHandle

beforeAll(async () => {
  database = await testDatabase()
  other = openDatabase(database.url, { max: 10 })
})

afterAll(async () => {
  await other.close()
  await database.drop()
})

test('appends from two pools at once leave one chain without gaps', async () => {
  const here = auditLog({ store: auditStore(database.db, { gathers: true }), clock })
  const there = auditLog({ store: auditStore(other.db, { gathers: true }), clock })
  const entries = await Promise.all(
    Array.from({ length: 200 }, (_, n) => (n % 2 === 0 ? here : there).append(event(n))),
  )
  expect(new Set(entries.map((entry) => entry.sequence)).size).toBe(200)

  const verdict = await verifyAudit(auditStore(database.db), entries[0]?.hash)
  expect(verdict).toMatchObject({ fault: null, head: { sequence: 200 }, knownHeadFound: true })
})

test('an append vanishes with the transaction it was part of, and the chain has no gap after it', async () => {
  const store = auditStore(database.db)
  const log = auditLog({ store, clock })
  const before = (await verifyAudit(store)).head.sequence
  const work = Array.from({ length: 40 }, (_, n) =>
    database.db
      .transaction(async (tx) => {
        await log.append(event(n), tx)
        if (n % 2 === 0) throw new Error('rolled back')
      })
      .catch(() => undefined),
  )
  await Promise.all(work)
  expect(await verifyAudit(store)).toMatchObject({ fault: null, head: { sequence: before + 20 } })
})

test('of entries gathered into one transaction, the one that cannot be written fails alone', async () => {
  const store = auditStore(database.db, { gathers: true })
  const log = auditLog({ store, clock })
  const before = (await verifyAudit(store)).head.sequence
  // A hash that is taken is refused by the database: with it goes the transaction that carries the others.
  const [taken] = await store.page(before - 1, 1)
  const results = await Promise.allSettled([
    log.append(event(1)),
    log.append(event(2)),
    store.append((head) => ({
      ...event(3),
      at: new Date(),
      sequence: head.sequence + 1,
      previousHash: head.hash,
      hash: taken?.hash ?? '',
    })),
    log.append(event(4)),
  ])
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled'])
  expect(await verifyAudit(store)).toMatchObject({ fault: null, head: { sequence: before + 3 } })
})

test('a change made in the database itself is found', async () => {
  const store = auditStore(database.db)
  await database.sql`update audit_entries set detail = jsonb_set(detail, '{n}', '12345') where sequence = 7`
  expect((await verifyAudit(store)).fault).toEqual({ kind: 'changed', sequence: 7 })
})
