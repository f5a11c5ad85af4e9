import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { applyImport, type BlobInput, planImport } from '../../../server/webauthn/metadata.ts'
import {
  type RegistrationForgery,
  SoftwareAuthenticator,
  TEST_AAGUID,
  TEST_AAGUID_TEXT,
} from '../../support/authenticator.ts'
import { certificate } from '../../support/certificates.ts'
import { type TestDatabase, testDatabase } from '../../support/database.ts'
import { enrolmentWorld } from '../../support/enrolment.ts'
import * as mds from '../../support/metadata.ts'

const genuine: RegistrationForgery = { format: 'packed', certificates: [mds.attestationLeaf] }
const imposter = certificate({ commonName: 'Test attestation root', ca: true })

type Options = Partial<BlobInput> & { readonly dryRun?: boolean }
/** Imports as the command does. */
async function loadInto(
  world: ReturnType<typeof enrolmentWorld>,
  jwt: string | Promise<string>,
  { dryRun, ...options }: Options = {},
) {
  const input = { jwt: await jwt, roots: [mds.metadataRootPem], allow: null, ...options }
  const plan = await planImport(world, input)
  if (!plan.ok) return plan
  const applied = dryRun ? plan : await applyImport(world, plan, { actor: 'test', reason: null })
  if (!applied.ok) return applied
  const { models, blob, consequences } = plan
  return {
    ok: true as const,
    ...blob,
    models: models.length,
    allowed: models.filter(({ allowed }) => allowed).length,
    consequences,
  }
}

describe('the metadata BLOB', () => {
  let world: ReturnType<typeof enrolmentWorld>

  beforeEach(async () => {
    const database = await testDatabase()
    world = enrolmentWorld(database, { keyPolicy: 'attested' })
    return () => database.drop()
  })

  const load = (jwt: string | Promise<string>, options?: Options) => loadInto(world, jwt, options)

  it('is imported when it is signed under a trusted root', async () => {
    expect(await load(mds.metadataBlob({ number: 7 }))).toEqual({
      ok: true,
      number: 7,
      nextUpdate: '2026-08-01',
      models: 1,
      allowed: 1,
      unreadable: 0,
      consequences: { cutOff: [], uncertified: [], leftWithNone: [] },
    })
    expect(await world.metadata.latestImport()).toMatchObject({ number: 7, entries: 1 })
    expect(await world.metadata.modelOf(TEST_AAGUID_TEXT)).toMatchObject({ description: 'Test key', allowed: true })
  })

  it('is refused when its content was changed after signing', async () => {
    const [head, , signature] = (await mds.metadataBlob()).split('.')
    const [, payload] = (await mds.metadataBlob({ number: 99 })).split('.')
    expect(await load(`${head}.${payload}.${signature}`)).toEqual({ ok: false, reason: 'bad-signature' })
  })

  it('is refused when its number does not rise', async () => {
    await load(mds.metadataBlob({ number: 7 }))
    for (const number of [7, 6])
      expect(await load(mds.metadataBlob({ number }))).toEqual({ ok: false, reason: 'not-newer' })
    expect(await load(mds.metadataBlob({ number: 8 }))).toMatchObject({ ok: true })
  })

  it('of one number is stored once when imported many times at once', async () => {
    const jwt = await mds.metadataBlob({ number: 7 })
    const results = await Promise.all(Array.from({ length: 8 }, () => load(jwt)))
    expect(results.filter(({ ok }) => ok)).toHaveLength(1)
  })

  it('keeps the choice of models from one import to the next', async () => {
    const other = mds.metadataEntry({ aaguid: '11111111-1111-4111-8111-111111111111' })
    const entries = [mds.metadataEntry(), other]
    expect(await load(mds.metadataBlob({ number: 1, entries }), { allow: [TEST_AAGUID_TEXT] })).toMatchObject({
      allowed: 1,
    })
    expect(await load(mds.metadataBlob({ number: 2, entries }))).toMatchObject({ allowed: 1, models: 2 })
  })

  it('stores nothing in a dry run', async () => {
    expect(await load(mds.metadataBlob(), { dryRun: true })).toMatchObject({ ok: true })
    expect(await world.metadata.latestImport()).toBeNull()
  })

  it('leaves out what it cannot read and models without an AAGUID', async () => {
    const entries = [
      mds.metadataEntry(),
      { aaguid: 'nonsense' },
      { attestationCertificateKeyIdentifiers: ['00'], statusReports: [] },
    ]
    expect(await load(mds.metadataBlob({ entries }))).toMatchObject({ models: 1, unreadable: 1 })
  })

  describe('under the attested policy', () => {
    it('lets a genuine key in, and calls it hardware', async () => {
      await load(mds.metadataBlob())
      const { person } = await world.enrolled('alice', new SoftwareAuthenticator(), genuine)
      expect(await world.people.keysOf(person.id)).toMatchObject([{ acr: 'phrh', aaguid: TEST_AAGUID_TEXT }])
    })

    it('refuses every key while nothing was imported', async () => {
      await expect(world.enrolled('alice', new SoftwareAuthenticator(), genuine)).rejects.toMatchObject({
        reason: 'model-unknown',
      })
    })

    it('says which enrolled keys a new BLOB would no longer admit, and leaves those alone whose model is only not certified any more', async () => {
      await load(mds.metadataBlob({ number: 1 }))
      const { credentialId, person } = await world.enrolled('alice', new SoftwareAuthenticator(), genuine)
      const entries = [mds.metadataEntry({ statuses: [{ status: 'RETIRED', effectiveDate: '2026-06-01' }] })]
      expect(await load(mds.metadataBlob({ number: 2, entries }))).toMatchObject({
        consequences: {
          cutOff: [],
          uncertified: [
            {
              key: { id: credentialId, person: { username: 'alice' } },
              reasons: ['certification-level', 'status-retired'],
            },
          ],
        },
      })
      expect(await world.people.keysOf(person.id)).toMatchObject([{ revokedAt: null }])
    })

    it('says when a key no longer leads to a root of its model', async () => {
      await load(mds.metadataBlob({ number: 1 }))
      await world.enrolled('alice', new SoftwareAuthenticator(), genuine)
      const entries = [mds.metadataEntry({ roots: [imposter.der] })]
      expect(await load(mds.metadataBlob({ number: 2, entries }))).toMatchObject({
        consequences: { cutOff: [], uncertified: [{ reasons: ['chain-broken'] }] },
      })
    })

    it('keeps a model allowed or forbidden as it was, and new ones as the first choice says', async () => {
      const other = '11111111-1111-4111-8111-111111111111'
      await load(mds.metadataBlob({ number: 1 }))
      await world.changes.apply({
        blob: null,
        allow: { aaguids: [TEST_AAGUID_TEXT], allowed: false },
        cutOff: [],
        nameOf: String,
        at: new Date(world.time.nowMs),
        actor: 'test',
        audit: null,
      })
      await load(mds.metadataBlob({ number: 2, entries: [mds.metadataEntry(), mds.metadataEntry({ aaguid: other })] }))
      expect(await world.metadata.modelOf(TEST_AAGUID_TEXT)).toMatchObject({ allowed: false })
      expect(await world.metadata.modelOf(other)).toMatchObject({ allowed: true })
    })
  })
})

describe('a metadata BLOB', () => {
  let database: TestDatabase
  let world: ReturnType<typeof enrolmentWorld>

  beforeAll(async () => {
    database = await testDatabase()
    world = enrolmentWorld(database, { keyPolicy: 'attested' })
  })
  afterAll(() => database.drop())

  const stranger = certificate({ commonName: 'Stranger', ca: true })
  const leafWithoutAuthority = certificate({ commonName: 'not a CA', issuer: mds.metadataAuthority })
  const refused: Record<string, { jwt: () => Promise<string> | string; reason: string; options?: Options }> = {
    'is not a JWT': { jwt: () => 'nonsense', reason: 'malformed' },
    'has no certificates': { jwt: () => mds.metadataBlob({ chain: [], signWith: stranger }), reason: 'malformed' },
    'is signed under a foreign root': { jwt: () => mds.metadataBlob({ chain: [stranger] }), reason: 'untrusted-chain' },
    'is signed under a certificate that is no authority': {
      jwt: () => {
        const below = certificate({ commonName: 'below', issuer: leafWithoutAuthority })
        return mds.metadataBlob({ chain: [below, leafWithoutAuthority] })
      },
      reason: 'untrusted-chain',
    },
    'is signed with an expired certificate': {
      jwt: () => {
        const expired = certificate({
          commonName: 'old',
          issuer: mds.metadataAuthority,
          notAfter: new Date('2021-01-01'),
        })
        return mds.metadataBlob({ chain: [expired] })
      },
      reason: 'untrusted-chain',
    },
    'is signed by another key': { jwt: () => mds.metadataBlob({ signWith: stranger }), reason: 'bad-signature' },
    'is past its next update': { jwt: () => mds.metadataBlob({ nextUpdate: '2026-06-30' }), reason: 'out-of-date' },
    'is good for years': { jwt: () => mds.metadataBlob({ nextUpdate: '2030-01-01' }), reason: 'out-of-date' },
    "is signed under our root but comes for FIDO's": {
      jwt: () => mds.metadataBlob(),
      reason: 'untrusted-chain',
      options: { roots: null },
    },
    'lacks a model that is to be allowed': {
      jwt: () => mds.metadataBlob(),
      reason: 'allow-unknown',
      options: { allow: ['00000000-0000-4000-8000-000000000000'] },
    },
  }
  for (const [what, { jwt, reason, options }] of Object.entries(refused)) {
    it(`is refused as ${reason} when it ${what}`, async () => {
      expect(await loadInto(world, jwt(), options)).toMatchObject({ ok: false, reason })
      expect(await world.metadata.latestImport()).toBeNull()
    })
  }
})

describe('a key under the attested policy', () => {
  let database: TestDatabase
  let world: ReturnType<typeof enrolmentWorld>
  let sequence = 0

  beforeAll(async () => {
    database = await testDatabase()
    world = enrolmentWorld(database, { keyPolicy: 'attested' })
    expect(await loadInto(world, mds.metadataBlob())).toMatchObject({ ok: true })
  })
  afterAll(() => database.drop())

  const leaf = (options: Partial<Parameters<typeof certificate>[0]>) =>
    certificate({
      commonName: 'Key',
      unit: 'Authenticator Attestation',
      issuer: mds.attestationAuthority,
      aaguid: TEST_AAGUID,
      ...options,
    })
  const anonymous = certificate({
    commonName: 'Key',
    unit: 'Authenticator Attestation',
    issuer: mds.attestationAuthority,
  })
  const selfMade = certificate({
    commonName: 'Batch Certificate',
    unit: 'Authenticator Attestation',
    aaguid: TEST_AAGUID,
  })
  const expired = leaf({ notAfter: new Date('2021-01-01') })
  const foreign = leaf({ aaguid: new Uint8Array(16).fill(1) })
  const refusals: Record<string, { forge: RegistrationForgery; reason: string }> = {
    'without attestation': { forge: { format: 'none' }, reason: 'format-not-packed' },
    'with self-attestation': { forge: { format: 'packed-self' }, reason: 'not-certified' },
    'with a U2F statement': { forge: { ...genuine, format: 'fido-u2f' }, reason: 'format-not-packed' },
    'of a model that the metadata does not know': {
      forge: { ...genuine, aaguid: new Uint8Array(16).fill(9) },
      reason: 'certificate-aaguid-differs',
    },
    'with a certificate of its own making': {
      forge: { format: 'packed', certificates: [selfMade] },
      reason: 'chain-broken',
    },
    'under a root of the same name': {
      forge: { format: 'packed', certificates: [leaf({ issuer: imposter }), imposter] },
      reason: 'chain-broken',
    },
    'with an expired certificate': { forge: { format: 'packed', certificates: [expired] }, reason: 'chain-broken' },
    'with a certificate that names no AAGUID': {
      forge: { format: 'packed', certificates: [anonymous] },
      reason: 'certificate-aaguid-missing',
    },
    'with a certificate of another AAGUID': {
      forge: { format: 'packed', certificates: [foreign] },
      reason: 'certificate-aaguid-differs',
    },
    'with a genuine certificate and a foreign signature': {
      forge: { ...genuine, signWith: new SoftwareAuthenticator().privateKey },
      reason: 'attestation',
    },
    'that is a synced passkey': { forge: { ...genuine, backupEligible: true }, reason: 'backup-eligible' },
  }
  for (const [what, { forge, reason }] of Object.entries(refusals)) {
    it(`${what} is refused as ${reason}`, async () => {
      await expect(world.enrolled(`alice${++sequence}`, new SoftwareAuthenticator(), forge)).rejects.toMatchObject({
        status: 422,
        reason,
      })
    })
  }
})
