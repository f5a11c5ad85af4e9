// A database that the first landed version filled: it comes to today's schema with every row, and what was counted stays counted.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { MIGRATIONS_FOLDER, migrate } from '../../db/migrate.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'

/** What was released first: these files never change. */
const LANDED = 2

/** As `fillEveryTable` names them. */
const SERVER = 'devices.server_name'
const PERSON = 'people.id'
const DEVICE = 'devices.id'
/** In seconds, so that the newest sub-buckets of the windows are those of one moment. */
const MOMENT = 1_800_000_000

let database: TestDatabase
let folder: string

beforeEach(async () => {
  database = await testDatabase({ empty: true })
  folder = mkdtempSync(join(tmpdir(), 'palier-landed-'))
  mkdirSync(join(folder, 'meta'))
  const journal = JSON.parse(readFileSync(join(MIGRATIONS_FOLDER, 'meta/_journal.json'), 'utf8'))
  const entries: { tag: string }[] = journal.entries.slice(0, LANDED)
  for (const { tag } of entries) cpSync(join(MIGRATIONS_FOLDER, `${tag}.sql`), join(folder, `${tag}.sql`))
  writeFileSync(join(folder, 'meta/_journal.json'), JSON.stringify({ ...journal, entries }))
  expect(await migrate(database.db, folder)).toEqual({ applied: LANDED, total: LANDED })
})

afterEach(async () => {
  rmSync(folder, { recursive: true, force: true })
  await database.drop()
})

test('a row in every table of the first landed version is there afterwards, unchanged', async () => {
  const tables = await fillEveryTable()
  expect(tables.length).toBeGreaterThan(25)
  const before = await rowsOf(tables)
  await migrate(database.db)
  const after = await rowsOf(tables)
  for (const table of tables) {
    expect(after[table], table).toHaveLength(1)
    expect(after[table]?.[0], table).toMatchObject(before[table]?.[0] as object)
  }

  const [person] = await database.sql`select version, search, deleted_at from people`
  expect(person).toEqual({ version: 1, search: 'people.username people.display_name ', deleted_at: null })
  expect((await database.sql`select kind, version from credentials`)[0]).toEqual({ kind: 'security-key', version: 1 })
  expect((await database.sql`select meter, dates_from_ms from allowances`)[0]).toEqual({
    meter: 'archive',
    dates_from_ms: null,
  })
  expect((await migrate(database.db)).applied).toBe(0)
})

test('what people and their devices were charged is in the new windows, sub-bucket by sub-bucket', async () => {
  await fillEveryTable()
  const archive = { newest: newest(60, 900, 21_600), used: [...ring(61, 7), ...ring(97, 8), ...ring(121, 9)] }
  const catchUp = { newest: newest(900), used: ring(97, 2) }
  const live = { newest: newest(60), used: ring(61, 3) }
  const state = { newest: newest(900), used: ring(97, 4) }
  const taps = { newest: newest(900), used: ring(97, 5) }
  const odd = { newest: newest(60), used: [7, 0, 5] }
  const persons = { archive, 'catch-up': catchUp, live, state, 'tap-release': taps, odd }
  for (const [meter, { newest, used }] of Object.entries(persons)) {
    await database.sql`insert into meters (server_name, person_id, meter, newest, used, held)
      values (${SERVER}, ${PERSON}, ${meter}, ${array(newest)}::bigint[], ${array(used)}::integer[], 9)`
  }
  const ofDevice = { newest: newest(900), used: ring(97, 6) }
  await database.sql`insert into device_meters (device_id, meter, newest, used)
    values (${DEVICE}, 'catch-up', ${array(ofDevice.newest)}::bigint[], ${array(ofDevice.used)}::integer[])`

  await migrate(database.db)

  expect(await rings('', 'archive')).toEqual(archive)
  expect(await rings('', 'catch-up')).toEqual(catchUp)
  expect(await rings('', 'live')).toEqual(live)
  expect(await rings('', 'tap-release')).toEqual(taps)
  // State had one window and has two: the hour's begins empty.
  expect(await rings('', 'state')).toEqual({
    newest: [0, ...state.newest],
    used: [...Array<number>(61).fill(0), ...state.used],
  })
  expect(await rings(DEVICE, 'catch-up')).toEqual(ofDevice)

  const heads = await database.sql<{ device: string; meter: string; totals: number[]; held: number }[]>`
    select device_id as device, meter, jsonb_build_array(total1, total2, total3) as totals, held::int from meters order by device_id, meter`
  expect(heads).toEqual([
    {
      device: '',
      meter: 'archive',
      totals: [sum(archive.used.slice(0, 61)), sum(archive.used.slice(61, 158)), sum(archive.used.slice(158))],
      held: 9,
    },
    { device: '', meter: 'catch-up', totals: [sum(catchUp.used), 0, 0], held: 9 },
    { device: '', meter: 'live', totals: [sum(live.used), 0, 0], held: 9 },
    { device: '', meter: 'odd', totals: [12, 0, 0], held: 9 },
    { device: '', meter: 'state', totals: [0, sum(state.used), 0], held: 9 },
    { device: '', meter: 'tap-release', totals: [sum(taps.used), 0, 0], held: 9 },
    { device: DEVICE, meter: 'catch-up', totals: [sum(ofDevice.used), 0, 0], held: 0 },
  ])
})

const newest = (...widths: number[]): number[] => widths.map((width) => Math.floor(MOMENT / width))

/** A ring in which something was counted here and there, the newest sub-bucket included. */
const ring = (size: number, seed: number): number[] =>
  Array.from({ length: size }, (_, at) => (at === size - 1 || (at + seed) % 5 === 0 ? seed + at : 0))

const array = (items: readonly number[]): string => `{${items}}`

const sum = (used: readonly number[]): number => used.reduce((total, one) => total + one, 0)

async function rings(device: string, meter: string): Promise<{ newest: number[]; used: number[] }> {
  const [row] = await database.sql<{ newest: number[]; used: number[] }[]>`
    select to_jsonb(newest) as newest, to_jsonb(used) as used from meter_rings where person_id = ${PERSON} and device_id = ${device} and meter = ${meter}`
  if (!row) throw new Error(`no ${meter} of '${device}'`)
  return row
}

/** A row in each table but those of the meters, every column set; what refers to another table finds its row. Their names. */
async function fillEveryTable(): Promise<string[]> {
  const { sql } = database
  const columns = await sql<{ table: string; column: string; type: string; of: string | null }[]>`
    select c.relname as "table", a.attname as "column", format_type(a.atttypid, null) as type,
      (select k.confrelid::regclass::text || '.' || f.attname from pg_constraint k
        join pg_attribute f on f.attrelid = k.confrelid and f.attnum = k.confkey[1]
        where k.contype = 'f' and k.conrelid = c.oid and k.conkey = array[a.attnum]) as of
    from pg_attribute a join pg_class c on c.oid = a.attrelid
    where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped
      and c.relname not in ('meters', 'device_meters')
    order by c.relname, a.attnum`
  const tables = [...new Set(columns.map((column) => column.table))]
  await sql.begin(async (tx) => {
    // What a row refers to may come later.
    await tx`set local session_replication_role = replica`
    for (const table of tables) {
      const own = columns.filter((column) => column.table === table)
      const values = own.map(({ column, type, of }) => anyOf(type, of ?? `${table}.${column}`))
      await tx.unsafe(
        `insert into ${table} (${own.map(({ column }) => `"${column}"`)}) values (${own.map(({ type }, at) => `$${at + 1}::text::${type}`)})`,
        values,
      )
    }
  })
  return tables
}

function anyOf(type: string, name: string): string {
  if (type === 'text') return name
  if (type === 'jsonb') return '["kept"]'
  if (type === 'boolean') return 'true'
  if (type === 'bytea') return '\\x0102'
  if (type === 'bigint[]') return '{3,-4}'
  if (type === 'integer' || type === 'bigint') return '5'
  if (type === 'timestamp with time zone') return '2026-11-01T08:00:00.123Z'
  throw new Error(`no value of type ${type} for ${name}`)
}

async function rowsOf(tables: readonly string[]): Promise<Record<string, unknown[]>> {
  const rows: Record<string, unknown[]> = {}
  for (const table of tables) {
    rows[table] = (await database.sql.unsafe(`select to_jsonb(t) as kept from ${table} t`)).map((row) => row['kept'])
  }
  return rows
}
