// What is swept away, what is kept, and that a sweep waits for nobody.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openDatabase } from '../../../db/client.ts'
import { enrolmentProofs, temporaryPasses } from '../../../db/schema/enrolment.ts'
import { peopleImports } from '../../../db/schema/imports.ts'
import {
  authorizationCodes,
  logoutDeliveries,
  oidcRefreshTokens,
  revokedAccessTokens,
  transactions,
} from '../../../db/schema/oidc.ts'
import { ceremonies, enrolmentTickets } from '../../../db/schema/people.ts'
import { serviceRenewals } from '../../../db/schema/services.ts'
import { idSessions, sids } from '../../../db/schema/sessions.ts'
import { CODES_KEPT_MS, EVIDENCE_KEPT_MS, GRANTS_KEPT_MS, RENEWALS_KEPT_MS, sweepId } from '../../../db/stores/sweep.ts'
import { type TestDatabase, testDatabase } from '../../support/database.ts'
import { enrolmentWorld } from '../../support/enrolment.ts'

const NOW = Date.parse('2026-07-01T12:00:00Z')
const at = (beforeNowMs: number) => new Date(NOW - beforeNowMs)
let database: TestDatabase
let credentialId: string

beforeAll(async () => {
  database = await testDatabase()
  credentialId = (await enrolmentWorld(database).enrolled('alice')).credentialId
  await database.sql`
    insert into clients (client_id, name, redirect_uris, created_at) values ('rp', 'A party', '[]', now())`
  await database.sql`
    insert into services (id, server_name, name, user_id, namespace, token_hash, networks, limits, sponsor_id, created_at, expires_at)
    values ('svc_bot', 's', 'bot', '@bot:s', '[]', 'h', '[]', '{}', 'per_alice', now(), now())`
  await database.sql`delete from enrolment_tickets`
})

afterAll(() => database.drop())

const person = { personId: 'per_alice' }
const tap = { authTime: at(0), acr: 'phr', amr: ['pop'] }

/** One row of everything, whose time was over that long ago. */
async function rows(name: string, over: Record<string, number>) {
  const { db } = database
  const when = (table: string) => at(over[table] ?? -1000)
  const client = { clientId: 'rp', redirectUri: 'r', codeChallenge: 'c', scope: 'openid', createdAt: at(0) }
  const session = { ...person, ...tap, credentialId, network: 'n', userAgent: 'u', createdAt: at(0) }
  await db.insert(idSessions).values({ ...session, hash: name, expiresAt: when('id_sessions') })
  await db
    .insert(sids)
    .values({ ...person, ...tap, credentialId, id: name, idSessionHash: name, clientId: 'rp', createdAt: when('sids') })
  await db
    .insert(transactions)
    .values({ ...client, hash: name, forceTap: false, browserHash: 'b', expiresAt: when('transactions') })
  await db
    .insert(authorizationCodes)
    .values({ ...client, hash: name, sid: name, expiresAt: when('authorization_codes') })
  await db
    .insert(oidcRefreshTokens)
    .values({ ...client, hash: name, family: name, sid: name, expiresAt: when('oidc_refresh_tokens') })
  await db.insert(revokedAccessTokens).values({ jti: name, expiresAt: when('revoked_access_tokens') })
  await db.insert(logoutDeliveries).values({
    id: name,
    clientId: 'rp',
    sid: name,
    subject: 'per_alice',
    createdAt: when('logout_deliveries'),
    nextAttemptAt: over['owed'] === undefined ? null : at(0),
  })
  await db.insert(enrolmentTickets).values({
    ...person,
    hash: name,
    kind: 'enrol',
    createdBy: 'test',
    createdAt: at(0),
    expiresAt: when('enrolment_tickets'),
  })
  await db.insert(enrolmentProofs).values({
    stateHash: name,
    ticketHash: name,
    browserHash: 'b',
    createdAt: at(0),
    expiresAt: when('enrolment_proofs'),
  })
  await db.insert(temporaryPasses).values({
    ...person,
    credentialId,
    hash: name,
    issuedBy: 'test',
    createdAt: at(0),
    expiresAt: when('temporary_passes'),
  })
  await db.insert(ceremonies).values({
    id: name,
    kind: 'authentication',
    challenge: new Uint8Array(32),
    browserHash: 'b',
    subject: 's',
    createdAt: at(0),
    expiresAt: when('ceremonies'),
  })
  await db.insert(serviceRenewals).values({
    ...person,
    id: name,
    serviceId: 'svc_bot',
    intent: '{}',
    createdAt: at(0),
    expiresAt: when('service_renewals'),
    renewedAt: over['renewed'] === undefined ? null : at(0),
  })
  await db.insert(peopleImports).values({
    id: name,
    state: 'planned',
    createdBy: 'test',
    createdAt: when('people_imports'),
    fileName: 'f',
    encoding: 'utf-8',
    delimiter: ';',
    lines: 0,
    ignoredColumns: [],
    newGroups: [],
    mayWriteRoles: false,
  })
}

const OVER = {
  transactions: 0,
  ceremonies: 0,
  revoked_access_tokens: 0,
  authorization_codes: CODES_KEPT_MS,
  oidc_refresh_tokens: GRANTS_KEPT_MS,
  logout_deliveries: EVIDENCE_KEPT_MS,
  enrolment_proofs: 0,
  temporary_passes: EVIDENCE_KEPT_MS,
  enrolment_tickets: EVIDENCE_KEPT_MS,
  service_renewals: RENEWALS_KEPT_MS,
  people_imports: 24 * 3_600_000,
  sids: EVIDENCE_KEPT_MS,
  id_sessions: EVIDENCE_KEPT_MS,
}
const ONE_OF_EACH = Object.fromEntries(Object.keys(OVER).map((table) => [table, 1]))
const NONE = Object.fromEntries(Object.keys(OVER).map((table) => [table, 0]))

test('what is over is taken away, what is not stays to the millisecond', async () => {
  await rows('live', {})
  await rows('kept', Object.fromEntries(Object.entries(OVER).map(([table, ms]) => [table, ms - 1])))
  await rows('over', OVER)
  expect(await sweepId(database.db, at(0))).toEqual(ONE_OF_EACH)
  expect(await sweepId(database.db, at(0))).toEqual(NONE)
})

test('a sid stays while something hangs on it, and its session with it', async () => {
  await rows('grant', { ...OVER, oidc_refresh_tokens: 0 })
  expect(await sweepId(database.db, at(0))).toEqual({ ...ONE_OF_EACH, oidc_refresh_tokens: 0, sids: 0, id_sessions: 0 })
  await database.sql`delete from oidc_refresh_tokens where hash = 'grant'`
  expect(await sweepId(database.db, at(0))).toEqual({ ...NONE, sids: 1, id_sessions: 1 })
})

test('a logout that is still owed stays, however old', async () => {
  await rows('owed', { logout_deliveries: 2 * EVIDENCE_KEPT_MS, owed: 1 })
  expect(await sweepId(database.db, at(0))).toEqual(NONE)
})

test('a renewal that was tapped stays with its receipt, however old', async () => {
  await rows('renewed', { service_renewals: 2 * EVIDENCE_KEPT_MS, renewed: 1 })
  expect(await sweepId(database.db, at(0))).toEqual(NONE)
})

test('goes in batches, two at once share the work, and a locked row is left for later', async () => {
  for (let n = 0; n < 25; n++) await rows(`many ${n}`, { transactions: 5 })
  const other = openDatabase(database.url, { max: 1 })
  try {
    await other.sql.begin(async (tx) => {
      await tx`select 1 from transactions where hash = 'many 7' for update`
      const both = await Promise.all([1, 2].map(() => sweepId(database.db, at(0), { batch: 4 })))
      expect(both.map((swept) => swept['transactions'] ?? 0).reduce((a, b) => a + b)).toBe(24)
    })
  } finally {
    await other.close()
  }
  expect((await sweepId(database.db, at(0)))['transactions']).toBe(1)
})
