import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { authenticatorModels } from '../../db/schema/people.ts'
import { expectedKeyStore } from '../../db/stores/expected-keys.ts'
import { beginEnrolment, finishEnrolment } from '../../server/people/enrolment.ts'
import { ensureSetupLink, issueTicket } from '../../server/people/tickets.ts'
import { SoftwareAuthenticator, TEST_AAGUID, TEST_AAGUID_TEXT } from '../support/authenticator.ts'
import { certificate } from '../support/certificates.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { BROWSER, enrolmentWorld } from '../support/enrolment.ts'
import { attestationAuthority, metadataEntry } from '../support/metadata.ts'

const PARALLEL = 20

describe('races of enrolment and sign-in', () => {
  let database: TestDatabase
  let world: ReturnType<typeof enrolmentWorld>

  beforeAll(async () => {
    database = await testDatabase({ max: PARALLEL })
    world = enrolmentWorld(database)
  })
  afterAll(() => database.drop())

  /** Ceremonies begun one after the other, all finished at once. */
  async function redeemAllAtOnce(ticket: string, username: (index: number) => string | undefined) {
    const ready = []
    for (let index = 0; index < PARALLEL; index += 1) {
      const presented = { ticket, cookie: undefined, browserHash: BROWSER, username: username(index) }
      const { ceremony, options } = await beginEnrolment(world.deps, presented)
      ready.push({
        ...presented,
        ceremony,
        response: new SoftwareAuthenticator().register(options),
        name: `Key ${index}`,
      })
    }
    const results = await Promise.allSettled(ready.map((input) => finishEnrolment(world.deps, input)))
    return {
      enrolled: results.filter(({ status }) => status === 'fulfilled').length,
      reasons: new Set(results.flatMap((result) => (result.status === 'rejected' ? [result.reason.reason] : []))),
    }
  }

  it('a set-up link redeemed 20 times at once makes one owner with one key', async () => {
    const url = (await ensureSetupLink(world.deps)) as string
    const { enrolled, reasons } = await redeemAllAtOnce(url.slice(url.lastIndexOf('/') + 1), (index) => `owner${index}`)
    expect(enrolled).toBe(1)
    for (const reason of reasons) expect(['setup-closed', 'ticket-used', 'username-taken']).toContain(reason)
    expect((await world.people.list()).filter(({ role }) => role === 'owner')).toMatchObject([{ keys: 1 }])
  })

  it('20 starts at once leave one set-up link that works', async () => {
    const fresh = await testDatabase({ max: PARALLEL })
    const other = enrolmentWorld(fresh)
    const urls = await Promise.all(Array.from({ length: PARALLEL }, () => ensureSetupLink(other.deps)))
    const [row] = await fresh.sql`SELECT count(*)::int AS live FROM enrolment_tickets WHERE kind = 'setup'`
    expect(row?.live).toBe(1)
    expect(new Set(urls).size).toBe(PARALLEL)
    await fresh.drop()
  })

  it('a link redeemed 20 times at once makes one key', async () => {
    const person = await world.person('alice')
    const { token } = await world.ticketFor(person.id)
    const { enrolled, reasons } = await redeemAllAtOnce(token, () => undefined)
    expect(enrolled).toBe(1)
    expect([...reasons]).toEqual(['ticket-used'])
    expect(await world.people.keysOf(person.id)).toHaveLength(1)
  })

  it('a link for two keys redeemed 20 times at once makes two', async () => {
    const person = await world.person('alix')
    const { token } = await issueTicket(world.deps, {
      kind: 'enrol',
      personId: person.id,
      createdBy: 'test',
      usesLeft: 2,
    })
    const { enrolled, reasons } = await redeemAllAtOnce(token, () => undefined)
    expect(enrolled).toBe(2)
    expect([...reasons]).toEqual(['ticket-used'])
    expect(await world.people.keysOf(person.id)).toHaveLength(2)
  })

  it('a key that is awaited is matched once, however many come with it at once', async () => {
    const person = await world.person('awaited')
    await database.db
      .insert(authenticatorModels)
      .values({ aaguid: TEST_AAGUID_TEXT, description: 'k', entry: metadataEntry() })
    const serial = Uint8Array.of(0x01, 0x02)
    const leaf = certificate({
      commonName: 'k',
      unit: 'Authenticator Attestation',
      issuer: attestationAuthority,
      aaguid: TEST_AAGUID,
      serial,
    })
    const now = new Date(world.time.nowMs)
    const expectation = {
      id: 'exp_1',
      personId: person.id,
      serial: '258',
      aaguid: null,
      batch: null,
      createdBy: 'x',
      createdAt: now,
    }
    await expectedKeyStore(database.db, world.audit).expect([expectation], () => ({
      action: 'a',
      actor: 'b',
      subject: 'c',
      detail: {},
    }))
    const ready = []
    for (let index = 0; index < 5; index += 1) {
      const { token } = await issueTicket(world.deps, { kind: 'enrol', personId: person.id, createdBy: 'test' })
      const presented = { ticket: token, cookie: undefined, browserHash: BROWSER }
      const { ceremony, options } = await beginEnrolment(world.deps, presented)
      const response = new SoftwareAuthenticator().register(options, { format: 'packed', certificates: [leaf] })
      ready.push({ ...presented, ceremony, response, name: 'Key' })
    }
    await Promise.allSettled(ready.map((input) => finishEnrolment(world.deps, input)))
    expect(world.audited.filter(({ detail }) => detail['expected'] === 'exp_1')).toHaveLength(1)
  })

  it('an assertion sent 20 times at once signs in once', async () => {
    const { key } = await world.enrolled('bob')
    const about = { kind: 'authentication', subject: 'race', browserHash: BROWSER } as const
    const { ceremony, options } = await world.assertions.begin({ ...about, ttlSeconds: 300 })
    const response = key.assert(options)
    const results = await Promise.all(
      Array.from({ length: PARALLEL }, () => world.assertions.finish({ ...about, ceremony, response })),
    )
    expect(results.filter(({ ok }) => ok)).toHaveLength(1)
  })

  it('20 assertions with the same counter value sign in once', async () => {
    const { key } = await world.enrolled('carol')
    const about = { kind: 'authentication', subject: 'counter race', browserHash: BROWSER } as const
    const ready = []
    for (let index = 0; index < PARALLEL; index += 1) {
      const { ceremony, options } = await world.assertions.begin({ ...about, ttlSeconds: 300 })
      ready.push({ ...about, ceremony, response: key.assert(options, { signCount: 50 }) })
    }
    const results = await Promise.all(ready.map((input) => world.assertions.finish(input)))
    expect(results.filter(({ ok }) => ok)).toHaveLength(1)
    expect(results.filter((result) => !result.ok && result.reason === 'counter')).toHaveLength(PARALLEL - 1)
  })
})
