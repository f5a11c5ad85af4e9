// Signed heads: signed once however many processes sign, written to a file once each, and what they show of a chain that was changed.
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { auditStore } from '../../../db/stores/audit.ts'
import { auditHeadStore } from '../../../db/stores/audit-heads.ts'
import { signingKeyStore } from '../../../db/stores/signing-keys.ts'
import { firstMissing, readHead } from '../../../server/audit/heads.ts'
import { auditLog } from '../../../server/audit/log.ts'
import { verifyAudit } from '../../../server/audit/verify.ts'
import { keyring } from '../../../server/oidc/keys.ts'
import { nodeLineFile } from '../../../server/platform/lines-node.ts'
import { systemRandom } from '../../../server/platform/random.ts'
import { openSealer } from '../../../server/platform/seal-sealer.ts'
import { auditConsole, headPublisher, headSigner, writeHeads } from '../../../server/wiring/console-audit.ts'
import type { Ground } from '../../../server/wiring/ground.ts'
import { type TestDatabase, testDatabase } from '../../support/database.ts'
import { quietLog } from '../../support/enrolment.ts'

const ISSUER = 'https://id.example.org'
const RECEIVER = { name: 'collector', url: 'https://collector.example.org/', keys: [], inside: false }

let database: TestDatabase
let folder: string

beforeAll(async () => {
  database = await testDatabase()
  folder = mkdtempSync(join(tmpdir(), 'palier-heads-'))
})

afterAll(async () => {
  rmSync(folder, { recursive: true })
  await database.drop()
})

async function world() {
  const clock = { now: () => Date.now() }
  const ground = {
    config: { issuer: ISSUER, webhooks: [RECEIVER] },
    clock,
    random: systemRandom,
    log: quietLog,
    sealer: openSealer({ secrets: ['test-secret-of-sufficient-length-0123456789'], random: systemRandom }),
    db: database.db,
  } as unknown as Ground
  const keys = keyring({ ...ground, signingKeys: signingKeyStore(database.db) })
  await keys.rotateKeys(clock.now())
  const audit = auditLog({ store: auditStore(database.db, { gathers: true }), clock })
  const happen = (count: number) =>
    Promise.all(
      Array.from({ length: count }, (_, n) =>
        audit.append({ action: 'test.happened', actor: 'system', subject: 'test', detail: { n } }),
      ),
    )
  return { keys, audit, happen, publish: headPublisher(ground, keys), console: auditConsole(ground, keys, audit) }
}

test('a head is signed once, whoever signs, goes to each receiver once, and not again before something happened', async () => {
  const { happen, publish } = await world()
  expect(await publish()).toBeNull()
  await happen(3)
  const signed = await Promise.all([publish(), publish(), publish()])
  expect(signed.filter((one) => one !== null)).toHaveLength(1)
  expect(await publish()).toBeNull()
  const owed = await database.sql`select payload from outbox where target = 'collector'`
  expect(owed.map(({ payload }) => JSON.parse(payload as string))).toMatchObject([
    { type: 'palier.audit-head', data: { sequence: 3 } },
  ])
})

test('a file gets every head once, also those of a time when it was away', async () => {
  const { keys, happen, publish } = await world()
  const file = nodeLineFile(join(folder, 'heads'))
  await writeHeads(database.db, file)
  await happen(2)
  await publish()
  await happen(2)
  await publish()
  await writeHeads(database.db, file)
  await writeHeads(database.db, file)
  const lines = readFileSync(join(folder, 'heads'), 'utf8').trimEnd().split('\n')
  const heads = await Promise.all(lines.map((line) => readHead(line, headSigner(keys, ISSUER))))
  expect(heads.map((head) => (head.form === 'signed' ? head.head.sequence : head.form))).toEqual([3, 5, 7])
  expect(statSync(join(folder, 'heads')).mode & 0o077).toBe(0)
})

test('what is no head of ours is told apart', async () => {
  const { keys } = await world()
  const signer = headSigner(keys, ISSUER)
  const other = await keys.sign('ES256', 'at+jwt', { iss: ISSUER, sequence: 1, hash: 'a'.repeat(64), iat: 1 })
  const foreign = await keys.sign('ES256', 'palier-audit-head+jwt', {
    iss: 'https://evil.example',
    sequence: 1,
    iat: 1,
  })
  const shapeless = await keys.sign('ES256', 'palier-audit-head+jwt', { iss: ISSUER, sequence: '1', hash: 'x', iat: 1 })
  for (const text of ['', 'x', '..', 'a'.repeat(63), other, foreign, shapeless])
    expect(await readHead(text, signer)).toEqual({ form: 'unknown' })
  expect(await readHead(`  ${'AB'.repeat(32)}\n`, signer)).toEqual({ form: 'hash', hash: 'ab'.repeat(32) })
})

test('a signed head shows a cut tail, and a chain that was rewritten to look whole', async () => {
  const { audit, happen, publish, console: read } = await world()
  await happen(3)
  await publish()
  const [newest] = await read.heads(1)
  if (newest === undefined) throw new Error('no head was signed')
  expect(await read.missingHead(newest)).toMatchObject({ missing: null })

  await database.sql`delete from audit_entries where sequence >= ${newest.sequence}`
  // By itself the chain looks whole.
  expect((await verifyAudit(auditStore(database.db))).fault).toBeNull()
  expect(await firstMissing(auditHeadStore(database.db), [newest])).toEqual(newest)

  await audit.append({ action: 'test.instead', actor: 'system', subject: 'test', detail: {} })
  expect((await verifyAudit(auditStore(database.db), newest.hash)).knownHeadFound).toBe(false)
  expect(await read.missingHead(null)).toMatchObject({ missing: newest.sequence })
})
