import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { auditEntries } from '../../../db/schema/audit.ts'
import { metadataUploads } from '../../../db/schema/keys.ts'
import { outbox } from '../../../db/schema/notify.ts'
import { authenticatorModels } from '../../../db/schema/people.ts'
import { alerts } from '../../../db/schema/watch.ts'
import { sweepUploads } from '../../../db/stores/console-metadata.ts'
import { BLOB_MAX_BYTES } from '../../../server/console/metadata/verbs.ts'
import { TEST_AAGUID_TEXT as MODEL } from '../../support/authenticator.ts'
import { certificate } from '../../support/certificates.ts'
import { type TestDatabase, testDatabase } from '../../support/database.ts'
import { keysConsole } from '../../support/keys-console.ts'
import { metadataAuthority, metadataBlob, metadataEntry } from '../../support/metadata.ts'

type World = Awaited<ReturnType<typeof keysConsole>>
const ATTESTED = { aaguid: MODEL, policy: 'attested', acr: 'phrh', attestationFormat: 'packed' } as const
const OTHER = '11111111-1111-4111-8111-111111111111'
const GOOD = { status: 'FIDO_CERTIFIED_L1' }
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)

const previewIn = async (world: World, blob: string | Promise<string>) =>
  world.change('metadata.preview', { blob: await blob })

describe('metadata in the console', () => {
  let database: TestDatabase
  let world: World

  beforeEach(async () => {
    database = await testDatabase()
    world = await keysConsole(database)
    return () => database.drop()
  })

  const preview = (blob: string | Promise<string>) => previewIn(world, blob)
  const blob = (number: number, ...statuses: { status: string }[]) =>
    metadataBlob({ number, entries: [metadataEntry({ statuses: [GOOD, ...statuses] })] })
  const apply = async (jwt: Promise<string>) => {
    const { body } = await preview(jwt)
    return world.change('metadata.apply', { hash: body.hash, shown: body.shown, reason: 'as FIDO says' })
  }

  it('shows who a compromised model would cut off, and once applied their keys stop and they are told what to do', async () => {
    expect((await apply(blob(1))).status).toBe(200)
    const alice = await world.person('alice', [{ ...ATTESTED, name: 'Blue\u202ekey' }], { email: 'alice@example.org' })
    const bob = await world.person('bob', [ATTESTED, {}], { email: 'bob@example.org' })
    await world.person('carol', [{}], { email: 'carol@example.org' })
    const shown = await preview(blob(2, { status: 'USER_KEY_REMOTE_COMPROMISE' }))
    expect(shown.body).toMatchObject({
      number: 2,
      models: 1,
      allowed: 1,
      cut_off: {
        keys: 2,
        people: 2,
        models: [{ aaguid: MODEL, description: 'Test key', reasons: ['model-compromised'], keys: 2 }],
        named: [
          { id: alice.keys[0], person: { username: 'alice' } },
          { id: bob.keys[0], person: { username: 'bob' } },
        ],
      },
      left_with_none: { people: 1, named: [{ username: 'alice' }] },
      owners_left_with_none: [],
      locks_out_every_owner: false,
    })
    expect(await world.keyRow(alice.keys[0] as string)).toMatchObject({ revokedAt: null })
    expect(await world.db.select().from(outbox)).toEqual([])

    const { hash, shown: token } = shown.body
    const applied = await world.change('metadata.apply', { hash, shown: token, reason: 'as FIDO says' })
    expect(applied.body).toEqual({ number: 2, cut_off: 2 })
    expect(await world.keyRow(alice.keys[0] as string)).toMatchObject({ revokedReason: 'model-compromised' })
    const mails = (await world.db.select().from(outbox)).filter(({ channel }) => channel === 'mail')
    expect(mails.map(({ target }) => target).toSorted()).toEqual(['alice@example.org', 'bob@example.org'])
    const letter = JSON.parse(mails.find(({ target }) => target === 'alice@example.org')?.payload ?? '{}').letter
    expect(letter.en.text).toContain('ask your administrator for a new key now')
    expect(letter.fr.text).toContain('Test key')
    expect(letter.fr.text).not.toContain('\u202e')
    expect(await world.db.select().from(alerts)).toMatchObject([
      { kind: 'keys-cut-off', action: 'end', evidence: { keys: 2, people: 2, left_with_none: 1 } },
    ])
    expect(await world.db.select().from(metadataUploads)).toEqual([])
    const entries = await world.db.select().from(auditEntries).orderBy(auditEntries.sequence)
    expect(entries.slice(-3).map(({ action, actor }) => [action, actor])).toEqual([
      ['metadata.imported', 'per_admin'],
      ['key.cut-off', 'per_admin'],
      ['key.cut-off', 'per_admin'],
    ])
    expect((await world.read('keys.list', { filter: 'compromised' })).body.items).toHaveLength(2)
  })

  it('is applied only as it was shown, and shows what it would do now', async () => {
    await apply(blob(1))
    await world.person('alice', [ATTESTED])
    const { body } = await preview(blob(2, { status: 'REVOKED' }))
    await world.person('bob', [ATTESTED])
    const late = await world.change('metadata.apply', { hash: body.hash, shown: body.shown, reason: 'x' })
    expect(late).toMatchObject({ status: 409, body: { reason: 'not-as-shown', shown: { cut_off: { keys: 2 } } } })
    const again = { hash: body.hash, shown: late.body.shown.shown, reason: 'x' }
    expect((await world.change('metadata.apply', again)).body).toEqual({ number: 2, cut_off: 2 })
    expect((await world.change('metadata.apply', again)).body).toMatchObject({ reason: 'upload-gone' })
  })

  it('says beforehand that no owner would be left, and then refuses to be applied', async () => {
    await apply(blob(1))
    await world.person('boss', [ATTESTED], { role: 'owner' })
    const jwt = blob(2, { status: 'REVOKED' })
    expect((await preview(jwt)).body).toMatchObject({
      owners_left_with_none: [{ username: 'boss' }],
      locks_out_every_owner: true,
    })
    expect(await apply(jwt)).toMatchObject({ status: 409, body: { reason: 'last-owner' } })
    expect((await world.read('metadata.show')).body.imports).toMatchObject([{ number: 1 }])
    await world.person('deputy', [{}], { role: 'owner' })
    expect((await preview(jwt)).body).toMatchObject({ locks_out_every_owner: false })
    expect((await apply(jwt)).status).toBe(200)
  })

  it('refuses an older number, one that is too large, and roles that may not', async () => {
    await apply(blob(7))
    for (const number of [6, 7]) expect((await preview(blob(number))).body).toMatchObject({ reason: 'blob-not-newer' })
    expect((await preview('A'.repeat(BLOB_MAX_BYTES + 2000))).status).toBe(413)
    for (const role of ['enroller', 'supervisor', 'auditor'] as const) {
      world.caller.role = role
      expect((await preview(blob(8))).status).toBe(403)
      expect((await world.read('metadata.show')).status).toBe(200)
    }
  })

  it('leaves out entries that are not what they should be, and shows markup as the text that it is', async () => {
    const markup = metadataEntry()
    markup.metadataStatement.description = `<img src=x onerror=alert(1)>${'x'.repeat(5000)}`
    const entries = [
      markup,
      { ...metadataEntry({ aaguid: OTHER }), statusReports: 'none' },
      { ...metadataEntry({ aaguid: OTHER }), metadataStatement: { description: 'NUL \u0000' } },
      { ...metadataEntry({ aaguid: OTHER }), extra: 'half a pair \ud800' },
      { ...metadataEntry({ aaguid: OTHER }), extra: 'NUL \u0000' },
      { aaguid: { toString: 1 } },
    ]
    const jwt = metadataBlob({ entries: entries.slice(0, 5) })
    expect((await preview(jwt)).body).toMatchObject({ models: 1, unreadable: 4 })
    expect((await preview(metadataBlob({ entries }))).body).toMatchObject({ reason: 'blob-malformed' })
    expect((await apply(jwt)).status).toBe(200)
    const { items } = (await world.read('models.list')).body
    expect(items).toMatchObject([{ aaguid: MODEL, vendor: '<img' }])
    expect(items[0].description).toHaveLength(200)
  })

  it('forgets what was looked at after a day', async () => {
    const { body } = await preview(blob(1))
    world.time.nowMs += 24 * 3600 * 1000
    const late = await world.change('metadata.apply', { hash: body.hash, shown: body.shown, reason: 'x' })
    expect(late).toMatchObject({ status: 404, body: { reason: 'upload-gone' } })
    await sweepUploads(world.db, new Date(world.time.nowMs + 1))
    expect(await world.db.select().from(metadataUploads)).toEqual([])
  })

  describe('models', () => {
    it('are forbidden after showing whose keys would be uncertified, and allowed again', async () => {
      await apply(metadataBlob({ entries: [metadataEntry(), metadataEntry({ aaguid: OTHER })] }))
      await world.person('alice', [ATTESTED])
      const looked = await world.read('models.look', { aaguids: `${MODEL},${OTHER}`, allowed: 'false' })
      expect(looked.body).toMatchObject({
        cut_off: { keys: 0 },
        uncertified: { keys: 1, named: [{ person: { username: 'alice' }, reasons: ['model-not-allowed'] }] },
      })
      const aaguids = [MODEL.toUpperCase(), OTHER]
      expect((await world.change('models.forbid', { aaguids, reason: 'trial is over' })).body).toEqual({ changed: 2 })
      expect((await world.read('keys.list', { filter: 'uncertified' })).body.items).toHaveLength(1)
      expect((await world.read('models.list')).body.items).toMatchObject([
        { allowed: false, certified: false, level: 1 },
        { allowed: false },
      ])
      // Whoever may enrol them again is let in by two.
      expect((await world.change('models.allow', { aaguids: [MODEL], reason: 'x' })).status).toBe(202)
      expect((await world.read('keys.list', { filter: 'uncertified' })).body.items).toHaveLength(1)
      const [act] = world.requested
      if (act === undefined) throw new Error('nothing was asked for')
      expect(await world.signed(act)).toEqual({ changed: 1 })
      expect(await world.signed(act)).toEqual({ changed: 0 })
      expect((await world.read('keys.list', { filter: 'uncertified' })).body.items).toEqual([])
      const unknown = { aaguids: ['22222222-2222-4222-8222-222222222222'], reason: 'x' }
      expect((await world.change('models.forbid', unknown)).body).toMatchObject({ reason: 'unknown-model' })
      const entries = await world.db.select().from(auditEntries).orderBy(auditEntries.sequence)
      expect(entries.map(({ action }) => action)).toEqual(['metadata.imported', 'models.forbidden', 'models.allowed'])
    })
  })
})

describe('metadata', () => {
  let database: TestDatabase
  let world: World

  beforeAll(async () => {
    database = await testDatabase()
    world = await keysConsole(database)
  })
  afterAll(() => database.drop())

  const stranger = certificate({ commonName: 'Stranger', ca: true })
  const expired = certificate({ commonName: 'old', issuer: metadataAuthority, notAfter: new Date('2021-01-01') })
  const refusals: Record<string, readonly [() => Promise<string> | string, string]> = {
    'that is no JWT': [() => 'nonsense', 'blob-malformed'],
    'that is a page': [() => '<script>alert(1)</script>', 'blob-malformed'],
    'with a header of arrays in arrays': [() => `${'W1tbW1tb'.repeat(20_000)}.e30.AAAA`, 'blob-malformed'],
    'signed by a stranger': [() => metadataBlob({ chain: [stranger] }), 'blob-untrusted'],
    'of an expired chain': [() => metadataBlob({ chain: [expired] }), 'blob-untrusted'],
    'with a bad signature': [() => metadataBlob({ signWith: stranger }), 'blob-bad-signature'],
    'that is out of date': [() => metadataBlob({ nextUpdate: '2026-06-30' }), 'blob-out-of-date'],
    'whose number is a word': [() => metadataBlob({ number: 'seven' as never }), 'blob-malformed'],
    'whose entries are no list': [() => metadataBlob({ entries: 'x' as never }), 'blob-malformed'],
  }
  for (const [what, [jwt, reason]] of Object.entries(refusals)) {
    it(`${what} is refused as ${reason}, and nothing of it is kept`, async () => {
      expect(await previewIn(world, jwt())).toMatchObject({ status: 422, body: { reason } })
      expect(await world.db.select().from(metadataUploads)).toEqual([])
    })
  }
})

describe('pictures of models', () => {
  let database: TestDatabase
  let world: World

  beforeAll(async () => {
    database = await testDatabase()
    world = await keysConsole(database)
  })
  afterAll(() => database.drop())

  const withIcon = async (icon: unknown) => {
    const entry = metadataEntry()
    await world.db.delete(authenticatorModels)
    await world.db.insert(authenticatorModels).values({
      aaguid: MODEL,
      description: 'Test key',
      entry: { ...entry, metadataStatement: { ...entry.metadataStatement, icon } },
    })
  }

  it('are shown when they are some', async () => {
    await withIcon(`data:image/png;base64,${PNG.toString('base64')}`)
    const { status, body } = await world.read('models.icon', { aaguid: MODEL })
    expect(status).toBe(200)
    expect(body.headers.get('content-type')).toBe('image/png')
    expect(body.headers.get('x-content-type-options')).toBe('nosniff')
    expect(Buffer.from(await body.arrayBuffer()).equals(PNG)).toBe(true)
  })

  const huge = Buffer.from(PNG)
  huge.writeUInt32BE(60_000, 16)
  const noPictures: Record<string, unknown> = {
    'an SVG': `data:image/svg+xml;base64,${Buffer.from('<svg onload="alert(1)"/>').toString('base64')}`,
    'a page that calls itself a PNG': `data:image/png;base64,${Buffer.from('<script>alert(1)</script>').toString('base64')}`,
    'a picture of 60,000 pixels': `data:image/png;base64,${huge.toString('base64')}`,
    'a megabyte': `data:image/png;base64,${Buffer.concat([PNG, Buffer.alloc(1_000_000)]).toString('base64')}`,
    'an address': 'https://evil.example/x.png',
    'a script': 'javascript:alert(1)',
    'no text': { a: 1 },
  }
  for (const [what, icon] of Object.entries(noPictures)) {
    it(`are not ${what}`, async () => {
      await withIcon(icon)
      expect(await world.read('models.icon', { aaguid: MODEL })).toMatchObject({
        status: 404,
        body: { reason: 'no-picture' },
      })
    })
  }
})
