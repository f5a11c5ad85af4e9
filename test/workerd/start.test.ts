// How the Worker starts: many first requests at once, a secret that is not the database's, settings that are wrong.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { auditStore } from '../../db/stores/audit.ts'
import { enrolmentStore } from '../../db/stores/enrolment.ts'
import { auditLog } from '../../server/audit/log.ts'
import { ensureSetupLink } from '../../server/people/tickets.ts'
import { systemClock } from '../../server/platform/clock.ts'
import { systemRandom } from '../../server/platform/random.ts'
import { SoftwareAuthenticator } from '../support/authenticator.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { browserAt, ISSUER, type RunningWorker, startWorker } from './harness.ts'

let database: TestDatabase
let worker: RunningWorker | null = null

beforeAll(async () => {
  database = await testDatabase()
})

afterEach(async () => {
  await worker?.close()
  worker = null
})

afterAll(() => database.drop())

describe('a cold start', () => {
  test('serves twenty first requests at once, with one set of keys, and believes no header that it was not told of', async () => {
    const started = await startWorker(database.url, { CLIENT_ADDRESS_HEADER: '' })
    worker = started
    const first = await Promise.all(Array.from({ length: 20 }, () => started.visit('/oidc/jwks')))
    expect(first.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200))
    const { keys } = (await (await started.visit('/oidc/jwks')).json()) as { keys: unknown[] }
    expect(keys).toHaveLength(4)

    const audit = auditLog({ store: auditStore(database.db), clock: systemClock })
    const enrolment = enrolmentStore(database.db, audit)
    const link = await ensureSetupLink({
      config: { issuer: ISSUER },
      clock: systemClock,
      random: systemRandom,
      enrolment,
    })
    const key = new SoftwareAuthenticator({ origin: ISSUER })
    const browser = browserAt(started)
    expect(await browser.enrol(link?.split('/').at(-1) ?? '', key, { username: 'alice' })).toMatchObject({
      status: 200,
    })
    const forged = { 'CF-Connecting-IP': '192.0.2.77', 'X-Forwarded-For': '192.0.2.78' }
    expect(await browser.tap(key, undefined, forged)).toMatchObject({ status: 200, body: { redirect: '/me' } })
    const [session] = await database.sql`select network from id_sessions`
    expect(session?.network).toBe('unknown')
  })
})

describe('what keeps it from starting', () => {
  // What is logged comes beside the answer, and may come after it.
  const logged = () => (worker as RunningWorker).logged().join('\n')
  const page = async () => {
    const response = await (worker as RunningWorker).visit('/signin')
    return { status: response.status, text: await response.text() }
  }

  test('a secret that does not open the database: said in the log, and only there', async () => {
    worker = await startWorker(database.url, {}, 'another-secret-of-sufficient-length-0123456789')
    const { status, text } = await page()
    expect(status).toBe(503)
    expect(text).not.toContain('PALIER_SECRET')
    await expect.poll(logged).toContain('PALIER_SECRET does not open what this database holds')
    expect(await worker.cron()).toBe('exception')
  })

  test('settings that are wrong: every one of them named', async () => {
    worker = await startWorker(database.url, {
      PALIER_ROLES: 'id,gateway',
      PALIER_HOLD: 'soon',
      PALIER_DATABASE_URL: database.url,
    })
    expect((await page()).status).toBe(503)
    for (const name of ['PALIER_HOLD', 'PALIER_DATABASE_URL']) await expect.poll(logged).toContain(name)
    expect(logged()).not.toContain(database.url)
  })

  test('a database that does not answer', async () => {
    worker = await startWorker('postgres://postgres@127.0.0.1:1/none')
    expect((await page()).status).toBe(503)
    await expect.poll(logged).toContain('worker.start_failed')
  })
})
