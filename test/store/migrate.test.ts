import { sql } from 'drizzle-orm'
import { afterEach, expect, test } from 'vitest'
import { openDatabase } from '../../db/client.ts'
import { DatabaseNewer, migrate } from '../../db/migrate.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'

let database: TestDatabase | undefined
afterEach(() => database?.drop())

test('a test database has every migration already', async () => {
  database = await testDatabase()
  expect((await migrate(database.db)).applied).toBe(0)
  expect((await database.sql`select count(*)::int as n from people`)[0]).toEqual({ n: 0 })
})

test('several programs that migrate at once take turns, and only one of them does the work', async () => {
  database = await testDatabase({ empty: true })
  const { url } = database
  const programs = Array.from({ length: 4 }, () => openDatabase(url, { max: 1 }))
  try {
    const reports = await Promise.all(programs.map(({ db }) => migrate(db)))
    const applied = reports.map((report) => report.applied).sort()
    expect(applied.slice(0, 3)).toEqual([0, 0, 0])
    expect(applied[3]).toBe(reports[0]?.total)
  } finally {
    await Promise.all(programs.map(({ close }) => close()))
  }
})

test('a database of a newer program is refused and left alone', async () => {
  database = await testDatabase()
  await database.db.execute(
    sql`insert into drizzle.__drizzle_migrations (hash, created_at) values ('from-the-future', 9e12)`,
  )
  await expect(migrate(database.db)).rejects.toThrow(DatabaseNewer)
  await expect(migrate(database.db)).rejects.toThrow('Nothing was changed')
})
