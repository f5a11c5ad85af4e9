import { eq } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { credentials } from '../../../db/schema/people.ts'
import { LIVE_CEREMONIES_LIMIT } from '../../../server/webauthn/assertion.ts'
import type { Whence } from '../../../server/webauthn/port.ts'
import { type AssertionForgery, SoftwareAuthenticator } from '../../support/authenticator.ts'
import { type TestDatabase, testDatabase } from '../../support/database.ts'
import { BROWSER, enrolmentWorld } from '../../support/enrolment.ts'

const AUTHENTICATION = { kind: 'authentication', subject: 'transaction-hash', browserHash: BROWSER } as const

describe('an assertion', () => {
  let database: TestDatabase
  let world: ReturnType<typeof enrolmentWorld>
  let someone: Awaited<ReturnType<ReturnType<typeof enrolmentWorld>['enrolled']>>
  let sequence = 0

  beforeAll(async () => {
    database = await testDatabase()
  })
  afterAll(() => database.drop())
  beforeEach(async () => {
    world = enrolmentWorld(database)
    sequence += 1
    someone = await world.enrolled(`person${sequence}`)
  })

  const begin = (extra: { username?: string; personId?: string } = {}) =>
    world.assertions.begin({ ...AUTHENTICATION, ttlSeconds: 300, ...extra })

  async function attempt(forge: AssertionForgery = {}, extra: { personId?: string; from?: Whence } = {}) {
    const { ceremony, options } = await begin()
    const response = someone.key.assert(options, forge)
    return world.assertions.finish({ ...AUTHENTICATION, ceremony, response, ...extra })
  }

  it('signs its person in, and says how', async () => {
    expect(await attempt()).toMatchObject({
      ok: true,
      personId: someone.person.id,
      credentialId: someone.credentialId,
      acr: 'phr',
      amr: ['pop', 'user', 'mfa'],
      tappedAt: new Date(world.time.nowMs),
      nonce: null,
    })
  })

  it('is kept as the key’s last use, and from where when that is seen', async () => {
    const kept = async () => {
      const [key] = await database.db.select().from(credentials).where(eq(credentials.id, someone.credentialId))
      return [key?.lastUsedAt, key?.lastUsedNetwork, key?.lastUsedClient]
    }
    expect(await kept()).toEqual([null, null, null])
    const first = new Date(world.time.nowMs)
    await attempt({}, { from: { network: '192.0.2.0/24', client: 'Firefox' } })
    expect(await kept()).toEqual([first, '192.0.2.0/24', 'Firefox'])
    world.time.nowMs += 1000
    await attempt()
    expect(await kept()).toEqual([new Date(world.time.nowMs), '192.0.2.0/24', 'Firefox'])
    await attempt({ signature: 'garbage' }, { from: { network: '198.51.100.0/24', client: 'curl' } })
    expect(await kept()).toEqual([new Date(world.time.nowMs), '192.0.2.0/24', 'Firefox'])
  })

  it('offers built-in keys beside the others to whoever has one', async () => {
    const other = await world.person(`builtin${sequence}`)
    const { token } = await world.ticketFor(other.id)
    await world.enrol(token, new SoftwareAuthenticator(), { transports: ['internal'] })
    expect((await begin({ username: other.username })).options.hints).toEqual(['security-key', 'client-device'])
    expect((await begin({ username: someone.person.username })).options.hints).toEqual(['security-key'])
  })

  it('asks a security key for verification, with a challenge that is never repeated', async () => {
    const first = await begin()
    const second = await begin()
    expect(first.options).toMatchObject({
      userVerification: 'required',
      rpId: 'localhost',
      hints: ['security-key'],
      allowCredentials: [],
    })
    expect(Buffer.from(first.options.challenge, 'base64url')).toHaveLength(32)
    expect(second.options.challenge).not.toBe(first.options.challenge)
  })

  it('hands back the nonce of an approval and signs exactly its challenge', async () => {
    const approval = { kind: 'approval', subject: 'approval-hash', browserHash: BROWSER } as const
    const challenge = new Uint8Array(32).fill(7)
    const nonce = new Uint8Array(32).fill(9)
    const { ceremony, options } = await world.assertions.begin({
      ...approval,
      personId: someone.person.id,
      challenge,
      nonce,
      ttlSeconds: 300,
    })
    expect(options.challenge).toBe(Buffer.from(challenge).toString('base64url'))
    expect(options.allowCredentials).toHaveLength(1)
    const response = someone.key.assert(options)
    expect(await world.assertions.finish({ ...approval, ceremony, response })).toMatchObject({
      ok: true,
      nonce,
      ...evidence(response),
    })
  })

  const refusals: Record<string, { forge: AssertionForgery; reason: string }> = {
    'of another challenge': { forge: { challenge: 'AAAA' }, reason: 'challenge' },
    'made on a foreign origin': { forge: { origin: 'https://evil.example' }, reason: 'origin' },
    'made on the same host at another port': { forge: { origin: 'http://localhost:8081' }, reason: 'origin' },
    'made in a cross-origin frame': { forge: { crossOrigin: true }, reason: 'cross-origin' },
    'with a crossOrigin that is no boolean': { forge: { crossOrigin: 'false' }, reason: 'cross-origin' },
    'with a top origin': { forge: { topOrigin: 'https://evil.example' }, reason: 'cross-origin' },
    'of the type of a registration': { forge: { type: 'webauthn.create' }, reason: 'type' },
    'for another RP id': { forge: { rpId: 'evil.example' }, reason: 'rp-id' },
    'without user presence': { forge: { userPresent: false }, reason: 'user-presence' },
    'without user verification': { forge: { userVerified: false }, reason: 'user-verification' },
    'whose backup eligibility flipped': { forge: { backupEligible: true }, reason: 'backup-eligibility' },
    'backed up without being eligible': { forge: { backedUp: true }, reason: 'backup-state' },
    'with a bogus signature': { forge: { signature: 'garbage' }, reason: 'signature' },
    'with an empty-looking signature': { forge: { signature: new Uint8Array([0]) }, reason: 'signature' },
    'signed by another key': { forge: { signWith: new SoftwareAuthenticator().privateKey }, reason: 'signature' },
    'with an unknown credential id': { forge: { credentialId: new Uint8Array(32) }, reason: 'unknown-credential' },
    "with another person's user handle": {
      forge: { userHandle: Buffer.from('per_other').toString('base64url') },
      reason: 'user-handle',
    },
  }
  for (const [what, { forge, reason }] of Object.entries(refusals)) {
    it(`${what} is refused as ${reason}`, async () => {
      expect(await attempt(forge)).toEqual({ ok: false, reason })
      expect(await attempt()).toMatchObject({ ok: true })
    })
  }

  it('without a user handle is accepted: a key that is not discoverable sends none', async () => {
    expect(await attempt({ userHandle: null })).toMatchObject({ ok: true })
  })

  it('of another person than the one asked for is refused', async () => {
    expect(await attempt({}, { personId: 'per_other' })).toEqual({ ok: false, reason: 'wrong-person' })
    const other = await world.enrolled(`other${sequence}`)
    const { ceremony, options } = await begin({ username: other.person.username })
    const response = someone.key.assert(options)
    expect(await world.assertions.finish({ ...AUTHENTICATION, ceremony, response })).toEqual({
      ok: false,
      reason: 'wrong-person',
    })
  })

  it('is good once', async () => {
    const { ceremony, options } = await begin()
    const response = someone.key.assert(options)
    expect(await world.assertions.finish({ ...AUTHENTICATION, ceremony, response })).toMatchObject({ ok: true })
    expect(await world.assertions.finish({ ...AUTHENTICATION, ceremony, response })).toEqual({
      ok: false,
      reason: 'unknown-ceremony',
    })
  })

  it('uses its ceremony up even when it is refused', async () => {
    const { ceremony, options } = await begin()
    const bogus = someone.key.assert(options, { signature: 'garbage' })
    await world.assertions.finish({ ...AUTHENTICATION, ceremony, response: bogus })
    const response = someone.key.assert(options)
    expect(await world.assertions.finish({ ...AUTHENTICATION, ceremony, response })).toEqual({
      ok: false,
      reason: 'unknown-ceremony',
    })
  })

  it('past its time is refused', async () => {
    const { ceremony, options } = await begin()
    const response = someone.key.assert(options)
    world.time.nowMs += 300_001
    expect(await world.assertions.finish({ ...AUTHENTICATION, ceremony, response })).toEqual({
      ok: false,
      reason: 'unknown-ceremony',
    })
  })

  it('for another browser, subject or kind is refused, and does not burn the ceremony', async () => {
    const { ceremony, options } = await begin()
    const response = someone.key.assert(options)
    for (const foreign of [{ browserHash: 'other' }, { subject: 'other' }, { kind: 'approval' as const }]) {
      const refused = await world.assertions.finish({ ...AUTHENTICATION, ceremony, response, ...foreign })
      expect(refused).toEqual({ ok: false, reason: 'unknown-ceremony' })
    }
    expect(await world.assertions.finish({ ...AUTHENTICATION, ceremony, response })).toMatchObject({ ok: true })
  })

  it('that is not one is refused as malformed', async () => {
    for (const response of [null, 'x', {}, { id: 'a', rawId: 'b', type: 'public-key', response: {} }, { id: '%' }]) {
      const { ceremony } = await begin()
      expect(await world.assertions.finish({ ...AUTHENTICATION, ceremony, response })).toEqual({
        ok: false,
        reason: 'malformed',
      })
    }
  })

  it('with a low counter is refused and noted, and the key stays good', async () => {
    await attempt({ signCount: 10 })
    expect(await attempt({ signCount: 10 })).toEqual({ ok: false, reason: 'counter' })
    expect(await attempt({ signCount: 3 })).toEqual({ ok: false, reason: 'counter' })
    expect(await attempt({ signCount: 0 })).toEqual({ ok: false, reason: 'counter' })
    expect(world.audited.filter(({ action }) => action === 'key.counter-regression')).toHaveLength(3)
    expect(await attempt({ signCount: 11 })).toMatchObject({ ok: true })
  })

  it('with a low counter and a bogus signature is a bad signature: nobody can feign a cloned key', async () => {
    await attempt({ signCount: 10 })
    expect(await attempt({ signCount: 1, signature: 'garbage' })).toEqual({ ok: false, reason: 'signature' })
    expect(world.audited.some(({ action }) => action === 'key.counter-regression')).toBe(false)
  })

  it('of a key without a counter is accepted again and again', async () => {
    someone = await world.enrolled(`counterless${sequence}`, new SoftwareAuthenticator({ counts: false }))
    for (let round = 0; round < 3; round += 1) expect(await attempt()).toMatchObject({ ok: true })
  })

  it('of a revoked key or a suspended person is refused', async () => {
    const event = { action: 'test', actor: 'test', subject: 'test', detail: {} }
    await world.people.setSuspended(someone.person.id, new Date(), event)
    expect(await attempt()).toEqual({ ok: false, reason: 'person-suspended' })
    await world.people.setSuspended(someone.person.id, null, event)
    expect(await attempt()).toMatchObject({ ok: true })
    await world.people.revokeKey(someone.credentialId, 'lost', new Date(), event)
    expect(await attempt()).toEqual({ ok: false, reason: 'credential-revoked' })
  })

  it("asked for by username names that person's keys, and believable ones for a name nobody has", async () => {
    const known = await begin({ username: someone.person.username })
    expect(known.options.allowCredentials?.map(({ id }) => id)).toEqual([
      Buffer.from(someone.key.credentialId).toString('base64url'),
    ])
    const unknown = await begin({ username: 'nobody' })
    const again = await begin({ username: 'nobody' })
    expect(unknown.options.allowCredentials?.length).toBeGreaterThan(0)
    expect(again.options.allowCredentials).toEqual(unknown.options.allowCredentials)
    expect((await begin({ username: 'nobody-else' })).options.allowCredentials).not.toEqual(
      unknown.options.allowCredentials,
    )
    expect(Object.keys(unknown.options).toSorted()).toEqual(Object.keys(known.options).toSorted())
  })

  it('cannot be begun without bound: a browser has so many live ceremonies for one subject', async () => {
    const bounded = { ...AUTHENTICATION, subject: 'a bounded subject', ttlSeconds: 300 }
    const once = () => world.assertions.begin(bounded)
    for (let count = 0; count < LIVE_CEREMONIES_LIMIT; count += 1) await once()
    await expect(once()).rejects.toMatchObject({ status: 429, reason: 'too-many-ceremonies' })
    await world.assertions.begin({ ...bounded, browserHash: 'another' })
    world.time.nowMs += 300_001
    await once()
  })
})

const evidence = ({ response }: ReturnType<SoftwareAuthenticator['assert']>) => ({
  clientDataJSON: response.clientDataJSON,
  authenticatorData: response.authenticatorData,
  signature: response.signature,
})
