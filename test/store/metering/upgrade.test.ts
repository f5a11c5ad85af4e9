// What was counted before meters were heads and sub-buckets stays counted: an upgrade gives nobody a fresh budget.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { MIGRATIONS_FOLDER } from '../../../db/migrate.ts'
import { meterStore } from '../../../db/stores/metering.ts'
import { defaultPolicy } from '../../../server/policy/defaults.ts'
import { type TestDatabase, testDatabase } from '../../support/database.ts'
import { PLAIN_SPENDING } from '../../support/spending.ts'

const FIRST_OF_THE_NEW = '0005'
let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase({ empty: true })
})
afterAll(() => database.drop())

async function apply(which: (file: string) => boolean): Promise<void> {
  const files = readdirSync(MIGRATIONS_FOLDER).filter((file) => file.endsWith('.sql') && which(file))
  for (const file of files.sort()) {
    for (const statement of readFileSync(join(MIGRATIONS_FOLDER, file), 'utf8').split('--> statement-breakpoint')) {
      await database.sql.unsafe(statement)
    }
  }
}

/** A ring as it was: zeros, and these counts so many sub-buckets before the newest. */
function ring(size: number, counts: Readonly<Record<number, number>>): number[] {
  return Array.from({ length: size }, (_, index) => counts[size - 1 - index] ?? 0)
}

it('goes on where the arrays stood, window by window, and gives back what a device had read', async () => {
  await apply((file) => file < FIRST_OF_THE_NEW)
  const seconds = Math.floor(Date.now() / 1_000)
  const newest = [60, 900, 21_600].map((width) => Math.floor(seconds / width))
  const archive = [...ring(61, { 0: 3, 20: 7 }), ...ring(97, { 0: 10, 50: 40 }), ...ring(121, { 1: 60, 119: 500 })]
  const thief = [...ring(61, { 20: 7 }), ...ring(97, { 50: 40 }), ...ring(121, { 119: 500 })]
  const put = (table: 'meters' | 'device_meters', owner: string, meter: string, at: number[], used: number[]) =>
    database.sql.unsafe(
      table === 'meters'
        ? `insert into meters (server_name, person_id, meter, newest, used, held) values ('s', $1, $2, $3::text::bigint[], $4::text::int[], 5)`
        : `insert into device_meters (device_id, meter, newest, used) values ($1, $2, $3::text::bigint[], $4::text::int[])`,
      [owner, meter, `{${at}}`, `{${used}}`],
    )
  await put('meters', 'ada', 'archive', newest, archive)
  await put('meters', 'ada', 'catch-up', [newest[1] ?? 0], ring(97, { 0: 1, 95: 2 }))
  await put('meters', 'ada', 'live', [newest[0] ?? 0], ring(61, { 0: 9 }))
  await put('meters', 'ada', 'state', [newest[1] ?? 0], ring(97, { 2: 11 }))
  await put('device_meters', 'dev_thief', 'archive', newest, thief)
  await database.sql.begin(async (sql) => {
    // Only the row itself matters: nobody stands behind it.
    await sql`set local session_replication_role = replica`
    await sql`insert into devices (id, sid, person_id, credential_id, server_name, user_id, device_id, acr, amr, auth_time,
        client, network, refreshes, created_at, last_active_at, last_tap_at, expires_at)
      values ('dev_thief', 'sid', 'ada', 'key', 's', '@ada:s', 'PHONE', 'phr', '["pop"]', now(), '', '', false, now(), now(), now(), now())`
  })
  await apply((file) => file >= FIRST_OF_THE_NEW)

  const store = meterStore(database.db, defaultPolicy)
  const used = async () => {
    const rows = await store.remaining('s', 'ada')
    return (meter: string) => rows.filter((row) => row.meter === meter).map((row) => row.used)
  }
  const kept = await used()
  expect(kept('archive')).toEqual([10, 50, 560])
  expect(kept('catch-up')).toEqual([3])
  expect(kept('live')).toEqual([9])
  expect(kept('state')).toEqual([0, 11])
  // Not only read: charged upon, with the same sums.
  const spender = { serverName: 's', personId: 'ada', device: 'dev_thief' }
  await store.spend({ ...spender, ...PLAIN_SPENDING, streams: { archive: { hashes: [], bare: 2 } } })
  expect((await used())('archive')).toEqual([12, 52, 562])
  await store.giveBack({ ...spender, incident: 'inc_1', reason: 'not-me' })
  expect((await used())('archive')).toEqual([3, 10, 60])
})
