// The audit log's list at a size at which what matches is not sorted any more, against a plain reading of its filters.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { auditConsoleStore } from '../../../db/stores/console-audit.ts'
import type { AuditFilter } from '../../../server/console/audit/port.ts'
import { type TestDatabase, testDatabase } from '../../support/database.ts'

const ENTRIES = 12_000
const START = Date.parse('2026-01-01T00:00:00Z')

interface Entry {
  readonly sequence: number
  readonly at: Date
  readonly action: string
  readonly actor: string
  readonly subject: string
}

let database: TestDatabase
let log: readonly Entry[]

beforeAll(async () => {
  database = await testDatabase()
  const { sql } = database
  await sql`INSERT INTO people (id, username, display_name, created_at) VALUES ('per_a', 'anne', 'Anne', now()), ('per_b', 'per_a', 'B', now())`
  // Times go back now and then, as clocks of two instances do; the order is that of the numbers.
  await sql`
    INSERT INTO audit_entries (sequence, at, action, actor, subject, detail, previous_hash, hash)
    SELECT n, ${new Date(START).toISOString()}::text::timestamptz + (n - CASE WHEN n % 100 = 0 THEN 500 ELSE 0 END) * interval '1 minute',
      CASE WHEN n < 50 THEN 'set-up.done' WHEN n % 50 = 0 THEN 'key.revoked' WHEN n % 2 = 0 THEN 'keyring.opened' WHEN n % 3 = 0 THEN 'k%y_.odd'
        ELSE 'session.ended' END,
      CASE WHEN n < 50 THEN 'cli' WHEN n % 40 = 0 THEN 'per_a' WHEN n % 40 = 1 THEN 'per_a/tok_1' WHEN n % 400 = 2 THEN 'per_a/tok_2'
        WHEN n % 40 = 3 THEN 'per_b' WHEN n % 40 = 4 THEN 'per_ab/tok' ELSE 'system' END,
      CASE WHEN n % 60 = 0 THEN 'per_a' WHEN n % 61 = 0 THEN 'anne' ELSE 'per_other' END, '{}', n::text, 'hash' || n
    FROM generate_series(1, ${ENTRIES}) n`
  await sql`ANALYZE`
  const rows = await sql<
    (Omit<Entry, 'sequence'> & { sequence: string })[]
  >`SELECT * FROM audit_entries ORDER BY sequence DESC`
  log = rows.map((row) => ({ ...row, at: new Date(row.at), sequence: Number(row.sequence) }))
})
afterAll(() => database.drop())

const USERNAMES: Readonly<Record<string, string>> = { anne: 'per_a', per_a: 'per_b' }
const minutes = (count: number) => new Date(START + count * 60_000)

function matches({ at, action, actor, subject }: Entry, filter: AuditFilter): boolean {
  const isNamed = (value: string, name: string) => value === name || value === USERNAMES[name.toLowerCase()]
  return (
    (filter.action === undefined || action.startsWith(filter.action)) &&
    (filter.actor === undefined || isNamed(actor, filter.actor) || actor.startsWith(`${filter.actor}/`)) &&
    (filter.subject === undefined || isNamed(subject, filter.subject)) &&
    (filter.from === undefined || at >= filter.from) &&
    (filter.until === undefined || at < filter.until)
  )
}

const FILTERS: readonly AuditFilter[] = [
  {},
  { action: 'key' },
  { action: 'key.' },
  { action: 'k%' },
  { action: 'k_y' },
  { action: 'set-up' },
  { action: 'nothing' },
  { actor: 'system' },
  { actor: 'per_a' },
  { actor: 'ANNE' },
  { actor: 'cli' },
  { actor: 'nobody\\' },
  { subject: 'anne' },
  { subject: 'per_a' },
  { subject: 'per_other' },
  { actor: 'system', action: 'session' },
  { actor: 'per_a', subject: 'per_a', action: 'key' },
  { subject: 'per_other', actor: 'system' },
  { subject: 'per_other', actor: 'system', from: minutes(3_000), until: minutes(9_000) },
  { from: minutes(11_000) },
  { until: minutes(600) },
  { until: minutes(8_000) },
  { from: minutes(5_000), until: minutes(5_100) },
  { action: 'set-up', from: minutes(6_000) },
]

test.each(FILTERS)('%o finds the newest that match, and goes on before them', async (filter) => {
  const store = auditConsoleStore(database.db)
  const right = log.filter((entry) => matches(entry, filter)).map(({ sequence }) => sequence)
  const sequences = async (before: number | null, limit: number) =>
    (await store.list(filter, before, limit)).map(({ sequence }) => sequence)
  expect(await sequences(null, 51)).toEqual(right.slice(0, 51))
  expect(await sequences(right[50] ?? null, 51)).toEqual(right.slice(right.length > 50 ? 51 : 0, 102).slice(0, 51))
  const [middle] = [right[right.length >> 1]]
  if (middle !== undefined) expect(await sequences(middle, 20)).toEqual(right.filter((n) => n < middle).slice(0, 20))
  expect(await sequences(1, 51)).toEqual([])
})
