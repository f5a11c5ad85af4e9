import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { beginEnrolment, enrolmentContext } from '../../../server/people/enrolment.ts'
import { ensureSetupLink, issueTicket } from '../../../server/people/tickets.ts'
import { type RegistrationForgery, SoftwareAuthenticator } from '../../support/authenticator.ts'
import { certificate } from '../../support/certificates.ts'
import { type TestDatabase, testDatabase } from '../../support/database.ts'
import { BROWSER, enrolmentWorld } from '../../support/enrolment.ts'

const newKey = () => new SoftwareAuthenticator()
const tokenOf = (url: string) => url.slice(url.lastIndexOf('/') + 1)

describe('enrolment', () => {
  let database: TestDatabase
  let world: ReturnType<typeof enrolmentWorld>

  beforeEach(async () => {
    database = await testDatabase()
    world = enrolmentWorld(database)
    return () => database.drop()
  })

  it('turns a one-time link into a key, and the first browser may add a second', async () => {
    const person = await world.person('alice')
    const { token, url } = await world.ticketFor(person.id)
    expect(url).toBe(`http://localhost:8080/enrol/${token}`)
    const first = await world.enrol(token, newKey())
    expect(first).toMatchObject({ credential: { name: 'My key' }, keys: 1 })
    await expect(world.enrol(token, newKey())).rejects.toMatchObject({ status: 410, reason: 'ticket-used' })
    const cookie = first.cookie as string
    const presented = { ticket: token, cookie, browserHash: BROWSER }
    expect(await enrolmentContext(world.deps, presented)).toMatchObject({
      kind: 'second',
      keys: 1,
      person: { username: 'alice' },
    })
    expect(await world.enrol(token, newKey(), {}, { cookie })).toMatchObject({ keys: 2, cookie: null })
    await expect(world.enrol(token, newKey(), {}, { cookie })).rejects.toMatchObject({ reason: 'ticket-used' })
  })

  it('does not take the cookie of one link with another', async () => {
    const [alice, bob] = [await world.person('alice'), await world.person('bob')]
    const first = await world.enrol((await world.ticketFor(alice.id)).token, newKey())
    const other = (await world.ticketFor(bob.id)).token
    await world.enrol(other, newKey())
    const extra = { cookie: first.cookie as string }
    await expect(world.enrol(other, newKey(), {}, extra)).rejects.toMatchObject({ reason: 'ticket-used' })
  })

  it('keeps a link that a person made for themselves for a quarter of an hour', async () => {
    const person = await world.person('alice')
    const self = { kind: 'self', personId: person.id, createdBy: person.id } as const
    const { token } = await issueTicket(world.deps, self)
    await world.enrol(token, newKey())
    const late = await issueTicket(world.deps, self)
    world.time.nowMs += 15 * 60 * 1000
    await expect(world.enrol(late.token, newKey())).rejects.toMatchObject({ status: 410, reason: 'ticket-expired' })
  })

  it('refuses a link that is unknown, expired, or of a suspended person', async () => {
    const person = await world.person('alice')
    const { token } = await world.ticketFor(person.id)
    await expect(world.enrol('pet_nonsense', newKey())).rejects.toMatchObject({ status: 404, reason: 'ticket-unknown' })
    const event = { action: 'test', actor: 'test', subject: 'test', detail: {} }
    await world.people.setSuspended(person.id, new Date(), event)
    await expect(world.enrol(token, newKey())).rejects.toMatchObject({ status: 403, reason: 'person-suspended' })
    await world.people.setSuspended(person.id, null, event)
    world.time.nowMs += 24 * 3600 * 1000
    await expect(world.enrol(token, newKey())).rejects.toMatchObject({ status: 410, reason: 'ticket-expired' })
  })

  it('keeps only the hash of a link', async () => {
    const { token } = await world.ticketFor((await world.person('alice')).id)
    const rows = await database.sql`SELECT row_to_json(t)::text AS row FROM enrolment_tickets t`
    expect(rows).toHaveLength(1)
    expect(rows[0]?.row).not.toContain(token)
  })

  it('stores what the key said, and for whom', async () => {
    const { credentialId, person } = await world.enrolled('alice')
    const [key] = await world.people.keysOf(person.id)
    expect(key).toMatchObject({ id: credentialId, name: 'My key', acr: 'phr', revokedAt: null, lastUsedAt: null })
    expect(world.audited.at(-1)).toMatchObject({
      action: 'key.enrolled',
      subject: credentialId,
      detail: { policy: 'any', acr: 'phr' },
    })
    expect(await world.people.list()).toMatchObject([{ username: 'alice', keys: 1 }])
  })

  it('gives no key to two people', async () => {
    const { key } = await world.enrolled('alice')
    const { token } = await world.ticketFor((await world.person('bob')).id)
    await expect(world.enrol(token, key)).rejects.toMatchObject({ status: 409, reason: 'key-already-enrolled' })
    expect(await world.enrol(token, newKey())).toMatchObject({ keys: 1 })
  })

  it('does not ask a key twice: those enrolled are excluded', async () => {
    const { key, person } = await world.enrolled('alice')
    const { token } = await world.ticketFor(person.id)
    const { options } = await beginEnrolment(world.deps, { ticket: token, cookie: undefined, browserHash: BROWSER })
    expect(options.excludeCredentials?.map(({ id }) => id)).toEqual([
      Buffer.from(key.credentialId).toString('base64url'),
    ])
    expect(options).toMatchObject({ attestation: 'none', hints: ['security-key'] })
    expect(options.authenticatorSelection).toMatchObject({ residentKey: 'preferred', userVerification: 'required' })
    expect(options.pubKeyCredParams.map(({ alg }) => alg)).toEqual([-8, -7, -257])
  })

  it('refuses synced passkeys under the policy device-bound', async () => {
    world = enrolmentWorld(database, { keyPolicy: 'device-bound' })
    const { token } = await world.ticketFor((await world.person('alice')).id)
    await expect(world.enrol(token, newKey(), { backupEligible: true })).rejects.toMatchObject({
      reason: 'backup-eligible',
    })
    expect(await world.enrol(token, newKey())).toMatchObject({ keys: 1 })
  })

  it('makes the first administrator through the set-up link, once, and only by the newest link', async () => {
    const older = tokenOf((await ensureSetupLink(world.deps)) as string)
    const newest = tokenOf((await ensureSetupLink(world.deps)) as string)
    const named = { username: 'root.admin', displayName: 'Anne' }
    await expect(world.enrol(older, newKey(), {}, named)).rejects.toMatchObject({ reason: 'ticket-unknown' })
    await expect(world.enrol(newest, newKey(), {}, { username: 'Anne' })).rejects.toMatchObject({
      reason: 'username-invalid',
    })
    await world.person('taken')
    await expect(world.enrol(newest, newKey(), {}, { username: 'taken' })).rejects.toMatchObject({
      reason: 'username-taken',
    })
    expect(await world.enrol(newest, newKey(), {}, named)).toMatchObject({ keys: 1, cookie: expect.any(String) })
    expect(await world.people.byUsername('root.admin')).toMatchObject({ role: 'owner', displayName: 'Anne' })
    expect(await ensureSetupLink(world.deps)).toBeNull()
  })

  it('closes set-up when a key was enrolled in another way meanwhile', async () => {
    const setup = tokenOf((await ensureSetupLink(world.deps)) as string)
    await world.enrolled('alice')
    await expect(world.enrol(setup, newKey(), {}, { username: 'eve' })).rejects.toMatchObject({
      status: 410,
      reason: 'setup-closed',
    })
  })
})

describe('a registration', () => {
  let database: TestDatabase
  let world: ReturnType<typeof enrolmentWorld>
  let sequence = 0

  beforeAll(async () => {
    database = await testDatabase()
    world = enrolmentWorld(database)
  })
  afterAll(() => database.drop())

  const batch = certificate({ commonName: 'Batch Certificate', unit: 'Authenticator Attestation' })
  const refusals: Record<string, { forge: RegistrationForgery; reason: string }> = {
    'of another challenge': { forge: { challenge: 'AAAA' }, reason: 'challenge' },
    'made on a foreign origin': { forge: { origin: 'https://evil.example' }, reason: 'origin' },
    'made in a cross-origin frame': { forge: { crossOrigin: true }, reason: 'cross-origin' },
    'with a top origin': { forge: { topOrigin: 'https://evil.example' }, reason: 'cross-origin' },
    'of the type of an assertion': { forge: { type: 'webauthn.get' }, reason: 'type' },
    'for another RP id': { forge: { rpId: 'evil.example' }, reason: 'rp-id' },
    'without user presence': { forge: { userPresent: false }, reason: 'user-presence' },
    'without user verification': { forge: { userVerified: false }, reason: 'user-verification' },
    'backed up without being eligible': { forge: { backedUp: true }, reason: 'backup-state' },
    'of an unsupported format': { forge: { format: 'apple' }, reason: 'format-unsupported' },
    'of an algorithm not asked for': { forge: { algorithm: -48 }, reason: 'attestation' },
    'with a bogus self-attestation': { forge: { format: 'packed-self', signature: 'garbage' }, reason: 'attestation' },
    'with a bogus certificate signature': {
      forge: { format: 'packed', certificates: [batch], signature: 'garbage' },
      reason: 'attestation',
    },
  }
  for (const [what, { forge, reason }] of Object.entries(refusals)) {
    it(`${what} is refused as ${reason}, and the link stays good`, async () => {
      const { token } = await world.ticketFor((await world.person(`alice${++sequence}`)).id)
      await expect(world.enrol(token, newKey(), forge)).rejects.toMatchObject({ status: 422, reason })
      expect(await world.enrol(token, newKey())).toMatchObject({ keys: 1 })
    })
  }

  for (const forge of [
    { format: 'none' },
    { format: 'packed-self' },
    { format: 'packed', certificates: [batch] },
    { format: 'fido-u2f', certificates: [batch] },
    { backupEligible: true, backedUp: true },
  ] as const) {
    it(`with ${JSON.stringify({ ...forge, certificates: undefined })} is admitted under the policy any`, async () => {
      await world.enrolled(`alice${++sequence}`, newKey(), forge)
    })
  }
})
