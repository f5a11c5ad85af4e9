import { eq } from 'drizzle-orm'
import { beforeEach, describe, expect, it } from 'vitest'
import { groupMembers, groups } from '../../../db/schema/groups.ts'
import { groupKeyPolicies } from '../../../db/schema/keys.ts'
import { credentials, enrolmentTickets } from '../../../db/schema/people.ts'
import { beginEnrolment, enrolmentContext } from '../../../server/people/enrolment.ts'
import { hashToken } from '../../../server/platform/tokens.ts'
import { applyImport, planImport } from '../../../server/webauthn/metadata.ts'
import { type RegistrationForgery, SoftwareAuthenticator, TEST_AAGUID_TEXT } from '../../support/authenticator.ts'
import { type TestDatabase, testDatabase } from '../../support/database.ts'
import { BROWSER, enrolmentWorld } from '../../support/enrolment.ts'
import * as mds from '../../support/metadata.ts'

const genuine: RegistrationForgery = { format: 'packed', certificates: [mds.attestationLeaf] }
type Asked = Partial<typeof groupKeyPolicies.$inferInsert>

describe('what a person’s groups ask of their keys, at enrolment', () => {
  let database: TestDatabase
  let world: ReturnType<typeof enrolmentWorld>
  let alice: { id: string }

  beforeEach(async () => {
    database = await testDatabase()
    world = enrolmentWorld(database, { keyPolicy: 'any' })
    const plan = await planImport(world, { jwt: await mds.metadataBlob(), roots: [mds.metadataRootPem], allow: null })
    if (!plan.ok) throw new Error(plan.reason)
    await applyImport(world, plan, { actor: 'test', reason: null })
    alice = await world.person('alice')
    return () => database.drop()
  })

  const inGroup = async (id: string, asked: Asked) => {
    const at = new Date()
    await database.db.insert(groups).values({ id, displayName: id, createdAt: at })
    await database.db.insert(groupMembers).values({ groupId: id, personId: alice.id, addedAt: at })
    const plain = { policy: 'any', aaguids: null, platformAllowed: true, minKeys: 1 } as const
    await database.db.insert(groupKeyPolicies).values({ ...plain, ...asked, groupId: id, updatedAt: at })
  }
  const enrol = async (forge: RegistrationForgery = {}) =>
    world.enrol((await world.ticketFor(alice.id)).token, new SoftwareAuthenticator(), forge)
  const presented = async () => ({
    ticket: (await world.ticketFor(alice.id)).token,
    cookie: undefined,
    browserHash: BROWSER,
  })

  it('counts in the place of the setting, and for nobody else', async () => {
    await inGroup('grp_a', { policy: 'attested' })
    await expect(enrol()).rejects.toMatchObject({ status: 422, reason: 'format-not-packed' })
    const { credential } = await enrol(genuine)
    const [stored] = await database.db.select().from(credentials).where(eq(credentials.id, credential.id))
    expect(stored).toMatchObject({ policy: 'attested', acr: 'phrh', kind: 'security-key' })
    await world.enrolled('bob')
  })

  it('is the strictest of each group', async () => {
    await inGroup('grp_a', { policy: 'device-bound', platformAllowed: false, minKeys: 2 })
    await inGroup('grp_b', { policy: 'any', aaguids: [TEST_AAGUID_TEXT] })
    await expect(enrol({ backupEligible: true })).rejects.toMatchObject({ reason: 'backup-eligible' })
    await expect(enrol()).rejects.toMatchObject({ reason: 'model-not-listed' })
    await expect(enrol({ ...genuine, transports: ['internal'] })).rejects.toMatchObject({
      reason: 'platform-not-allowed',
    })
    await enrol(genuine)
    expect(await enrolmentContext(world.deps, await presented())).toMatchObject({
      policy: 'device-bound',
      platformAllowed: false,
      minKeys: 2,
    })
  })

  it('lets a built-in key in where every group allows it, and keeps that it is one', async () => {
    await inGroup('grp_a', { policy: 'device-bound' })
    const { credential } = await enrol({ transports: ['internal'] })
    const [stored] = await database.db.select().from(credentials).where(eq(credentials.id, credential.id))
    expect(stored).toMatchObject({ kind: 'platform', acr: 'phr' })
    await inGroup('grp_b', { platformAllowed: false })
    await expect(enrol({ transports: ['internal'] })).rejects.toMatchObject({ reason: 'platform-not-allowed' })
  })

  it('tells the browser which keys to offer', async () => {
    const options = async () => (await beginEnrolment(world.deps, await presented())).options
    expect(await options()).toMatchObject({ attestation: 'none', hints: ['security-key'] })
    await inGroup('grp_a', { policy: 'any' })
    expect(await options()).toMatchObject({ attestation: 'none', hints: ['security-key', 'client-device', 'hybrid'] })
    await inGroup('grp_b', { policy: 'device-bound', aaguids: [TEST_AAGUID_TEXT] })
    expect(await options()).toMatchObject({ attestation: 'direct', hints: ['security-key', 'client-device'] })
    await inGroup('grp_c', { platformAllowed: false })
    const strictest = await options()
    expect(strictest.hints).toEqual(['security-key'])
    expect(strictest.authenticatorSelection).toMatchObject({ authenticatorAttachment: 'cross-platform' })
  })

  it('is made stricter by the link, never milder', async () => {
    const withLink = async (policy: 'any' | 'attested', forge: RegistrationForgery = {}) => {
      const { token } = await world.ticketFor(alice.id)
      await database.db
        .update(enrolmentTickets)
        .set({ policy })
        .where(eq(enrolmentTickets.hash, hashToken(token)))
      return world.enrol(token, new SoftwareAuthenticator(), forge)
    }
    await expect(withLink('attested')).rejects.toMatchObject({ reason: 'format-not-packed' })
    await inGroup('grp_a', { policy: 'attested' })
    await expect(withLink('any')).rejects.toMatchObject({ reason: 'format-not-packed' })
    await withLink('any', genuine)
  })

  it('that changes between the two halves of a ceremony counts as it is at the end', async () => {
    const asked = await presented()
    const { ceremony, options } = await beginEnrolment(world.deps, asked)
    await inGroup('grp_a', { policy: 'attested' })
    const response = new SoftwareAuthenticator().register(options)
    const finish = { ceremony, subject: hashToken(asked.ticket), browserHash: BROWSER, response }
    expect(await world.deps.registrations.finish(finish)).toMatchObject({ ok: false })
  })
})
