// A person and their own keys: another name, one that is lost, and the language they are written to in.
import { eq } from 'drizzle-orm'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { credentials, people } from '../../../db/schema/people.ts'
import { devices, sids } from '../../../db/schema/sessions.ts'
import { SoftwareAuthenticator } from '../../support/authenticator.ts'
import { type Someone, stepUpWorld } from '../../support/stepup.ts'

const world = await stepUpWorld()
afterAll(() => world.stop())
let anne: Someone
let sequence = 0

beforeEach(async () => {
  sequence += 1
  anne = await world.someone(`keys${sequence}`)
})

interface Shown {
  readonly id: string
  readonly name: string
  readonly version: number
  readonly in_use: boolean
}
const keysOf = async (someone: Someone) => (await someone.page.call('/api/me/context', {})).body.keys as Shown[]

/** Adds another key to somebody, through the link that their page gives. */
async function another(someone: Someone): Promise<string> {
  const { body } = await someone.page.call('/api/me/add-key', {})
  const { credential } = await world.enrol(String(body.enrol_uri).split('/').at(-1) ?? '', new SoftwareAuthenticator())
  return credential.id
}

describe('renaming a key', () => {
  const rename = (someone: Someone, key: string, name: unknown, version: unknown = 1) =>
    someone.page.call('/api/me/rename-key', { key, name, version })

  it('changes the name, says so in the log, and moves the version', async () => {
    expect(await rename(anne, anne.credentialId, '  Porte-clés bleu ')).toEqual({ status: 200, body: { version: 2 } })
    expect(await keysOf(anne)).toMatchObject([{ name: 'Porte-clés bleu', version: 2, in_use: true }])
    expect(await world.auditOf('key.renamed')).toContainEqual(
      expect.objectContaining({
        actor: anne.personId,
        subject: anne.credentialId,
        detail: { person: anne.personId, name: 'Porte-clés bleu' },
      }),
    )
  })

  it('loses nothing when two pages do it at once: one of them is told', async () => {
    const both = await Promise.all([rename(anne, anne.credentialId, 'A'), rename(anne, anne.credentialId, 'B')])
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409])
    expect(both.find(({ status }) => status === 409)?.body).toMatchObject({ reason: 'edited-meanwhile' })
    const entries = await world.auditOf('key.renamed')
    expect(entries.filter(({ subject }) => subject === anne.credentialId)).toHaveLength(1)
  })

  it('knows no key but one’s own', async () => {
    const bob = await world.someone(`other${sequence}`)
    expect(await rename(anne, bob.credentialId, 'Mine')).toMatchObject({ status: 404, body: { reason: 'unknown-key' } })
    expect(await keysOf(bob)).toMatchObject([{ name: 'My key', version: 1 }])
    expect(await rename(anne, `key_${'A'.repeat(22)}`, 'x')).toMatchObject({ status: 404 })
  })

  it.each([
    ['', 1],
    ['   ', 1],
    ['two\nlines', 1],
    ['\u202Egnp.exe', 1],
    ['x'.repeat(101), 1],
    ['x'.repeat(5_000), 1],
    [7, 1],
    ['x', 0],
    ['x', '1'],
  ])('refuses %j at version %j', async (name, version) => {
    expect(await rename(anne, anne.credentialId, name, version)).toMatchObject({ status: 400 })
    expect(await keysOf(anne)).toMatchObject([{ name: 'My key', version: 1 }])
  })

  it.each(['key_', "key_' or 1=1 --", '../key', `key_${'A'.repeat(23)}`, null])('refuses the key %j', async (key) => {
    expect(await rename(anne, key as string, 'x')).toMatchObject({ status: 400, body: { reason: 'bad-request' } })
  })

  it('needs a session, and the page’s own origin', async () => {
    const body = { key: anne.credentialId, name: 'x', version: 1 }
    expect(await world.browser().call('/api/me/rename-key', body)).toMatchObject({ status: 401 })
    expect(await anne.page.call('/api/me/rename-key', body, { Origin: 'https://evil.example' })).toMatchObject({
      status: 403,
    })
  })
})

describe('reporting a key lost', () => {
  const report = (someone: Someone, key: string) => someone.page.call('/api/me/report-lost', { key })
  const endedAt = async (device: string) =>
    (await world.db.select().from(devices).where(eq(devices.id, device)))[0]?.endedAt

  it('ends it and all that hangs on it at once, and says how many are left', async () => {
    const second = await another(anne)
    expect(await report(anne, anne.credentialId)).toEqual({ status: 200, body: { signed_out: true, keys: 1 } })
    expect(await endedAt(anne.device)).toBeInstanceOf(Date)
    const open = await world.db.select().from(sids).where(eq(sids.credentialId, anne.credentialId))
    expect(open.every(({ endedAt: at }) => at !== null)).toBe(true)
    // The session was opened with the lost key: whoever has the browser now is not the person.
    expect(await anne.page.call('/api/me/context', {})).toMatchObject({ status: 401 })
    await anne.page.signIn({ personId: anne.personId, credentialId: second })
    expect((await keysOf(anne)).map(({ id }) => id)).toEqual([second])
  })

  it('is seen to be gone for a month, by its person alone', async () => {
    const gone = async (someone: Someone) =>
      (await someone.page.call('/api/me/context', {})).body['revoked_keys'] as { id: string; name: string }[]
    const bob = await world.someone(`gone${sequence}`)
    expect(await gone(anne)).toEqual([])
    const second = await another(anne)
    await report(anne, second)
    expect(await gone(anne)).toEqual([{ id: second, name: expect.any(String), revoked_at: expect.any(String) }])
    expect(await gone(bob)).toEqual([])
    const month = new Date(world.clock.now() - 30 * 24 * 3_600_000 - 1)
    await world.db.update(credentials).set({ revokedAt: month }).where(eq(credentials.id, second))
    expect(await gone(anne)).toEqual([])
  })

  it('leaves what another key opened', async () => {
    const second = await another(anne)
    expect(await report(anne, second)).toEqual({ status: 200, body: { signed_out: false, keys: 1 } })
    expect(await endedAt(anne.device)).toBeNull()
    expect(await keysOf(anne)).toMatchObject([{ id: anne.credentialId, in_use: true }])
  })

  it('needs no young tap: the key may be the only one', async () => {
    world.time.nowMs += 3_600_000
    expect(await report(anne, anne.credentialId)).toEqual({ status: 200, body: { signed_out: true, keys: 0 } })
  })

  it('is in the audit log twice: who said so, and what ended', async () => {
    await report(anne, anne.credentialId)
    expect(await world.auditOf('key.reported-lost')).toContainEqual(
      expect.objectContaining({
        actor: anne.personId,
        subject: anne.credentialId,
        detail: { person: anne.personId, name: 'My key', reason: 'key-lost' },
      }),
    )
    const ended = (await world.auditOf('session.ended')).find(({ subject }) => subject === anne.credentialId)
    expect(ended).toMatchObject({ actor: anne.personId, detail: { kind: 'credential', reason: 'key-lost' } })
    expect(ended?.detail.devices).toEqual([anne.device])
  })

  it('knows no key but one’s own, and none that is gone', async () => {
    const bob = await world.someone(`other${sequence}`)
    expect(await report(anne, bob.credentialId)).toMatchObject({ status: 404, body: { reason: 'unknown-key' } })
    expect(await endedAt(bob.device)).toBeNull()
    const second = await another(anne)
    await report(anne, second)
    expect(await report(anne, second)).toMatchObject({ status: 404 })
  })

  it('does not lose the last owner', async () => {
    await world.db.update(people).set({ role: 'owner' }).where(eq(people.id, anne.personId))
    expect(await report(anne, anne.credentialId)).toMatchObject({ status: 409, body: { reason: 'last-owner' } })
    expect(await endedAt(anne.device)).toBeNull()
    expect(await keysOf(anne)).toHaveLength(1)
    const said = (await world.auditOf('key.reported-lost')).filter(({ subject }) => subject === anne.credentialId)
    expect(said).toEqual([])
    await world.db
      .update(people)
      .set({ role: 'owner' })
      .where(eq(people.id, (await world.someone(`heir${sequence}`)).personId))
    await world.db.update(people).set({ role: 'person' }).where(eq(people.id, anne.personId))
  })
})

describe('the language', () => {
  it('is what notices are written in', async () => {
    expect(await anne.page.call('/api/me/language', { locale: 'en' })).toEqual({ status: 200, body: {} })
    const noted = await world.database.sql`select locale from person_languages where person_id = ${anne.personId}`
    expect(noted).toMatchObject([{ locale: 'en' }])
    for (const locale of ['de', '', null, 'fr-FR'])
      expect(await anne.page.call('/api/me/language', { locale })).toMatchObject({ status: 400 })
    expect(await world.browser().call('/api/me/language', { locale: 'fr' })).toMatchObject({ status: 401 })
  })
})
