// Keys sent by post: while one is awaited of a person, their link takes that key and no other; and links of several uses, and of one browser.
import { beforeEach, describe, expect, it } from 'vitest'
import { authenticatorModels } from '../../../db/schema/people.ts'
import { expectedKeyStore } from '../../../db/stores/expected-keys.ts'
import { revocationsStore } from '../../../db/stores/revocations.ts'
import { enrolmentContext } from '../../../server/people/enrolment.ts'
import type { NewExpectation } from '../../../server/people/expected.ts'
import { issueTicket } from '../../../server/people/tickets.ts'
import { sha256 } from '../../../server/platform/crypto.ts'
import { SoftwareAuthenticator, TEST_AAGUID, TEST_AAGUID_TEXT } from '../../support/authenticator.ts'
import { certificate } from '../../support/certificates.ts'
import { type TestDatabase, testDatabase } from '../../support/database.ts'
import { BROWSER, enrolmentWorld } from '../../support/enrolment.ts'
import { attestationAuthority, metadataEntry } from '../../support/metadata.ts'

let database: TestDatabase
let world: ReturnType<typeof enrolmentWorld>
beforeEach(async () => {
  database = await testDatabase()
  world = enrolmentWorld(database)
  const model = { aaguid: TEST_AAGUID_TEXT, description: 'Test key', entry: metadataEntry() }
  await database.db.insert(authenticatorModels).values(model)
  return () => database.drop()
})

const leaf = (more: Partial<Parameters<typeof certificate>[0]> = {}) =>
  certificate({
    commonName: 'Key',
    unit: 'Authenticator Attestation',
    issuer: attestationAuthority,
    aaguid: TEST_AAGUID,
    ...more,
  })
const serial = (number: number) => Uint8Array.of(number >> 16, (number >> 8) & 255, number & 255)
const carrying = (...certificates: ReturnType<typeof certificate>[]) => ({ format: 'packed', certificates }) as const

async function awaiting(personId: string, key: Partial<NewExpectation>) {
  const store = expectedKeyStore(database.db, world.audit)
  const one = { id: `exp_${key.serial ?? key.batch ?? 'any'}`, personId, serial: null, aaguid: null, batch: null }
  const made = { ...one, ...key, createdBy: 'per_admin', createdAt: new Date(world.time.nowMs) }
  const added = await store.expect([made], () => ({
    action: 'key.expected',
    actor: 'x',
    subject: personId,
    detail: {},
  }))
  return { store, id: made.id, added }
}

describe('a key that is awaited by its serial number', () => {
  it('is taken and matched, once; after it the link’s second key is free', async () => {
    const person = await world.person('alice')
    const { store, id } = await awaiting(person.id, { serial: '1234567' })
    const { token } = await world.ticketFor(person.id)
    const first = await world.enrol(token, new SoftwareAuthenticator(), carrying(leaf({ serial: serial(1234567) })))
    const [matched] = await store.ofPerson(person.id)
    expect(matched).toMatchObject({ id, matchedCredentialId: first.credential.id })
    expect(world.audited.at(-1)).toMatchObject({ action: 'key.enrolled', detail: { expected: id } })
    expect(await world.enrol(token, new SoftwareAuthenticator(), {}, { cookie: first.cookie as string })).toMatchObject(
      {
        keys: 2,
      },
    )
  })

  const imposter = certificate({ commonName: 'Test attestation root', ca: true })
  it.each([
    ['with another number', () => carrying(leaf({ serial: serial(7654321) }))],
    ['without a number', () => carrying(leaf())],
    ['without a certificate', () => ({})],
    [
      'whose certificate anybody could have written',
      () => carrying(leaf({ serial: serial(1234567), issuer: imposter }), imposter),
    ],
  ])('is no key %s: refused, and the link stays good', async (_what, forge) => {
    const person = await world.person('alice')
    await awaiting(person.id, { serial: '1234567' })
    const { token } = await world.ticketFor(person.id)
    await expect(world.enrol(token, new SoftwareAuthenticator(), forge())).rejects.toMatchObject({
      status: 422,
      reason: 'key-not-expected',
    })
    expect(await world.people.keysOf(person.id)).toEqual([])
    expect(
      await world.enrol(token, new SoftwareAuthenticator(), carrying(leaf({ serial: serial(1234567) }))),
    ).toMatchObject({ keys: 1 })
  })

  it('concerns that person only, is not awaited twice, and no more once withdrawn', async () => {
    const [alice, bob] = [await world.person('alice'), await world.person('bob')]
    const { store, id } = await awaiting(alice.id, { serial: '1234567' })
    expect((await awaiting(alice.id, { serial: '1234567' })).added).toBe(0)
    expect(await world.enrol((await world.ticketFor(bob.id)).token, new SoftwareAuthenticator())).toMatchObject({
      keys: 1,
    })
    const event = () => ({ action: 'key.unexpected', actor: 'x', subject: alice.id, detail: {} })
    expect(await store.withdraw(id, new Date(world.time.nowMs), event)).toBe(true)
    expect(await store.withdraw(id, new Date(world.time.nowMs), event)).toBe(false)
    expect(await world.enrol((await world.ticketFor(alice.id)).token, new SoftwareAuthenticator())).toMatchObject({
      keys: 1,
    })
  })
})

it('a key that is awaited by model and batch is told by its attestation certificate', async () => {
  const person = await world.person('alice')
  const batch = leaf()
  await awaiting(person.id, { aaguid: TEST_AAGUID_TEXT, batch: Buffer.from(sha256(batch.der)).toString('hex') })
  const { token } = await world.ticketFor(person.id)
  await expect(world.enrol(token, new SoftwareAuthenticator(), carrying(leaf()))).rejects.toMatchObject({
    reason: 'key-not-expected',
  })
  expect(await world.enrol(token, new SoftwareAuthenticator(), carrying(batch))).toMatchObject({ keys: 1 })
})

describe('a link', () => {
  it('for two keys takes two, in any browser, and leaves nothing behind', async () => {
    const person = await world.person('alice')
    const { token } = await issueTicket(world.deps, { kind: 'enrol', personId: person.id, createdBy: 'x', usesLeft: 2 })
    expect(await world.enrol(token, new SoftwareAuthenticator())).toMatchObject({ keys: 1, cookie: null, usesLeft: 1 })
    const elsewhere = { browserHash: 'another' }
    expect(await world.enrol(token, new SoftwareAuthenticator(), {}, elsewhere)).toMatchObject({
      keys: 2,
      cookie: null,
    })
    await expect(world.enrol(token, new SoftwareAuthenticator())).rejects.toMatchObject({ reason: 'ticket-used' })
  })

  it('that asks for more than the person’s groups takes no less', async () => {
    const person = await world.person('alice')
    const { token } = await issueTicket(world.deps, {
      kind: 'enrol',
      personId: person.id,
      createdBy: 'x',
      policy: 'attested',
    })
    await expect(world.enrol(token, new SoftwareAuthenticator())).rejects.toMatchObject({ status: 422 })
    expect(await world.enrol(token, new SoftwareAuthenticator(), carrying(leaf()))).toMatchObject({ keys: 1 })
  })

  it('at the desk is good in that one browser for ten minutes, and says who was there', async () => {
    const person = await world.person('alice')
    const desk = { kind: 'desk', personId: person.id, createdBy: 'per_admin', browserHash: BROWSER } as const
    const { token } = await issueTicket(world.deps, desk)
    const elsewhere = { ticket: token, cookie: undefined, browserHash: 'another' }
    await expect(enrolmentContext(world.deps, elsewhere)).rejects.toMatchObject({
      status: 403,
      reason: 'other-browser',
    })
    await world.enrol(token, new SoftwareAuthenticator())
    expect(world.audited.at(-1)).toMatchObject({ action: 'key.enrolled', detail: { in_person_by: 'per_admin' } })
    const late = await issueTicket(world.deps, desk)
    world.time.nowMs += 10 * 60_000
    await expect(world.enrol(late.token, new SoftwareAuthenticator())).rejects.toMatchObject({
      reason: 'ticket-expired',
    })
  })

  it('at the desk, from a console at an address of its own, is of the browser that opens it first', async () => {
    const person = await world.person('alice')
    const { token } = await issueTicket(world.deps, { kind: 'desk', personId: person.id, createdBy: 'per_admin' })
    const opens = (browserHash: string) =>
      enrolmentContext(world.deps, { ticket: token, cookie: undefined, browserHash }).then(
        () => browserHash,
        (error: { reason: string }) => error.reason,
      )
    const opened = await Promise.all(Array.from({ length: 8 }, (_, index) => opens(`browser ${index}`)))
    const [first, ...more] = opened.filter((one) => one !== 'other-browser')
    expect(more).toEqual([])
    expect(await opens(first ?? '')).toBe(first)
  })

  it.each([
    ['person-suspended', 'ticket-expired'],
    ['person-deleted', 'ticket-expired'],
    ['credential-revoked', 'ticket-expired'],
    ['owner-recovered', null],
    ['revoked', null],
  ])('when all of its person’s was ended as %s: %s', async (reason, refused) => {
    const person = await world.person('alice')
    world.time.nowMs = Date.now()
    const { token } = await world.ticketFor(person.id)
    await revocationsStore(database.db).revoke('person', person.id, reason, async () => undefined)
    world.time.nowMs = Date.now() + 1
    const opened = enrolmentContext(world.deps, { ticket: token, cookie: undefined, browserHash: BROWSER })
    if (refused === null) expect(await opened).toMatchObject({ person: { username: 'alice' } })
    else await expect(opened).rejects.toMatchObject({ reason: refused })
  })
})
