import { readdirSync } from 'node:fs'
import { getTableColumns, getTableName, is, sql } from 'drizzle-orm'
import { PgTable } from 'drizzle-orm/pg-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import * as bindings from '../../db/schema/bindings.ts'
import * as oidc from '../../db/schema/oidc.ts'
import { sealedValuesStore, sealKeysStore } from '../../db/stores/seal-keys.ts'
import { checkSecret } from '../../server/cli/doctor-secret.ts'
import type { Sealer } from '../../server/platform/seal.ts'
import { SEALED_COLUMNS, sealPlace } from '../../server/platform/seal-columns.ts'
import { checkSealKeys, WrongSecret } from '../../server/platform/seal-keys.ts'
import { type RotationDeps, rotateSeals } from '../../server/platform/seal-rotate.ts'
import { keyIdOf, openSealer } from '../../server/platform/seal-sealer.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'

const OLD = 'k3Jd8sLq0vXz7RbTn5WmYh2PcFg9UeAo'
const NEW = 'Zt6QwErTy1UiOp4AsDfGh8JkLzXcVb0N'
const clock = { now: () => Date.now() }
const ignore = (): void => undefined
const log = { debug: ignore, info: ignore, warn: ignore, error: ignore }

const before = openSealer({ secrets: [OLD] })
const during = openSealer({ secrets: [NEW, OLD] })
const after = openSealer({ secrets: [NEW] })

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase()
})
afterEach(() => database.sql`truncate clients, seal_keys, login_tokens cascade`.then(ignore))
afterAll(() => database.drop())

test('every sealed column of the schema is in the list that rotation walks', async () => {
  const folder = new URL('../../db/schema/', import.meta.url)
  const files = readdirSync(folder).filter((name) => name.endsWith('.ts'))
  expect(files.length).toBeGreaterThan(12)
  const modules = await Promise.all(files.map(async (name): Promise<object> => import(new URL(name, folder).href)))
  const tables = modules.flatMap((file) => Object.values(file)).filter((value) => is(value, PgTable))
  const sealed = tables.flatMap((table) =>
    Object.values(getTableColumns(table))
      // Made by `sealed()` of db/schema/columns.ts: the only custom type whose SQL type is text.
      .filter((column) => column.columnType === 'PgCustomColumn' && column.getSQLType() === 'text')
      .map((column) => `${getTableName(table)}.${column.name}`),
  )
  // The probe of a key stays sealed with that key: that is what it is for.
  expect(sealed.sort()).toEqual(
    [...SEALED_COLUMNS.map(({ table, column }) => `${table}.${column}`), 'seal_keys.probe'].sort(),
  )
})

test('the columns that the list names exist', async () => {
  for (const column of SEALED_COLUMNS) {
    expect(await sealedValuesStore(database.db).pageOfOthers(column, 'none', '', 1)).toEqual([])
  }
})

test('a wrong secret is noticed at start, and the right one is not', async () => {
  await check(before)
  await check(before)
  await expect(check(after)).rejects.toThrow(WrongSecret)
  await expect(check(after)).rejects.toThrow('palier secret rotate')
})

test('the doctor says whether the secret opens what is stored, and what a rotation still needs, and changes nothing', async () => {
  const store = sealKeysStore(database.db)
  const doctor = (sealer: Sealer) => checkSecret({ store, sealer })
  await check(before)
  expect(await doctor(before)).toMatchObject({ level: 'ok' })
  expect(await doctor(after)).toMatchObject({ level: 'problem', found: expect.stringContaining('does not open') })
  expect(await doctor(during)).toMatchObject({ level: 'warning', wants: expect.stringContaining('secret rotate') })
  expect(await store.all()).toHaveLength(1)
  await check(during)
  expect(await doctor(during)).toMatchObject({ level: 'warning' })
  await rotateSeals(deps(during))
  expect(await doctor(after)).toMatchObject({ level: 'ok' })
})

test('everything is sealed again, the old key is retired, and then the new secret is enough', async () => {
  await check(before)
  await addClients(before, 25)
  await addLoginToken(before)
  await check(during)
  await addClients(during, 3, 'fresh')

  const told: string[] = []
  const report = await rotateSeals({
    ...deps(during),
    batchSize: 4,
    onProgress: ({ table }, resealed) => told.push(`${table} ${resealed}`),
  })
  expect(report).toEqual({ resealed: 26, broken: [], retiredKeys: 1 })
  expect(told.filter((line) => line.startsWith('clients')).slice(0, 3)).toEqual([
    'clients 4',
    'clients 8',
    'clients 12',
  ])
  await check(after)
  expect(await openClients(after)).toHaveLength(28)
  const [token] = await database.sql`select homeserver_login_token as envelope from login_tokens`
  expect(after.open('login-token', sealPlace('login_tokens', 'lt', 'sid_1'), token?.envelope as string)).toBe(
    'hs token',
  )
})

test('a rotation that was cut short goes on where it stopped', async () => {
  await check(before)
  await addClients(before, 10)
  await check(during)
  let replaced = 0
  const dying = {
    ...deps(during).values,
    replace: async (...args: Parameters<RotationDeps['values']['replace']>) => {
      if (replaced === 6) throw new Error('killed')
      replaced += 1
      return sealedValuesStore(database.db).replace(...args)
    },
  }
  await expect(rotateSeals({ ...deps(during), values: dying })).rejects.toThrow('killed')
  // Cut short, the old secret is still needed, and the program says so.
  await expect(check(after)).rejects.toThrow(WrongSecret)

  expect(await rotateSeals(deps(during))).toMatchObject({ resealed: 4, retiredKeys: 1 })
  expect(await rotateSeals(deps(during))).toEqual({ resealed: 0, broken: [], retiredKeys: 0 })
  expect(await openClients(after)).toHaveLength(10)
})

test('a value written while it is being sealed again is kept', async () => {
  await check(before)
  await addClients(before, 1)
  const store = sealedValuesStore(database.db)
  const racing = {
    ...store,
    replace: async (...args: Parameters<typeof store.replace>) => {
      await database.sql`update clients set secret = ${during.seal('client-secret', sealPlace('clients', 'c0'), 'written meanwhile')}`
      return store.replace(...args)
    },
  }
  expect(await rotateSeals({ ...deps(during), values: racing })).toMatchObject({ resealed: 0 })
  expect(await openClients(after)).toEqual(['written meanwhile'])
})

test('what no secret opens is named and left alone, and no key is retired', async () => {
  await check(before)
  await addClients(before, 3)
  await database.sql`update clients set secret = (select secret from clients where client_id = 'c0') where client_id = 'c1'`
  await check(during)
  expect(await rotateSeals(deps(during))).toEqual({ resealed: 2, broken: ['clients/c1'], retiredKeys: 0 })
  await expect(check(after)).rejects.toThrow(WrongSecret)
})

test('no sealed column holds anything but envelopes of the current key after a rotation', async () => {
  await check(before)
  await addClients(before, 5)
  await rotateSeals(deps(during))
  const rows = await database.db.execute<{ secret: string }>(sql`select secret from clients`)
  expect([...rows].map((row) => keyIdOf(row.secret))).toEqual(Array(5).fill(after.currentKeyId))
})

function check(sealer: Sealer): Promise<void> {
  return checkSealKeys({ store: sealKeysStore(database.db), sealer, clock, log })
}

function deps(sealer: Sealer): RotationDeps {
  return { values: sealedValuesStore(database.db), keys: sealKeysStore(database.db), sealer, clock }
}

async function addClients(sealer: Sealer, count: number, prefix = 'c'): Promise<void> {
  for (let n = 0; n < count; n++) {
    const id = `${prefix}${n}`
    await database.db.insert(oidc.clients).values({
      clientId: id,
      name: id,
      secret: sealer.seal('client-secret', sealPlace('clients', id), `secret of ${id}`),
      redirectUris: [],
      createdAt: new Date(clock.now()),
    })
  }
}

async function addLoginToken(sealer: Sealer): Promise<void> {
  const at = new Date(clock.now())
  await database.db.insert(bindings.loginTokens).values({
    hash: 'lt',
    serverName: 'localhost',
    sid: 'sid_1',
    network: 'n',
    createdAt: at,
    expiresAt: at,
    homeserverLoginToken: sealer.seal('login-token', sealPlace('login_tokens', 'lt', 'sid_1'), 'hs token'),
  })
}

async function openClients(sealer: Sealer): Promise<string[]> {
  const rows = await database.db.select({ id: oidc.clients.clientId, secret: oidc.clients.secret }).from(oidc.clients)
  return rows.map(({ id, secret }) => sealer.open('client-secret', sealPlace('clients', id), secret ?? ''))
}
