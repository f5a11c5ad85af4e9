import { eq, inArray } from 'drizzle-orm'
import { beforeEach, describe, expect, it } from 'vitest'
import { credentials, people } from '../../../db/schema/people.ts'
import { devices, deviceTokens, idSessions, revocations, sids } from '../../../db/schema/sessions.ts'
import { openSealer } from '../../../server/platform/seal-sealer.ts'
import { applyImport, cutOffUnsafe, planImport } from '../../../server/webauthn/metadata.ts'
import { type RegistrationForgery, SoftwareAuthenticator, TEST_AAGUID_TEXT } from '../../support/authenticator.ts'
import { type TestDatabase, testDatabase } from '../../support/database.ts'
import { BROWSER, enrolmentWorld } from '../../support/enrolment.ts'
import * as mds from '../../support/metadata.ts'
import { insertDevice } from '../../support/people.ts'

const genuine: RegistrationForgery = { format: 'packed', certificates: [mds.attestationLeaf] }
const WHO = { actor: 'per_owner', reason: 'FIDO says so' }

describe('a model that the metadata marks as unsafe', () => {
  let database: TestDatabase
  let world: ReturnType<typeof enrolmentWorld>

  beforeEach(async () => {
    database = await testDatabase()
    world = enrolmentWorld(database, { keyPolicy: 'attested' })
    await apply(1)
    return () => database.drop()
  })

  const plan = async (number: number, ...statuses: { status: string; effectiveDate?: string }[]) => {
    const all = [{ status: 'FIDO_CERTIFIED_L1', effectiveDate: '2024-01-01' }, ...statuses]
    const jwt = await mds.metadataBlob({ number, entries: [mds.metadataEntry({ statuses: all })] })
    const planned = await planImport(world, { jwt, roots: [mds.metadataRootPem], allow: null })
    if (!planned.ok) throw new Error(planned.reason)
    return planned
  }
  const apply = async (number: number, ...statuses: { status: string; effectiveDate?: string }[]) =>
    applyImport(world, await plan(number, ...statuses), WHO)

  /** An owner whose key is of no model, so that an owner is left. */
  const otherOwner = async () => {
    const { person, credentialId } = await world.enrolled('root', new SoftwareAuthenticator(), genuine)
    await database.db.update(people).set({ role: 'owner' }).where(eq(people.id, person.id))
    await database.db.update(credentials).set({ aaguid: 'other' }).where(eq(credentials.id, credentialId))
  }
  const keyOf = async (id: string) =>
    (await database.db.select().from(credentials).where(eq(credentials.id, id)))[0] as typeof credentials.$inferSelect

  const signIn = async (key: SoftwareAuthenticator, forge = {}, username?: string) => {
    const about = { kind: 'authentication', subject: 'signin', browserHash: BROWSER } as const
    const { ceremony, options } = await world.assertions.begin({ ...about, username, ttlSeconds: 300 })
    return {
      options,
      result: await world.assertions.finish({ ...about, ceremony, response: key.assert(options, forge) }),
    }
  }

  for (const [status, reason] of [
    ['USER_VERIFICATION_BYPASS', 'model-compromised'],
    ['ATTESTATION_KEY_COMPROMISE', 'model-compromised'],
    ['USER_KEY_REMOTE_COMPROMISE', 'model-compromised'],
    ['USER_KEY_PHYSICAL_COMPROMISE', 'model-compromised'],
    ['REVOKED', 'model-revoked'],
  ] as const) {
    it(`loses its enrolled keys when it is ${status}, after that was shown`, async () => {
      const { credentialId, person } = await world.enrolled('alice', new SoftwareAuthenticator(), genuine)
      const planned = await plan(2, { status, effectiveDate: '2026-06-30' })
      expect(planned.consequences).toMatchObject({
        cutOff: [{ key: { id: credentialId, person: { username: 'alice' } }, reasons: [reason] }],
        leftWithNone: [{ id: person.id }],
      })
      expect((await keyOf(credentialId)).revokedAt).toBeNull()
      expect(await applyImport(world, planned, WHO)).toEqual({ ok: true })
      expect(await keyOf(credentialId)).toMatchObject({ revokedReason: reason })
    })
  }

  it('ends all that was opened with its keys, tells of each key, and leaves others alone', async () => {
    const alice = await world.enrolled('alice', new SoftwareAuthenticator(), genuine)
    const bob = await world.enrolled('bob', new SoftwareAuthenticator(), genuine)
    await database.db.update(credentials).set({ aaguid: 'other' }).where(eq(credentials.id, bob.credentialId))
    const sealer = openSealer({ secrets: ['x'.repeat(40)] })
    const at = { db: database.db, sealer, serverName: 'hs.test' }
    const signedIn = async ({ person, credentialId }: typeof alice) =>
      insertDevice(at, { id: person.id, username: person.username, credentialId })
    const [hers, his] = [await signedIn(alice), await signedIn(bob)]
    await apply(2, { status: 'USER_KEY_REMOTE_COMPROMISE' })

    const ended = async (device: typeof hers) => {
      const [row] = await database.db.select().from(devices).where(eq(devices.id, device.id))
      const [sid] = await database.db.select().from(sids).where(eq(sids.id, device.sid))
      const [session] = await database.db.select().from(idSessions).where(eq(idSessions.hash, device.idSessionHash))
      const tokens = await database.db.$count(deviceTokens, eq(deviceTokens.deviceId, device.id))
      return [row?.endedAt, sid?.endedAt, session?.endedAt].map((when) => when !== null).concat(tokens === 0)
    }
    expect(await ended(hers)).toEqual([true, true, true, true])
    expect(await ended(his)).toEqual([false, false, false, false])
    const feed = await database.db
      .select()
      .from(revocations)
      .where(inArray(revocations.subject, [alice.credentialId, bob.credentialId, hers.id, his.id]))
    expect(feed.map(({ kind, subject }) => [kind, subject]).toSorted()).toEqual([
      ['credential', alice.credentialId],
      ['device', hers.id],
    ])
    expect(world.told.flatMap(({ cutOff }) => cutOff.map(({ key }) => key.id))).toEqual([alice.credentialId])
    expect(world.audited.slice(-2)).toMatchObject([
      { action: 'metadata.imported', actor: WHO.actor, detail: { cut_off: 1, reason: WHO.reason } },
      {
        action: 'key.cut-off',
        subject: alice.credentialId,
        detail: { reason: 'model-compromised', devices: [hers.id] },
      },
    ])
  })

  it('has its keys say why at the sign-in, to nobody but who signs with one', async () => {
    const { key } = await world.enrolled('alice', new SoftwareAuthenticator(), genuine)
    await apply(2, { status: 'USER_VERIFICATION_BYPASS' })
    expect((await signIn(key)).result).toEqual({ ok: false, reason: 'key-cut-off' })
    expect((await signIn(key, { signature: 'garbage' })).result).toEqual({ ok: false, reason: 'signature' })
    const { options, result } = await signIn(key, {}, 'alice')
    expect(options.allowCredentials).toHaveLength(1)
    expect(result).toEqual({ ok: false, reason: 'key-cut-off' })
  })

  it('whose key was revoked for another reason says nothing', async () => {
    const { key, credentialId } = await world.enrolled('alice', new SoftwareAuthenticator(), genuine)
    await world.people.revokeKey(credentialId, 'lost', new Date(world.time.nowMs), {
      action: 'key.revoked',
      actor: 'test',
      subject: credentialId,
      detail: {},
    })
    expect((await signIn(key)).result).toEqual({ ok: false, reason: 'credential-revoked' })
  })

  it('does not cost the last owner their last key: nothing at all is done', async () => {
    const { person, credentialId } = await world.enrolled('alice', new SoftwareAuthenticator(), genuine)
    await database.db.update(people).set({ role: 'owner' }).where(eq(people.id, person.id))
    const planned = await plan(2, { status: 'REVOKED' })
    expect(planned.consequences.leftWithNone).toMatchObject([{ username: 'alice', role: 'owner' }])
    expect(await applyImport(world, planned, WHO)).toEqual({ ok: false, reason: 'last-owner' })
    expect(await world.metadata.latestImport()).toMatchObject({ number: 1 })
    await otherOwner()
    expect(await apply(2, { status: 'REVOKED' })).toEqual({ ok: true })
    expect((await keyOf(credentialId)).revokedAt).not.toBeNull()
  })

  it('loses only keys that were shown: one enrolled since has it looked at again', async () => {
    await world.enrolled('alice', new SoftwareAuthenticator(), genuine)
    const planned = await plan(2, { status: 'REVOKED' })
    const { credentialId } = await world.enrolled('bob', new SoftwareAuthenticator(), genuine)
    expect(await applyImport(world, planned, WHO)).toEqual({ ok: false, reason: 'not-as-shown' })
    expect((await keyOf(credentialId)).revokedAt).toBeNull()
    expect(await world.metadata.latestImport()).toMatchObject({ number: 1 })
    expect(world.told).toEqual([])
  })

  it('loses its keys on the day that a status takes effect, with nothing imported then', async () => {
    const { credentialId } = await world.enrolled('alice', new SoftwareAuthenticator(), genuine)
    await apply(2, { status: 'USER_KEY_PHYSICAL_COMPROMISE', effectiveDate: '2026-07-03' })
    expect(await cutOffUnsafe(world)).toBe(0)
    world.time.nowMs = Date.parse('2026-07-03T00:00:01Z')
    expect(await cutOffUnsafe(world)).toBe(1)
    expect(await keyOf(credentialId)).toMatchObject({ revokedReason: 'model-compromised' })
    expect(await cutOffUnsafe(world)).toBe(0)
  })

  it('lets no key of it in, whatever the policy', async () => {
    await apply(2, { status: 'USER_VERIFICATION_BYPASS' })
    for (const keyPolicy of ['any', 'device-bound', 'attested'] as const) {
      const under = enrolmentWorld(database, { keyPolicy })
      await expect(under.enrolled(`person-${keyPolicy}`, new SoftwareAuthenticator(), genuine)).rejects.toMatchObject({
        reason: 'status-compromised',
      })
    }
    expect(await world.metadata.modelOf(TEST_AAGUID_TEXT)).not.toBeNull()
  })

  it('applied by many at once is applied once, and each key is told of once', async () => {
    await world.enrolled('alice', new SoftwareAuthenticator(), genuine)
    const planned = await plan(2, { status: 'REVOKED' })
    const results = await Promise.all(Array.from({ length: 8 }, () => applyImport(world, planned, WHO)))
    expect(results.filter(({ ok }) => ok)).toHaveLength(1)
    expect(world.audited.filter(({ action }) => action === 'key.cut-off')).toHaveLength(1)
  })
})
