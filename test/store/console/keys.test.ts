import { beforeEach, describe, expect, it } from 'vitest'
import { auditEntries } from '../../../db/schema/audit.ts'
import { groupMembers, groups } from '../../../db/schema/groups.ts'
import { groupKeyPolicies } from '../../../db/schema/keys.ts'
import { devices, idSessions } from '../../../db/schema/sessions.ts'
import { TEST_AAGUID_TEXT as MODEL } from '../../support/authenticator.ts'
import { type TestDatabase, testDatabase } from '../../support/database.ts'
import { keysConsole } from '../../support/keys-console.ts'
import { metadataBlob, metadataEntry } from '../../support/metadata.ts'
import { insertDevice } from '../../support/people.ts'
import type { Requested } from '../../support/people-console.ts'

type World = Awaited<ReturnType<typeof keysConsole>>
const ATTESTED = { aaguid: MODEL, policy: 'attested', acr: 'phrh', attestationFormat: 'packed' } as const

describe('the inventory of keys', () => {
  let database: TestDatabase
  let world: World

  beforeEach(async () => {
    database = await testDatabase()
    world = await keysConsole(database)
    return () => database.drop()
  })

  const group = async (id: string, ...members: string[]) => {
    await world.db.insert(groups).values({ id, displayName: id, createdAt: new Date() })
    for (const personId of members)
      await world.db.insert(groupMembers).values({ groupId: id, personId, addedAt: new Date() })
  }
  const list = async (input: Record<string, string> = {}) => {
    const { status, body } = await world.read('keys.list', input)
    expect(status, JSON.stringify(body)).toBe(200)
    return body.items.map((item: { person: { username: string }; key: { id: string } | null }) =>
      item.key === null ? item.person.username : item.key.id,
    )
  }
  const importModel = async (number = 1, ...statuses: { status: string }[]) => {
    const entries = [metadataEntry({ statuses: [{ status: 'FIDO_CERTIFIED_L1' }, ...statuses] })]
    const preview = await world.change('metadata.preview', { blob: await metadataBlob({ number, entries }) })
    expect(preview.status, JSON.stringify(preview.body)).toBe(200)
    const { hash, shown } = preview.body
    return world.change('metadata.apply', { hash, shown, reason: 'test' })
  }

  it('finds each kind of key and of person with one filter, and counts them alike', async () => {
    await importModel()
    const old = { lastUsedAt: new Date('2025-01-01') }
    const none = await world.person('none')
    const one = await world.person('one', [{ ...ATTESTED, lastUsedAt: new Date('2026-06-30') }])
    const two = await world.person('two', [ATTESTED, { ...ATTESTED, ...old }])
    const weak = await world.person('weak', [{ lastUsedAt: new Date('2026-06-30'), backupEligible: true }])
    const cut = await world.person('cut', [{ revokedAt: new Date(), revokedReason: 'model-compromised' }])
    const lost = await world.person('lost', [ATTESTED, { revokedAt: new Date(), revokedReason: 'lost' }])
    await world.person('gone', [], { suspendedAt: new Date() })
    await world.person('temporary', [{ kind: 'temporary-pass', acr: 'temporary' }])
    await group('grp_strict', weak.id, two.id, one.id)
    await world.change('key-policies.set', {
      group: 'grp_strict',
      policy: 'attested',
      aaguids: null,
      platform_allowed: false,
      min_keys: 2,
      version: 0,
    })

    const expected: Record<string, readonly string[]> = {
      none: [cut.username, none.username, 'temporary'],
      one: [lost.keys[0], one.keys[0], weak.keys[0]] as string[],
      uncertified: [weak.keys[0]] as string[],
      compromised: [cut.keys[0]] as string[],
      below: [one.keys[0], weak.keys[0]] as string[],
      'never-used': [lost.keys[0], two.keys[0]] as string[],
      unused: [two.keys[1]] as string[],
      revoked: [cut.keys[0], lost.keys[1]] as string[],
      all: [lost.keys[0], one.keys[0], ...two.keys, weak.keys[0]] as string[],
    }
    for (const [filter, ids] of Object.entries(expected)) expect(await list({ filter }), filter).toEqual(ids)
    expect(await list({ person: lost.id })).toEqual(lost.keys)
    expect(await list({ group: 'grp_strict', filter: 'one' })).toEqual([one.keys[0], weak.keys[0]])
    expect(await list({ model: MODEL.toUpperCase() })).toEqual([lost.keys[0], one.keys[0], ...two.keys])
    expect(await list({ q: 'WEA' })).toEqual(weak.keys)
    expect(await list({ q: one.keys[0] as string })).toEqual(one.keys)
    expect((await world.read('keys.summary')).body).toEqual({
      people: 7,
      none: 3,
      one: 3,
      keys: 5,
      uncertified: 1,
      compromised: 1,
      below: 2,
      never_used: 2,
    })
  })

  it('goes on where a page ended, with nothing twice and nothing left out', async () => {
    for (const name of ['a', 'b', 'c']) await world.person(name, [{}, {}])
    const seen: string[] = []
    let after: string | null = null
    do {
      const { body } = await world.read('keys.list', { limit: '4', ...(after === null ? {} : { after }) })
      seen.push(...body.items.map((item: { key: { id: string } }) => item.key.id))
      after = body.next
    } while (after !== null)
    expect(seen).toEqual(await list())
    expect(seen).toHaveLength(6)
    const nobody = await world.read('keys.list', { filter: 'none', after: 'b~' })
    expect(nobody.body).toEqual({ items: [], next: null })
  })

  it('shows a key with its model, what counts for its person, why it is below that, and what is open by it', async () => {
    await importModel()
    const someone = await world.person('someone', [
      { ...ATTESTED, lastUsedAt: new Date('2026-06-30'), lastUsedNetwork: '192.0.2.0/24', lastUsedClient: 'Firefox' },
    ])
    const [credentialId = ''] = someone.keys
    await insertDevice({ db: world.db, sealer: world.sealer, serverName: 'hs.test' }, { ...someone, credentialId })
    await group('grp_list', someone.id)
    const other = '11111111-1111-4111-8111-111111111111'
    await world.change('key-policies.set', {
      group: 'grp_list',
      policy: 'any',
      aaguids: [other],
      platform_allowed: true,
      min_keys: 1,
      version: 0,
    })
    expect((await world.read('keys.show', { id: credentialId })).body).toMatchObject({
      item: {
        person: { username: 'someone', keys: 1 },
        key: {
          certified: true,
          model: { aaguid: MODEL, description: 'Test key' },
          below: ['model-not-listed'],
          last_network: '192.0.2.0/24',
          last_client: 'Firefox',
        },
      },
      rule: { from: 'groups', policy: 'any', aaguids: [other], platform_allowed: true, min_keys: 1 },
      opened: { sessions: 1, devices: 1 },
    })
    expect((await world.read('keys.show', { id: 'key_nobody' })).body).toMatchObject({ reason: 'unknown-key' })
  })

  it('renames a key as it was looked at, and shows what it is now to whoever comes second', async () => {
    const { keys } = await world.person('someone', [{}])
    const rename = (name: string, version: number) => world.change('keys.rename', { id: keys[0], name, version })
    const both = await Promise.all([rename('First', 1), rename('Second', 1)])
    expect(both.map(({ status }) => status).toSorted()).toEqual([200, 409])
    const refused = both.find(({ status }) => status === 409)
    expect(refused?.body).toMatchObject({ reason: 'edited-meanwhile', shown: { version: 2 } })
    expect((await rename('\u0000', 2)).status).toBe(400)
    expect((await rename('<img src=x onerror=alert(1)>', 2)).body.key.name).toBe('<img src=x onerror=alert(1)>')
  })

  it('revokes a key with all that was opened by it, and says so in the audit log', async () => {
    const someone = await world.person('someone', [{}])
    const [credentialId = ''] = someone.keys
    await insertDevice({ db: world.db, sealer: world.sealer, serverName: 'hs.test' }, { ...someone, credentialId })
    const { body } = await world.change('keys.revoke', { id: credentialId, reason: 'left on a train' })
    expect(body).toMatchObject({ changed: true, key: { revoked_reason: 'left on a train', cut_off: false } })
    expect((await world.db.select().from(devices))[0]?.endedAt).not.toBeNull()
    expect((await world.db.select().from(idSessions))[0]?.endedAt).not.toBeNull()
    const entries = await world.db.select().from(auditEntries).orderBy(auditEntries.sequence)
    expect(entries.map(({ action }) => action)).toEqual(['key.revoked', 'session.ended'])
    expect(entries[0]).toMatchObject({ actor: 'per_admin', detail: { reason: 'left on a train' } })
    expect((await world.change('keys.revoke', { id: credentialId, reason: 'again' })).body).toMatchObject({
      changed: false,
    })
    expect((await world.change('keys.revoke', { id: credentialId, reason: 'model-compromised' })).status).toBe(400)
  })

  it('of an administrator is revoked by owners only: whoever watches or hands keys out locks no owner out', async () => {
    await world.person('first', [{}], { role: 'owner' })
    const [key] = (await world.person('other', [{}], { role: 'owner' })).keys
    for (const role of ['enroller', 'supervisor'] as const) {
      world.caller.role = role
      const answer = await world.change('keys.revoke', { id: key, reason: 'coup' })
      expect(answer).toMatchObject({ status: 403, body: { reason: 'administrators-by-owners' } })
    }
    expect(await world.keyRow(key as string)).toMatchObject({ revokedAt: null })
    // Nor does an enroller give it another key's name.
    world.caller.role = 'enroller'
    expect(await world.change('keys.rename', { id: key, name: 'lost', version: 1 })).toMatchObject({
      status: 403,
      body: { reason: 'administrators-by-owners' },
    })
    world.caller.role = 'owner'
    expect((await world.change('keys.rename', { id: key, name: 'desk', version: 1 })).status).toBe(200)
    expect((await world.change('keys.revoke', { id: key, reason: 'stolen' })).body).toMatchObject({ changed: true })
  })

  it('never revokes the last owner’s last key', async () => {
    const owner = await world.person('owner', [{}], { role: 'owner' })
    const refused = await world.change('keys.revoke', { id: owner.keys[0], reason: 'mistake' })
    expect(refused).toMatchObject({ status: 409, body: { reason: 'last-owner' } })
    expect(await world.keyRow(owner.keys[0] as string)).toMatchObject({ revokedAt: null })
  })

  it('refuses what is not well formed, and a place that is none', async () => {
    for (const input of [
      { filter: 'everything' },
      { limit: '0' },
      { limit: '201' },
      { after: 'x' },
      { after: 'a~b~c' },
      { before: 'yesterday' },
      { extra: '1' },
    ])
      expect((await world.read('keys.list', input as never)).status, JSON.stringify(input)).toBe(400)
    for (const q of ["' OR 1=1 --", '%', '\\', '_', '~', '\u{1f511}'])
      expect((await world.read('keys.list', { q })).status, q).toBe(200)
  })
})

describe('what groups ask of keys', () => {
  let database: TestDatabase
  let world: World

  beforeEach(async () => {
    database = await testDatabase()
    world = await keysConsole(database)
    await world.db.insert(groups).values({ id: 'grp_a', displayName: 'A', createdAt: new Date() })
    return () => database.drop()
  })

  const policy = {
    group: 'grp_a',
    policy: 'device-bound',
    aaguids: null,
    platform_allowed: false,
    min_keys: 1,
  } as const

  it('is set once for each version, and what it was is kept in the audit log', async () => {
    const both = await Promise.all([0, 0].map((version) => world.change('key-policies.set', { ...policy, version })))
    expect(both.map(({ status }) => status).toSorted()).toEqual([200, 409])
    const changed = await world.change('key-policies.set', { ...policy, policy: 'attested', min_keys: 2, version: 1 })
    expect(changed.body.item).toMatchObject({ policy: 'attested', min_keys: 2, version: 2, group: { name: 'A' } })
    expect((await world.change('key-policies.remove', { group: 'grp_a', version: 1 })).status).toBe(409)
    expect((await world.change('key-policies.remove', { group: 'grp_a', version: 2, reason: 'x' })).status).toBe(202)
    expect(await world.signed(world.requested[0] as Requested)).toEqual({ removed: true })
    expect((await world.read('key-policies.list')).body).toEqual({ items: [], setting: 'any' })
    const entries = await world.db.select().from(auditEntries).orderBy(auditEntries.sequence)
    expect(entries.map(({ action }) => action)).toEqual(['key-policy.set', 'key-policy.set', 'key-policy.removed'])
    expect(entries[1]?.detail).toMatchObject({ from: { policy: 'device-bound' }, to: { policy: 'attested' } })
  })

  it('asks for less when two have signed from what to what, and only from there', async () => {
    await world.change('key-policies.set', { ...policy, policy: 'attested', aaguids: [MODEL], version: 0 })
    const milder = [
      { policy: 'device-bound' },
      { aaguids: null },
      { aaguids: [MODEL, '11111111-1111-4111-8111-111111111111'] },
      { platform_allowed: true },
    ]
    const strict = { ...policy, policy: 'attested', aaguids: [MODEL], version: 1 }
    for (const change of milder) {
      const alone = await world.change('key-policies.set', { ...strict, ...change })
      expect([alone.status, alone.body.reason]).toEqual([422, 'loosening-needs-reason'])
    }
    expect((await world.change('key-policies.remove', { group: 'grp_a', version: 1 })).status).toBe(422)
    const item = async () => (await world.read('key-policies.list')).body.items[0]
    expect(await item()).toMatchObject({ policy: 'attested', version: 1 })

    const sent = { ...strict, policy: 'any', reason: 'none to buy', from: null }
    expect((await world.change('key-policies.set', sent)).status).toBe(202)
    expect((await world.change('key-policies.remove', { group: 'grp_a', version: 1, reason: 'x' })).status).toBe(202)
    const [set, remove] = world.requested as [Requested, Requested]
    for (const { input } of [set, remove]) expect(input['from']).toMatchObject({ policy: 'attested', aaguids: [MODEL] })
    // Taken away and set again, it has the same version and says something else: that is not what was signed.
    await world.db.update(groupKeyPolicies).set({ policy: 'device-bound' })
    for (const act of [set, remove])
      await expect(world.signed(act)).rejects.toMatchObject({ reason: 'edited-meanwhile' })
    expect(await item()).toMatchObject({ policy: 'device-bound', version: 1 })
    await world.db.update(groupKeyPolicies).set({ policy: 'attested' })
    await world.signed(set)
    expect(await item()).toMatchObject({ policy: 'any', version: 2 })
    await expect(world.signed(remove)).rejects.toMatchObject({ reason: 'edited-meanwhile' })
    const entries = await world.db.select().from(auditEntries).orderBy(auditEntries.sequence)
    expect(entries.at(-1)).toMatchObject({
      action: 'key-policy.set',
      detail: { from: { policy: 'attested' }, to: { policy: 'any' }, reason: 'none to buy', second: 'per_2' },
    })
  })

  it('a first one that is milder than the setting takes two as well', async () => {
    const attested = await keysConsole(database, { keyPolicy: 'attested' })
    expect((await attested.change('key-policies.set', { ...policy, version: 0 })).status).toBe(422)
    expect((await attested.change('key-policies.set', { ...policy, policy: 'attested', version: 0 })).status).toBe(200)
  })

  it('refuses a group that there is not, lists that are none, and roles that may not', async () => {
    expect((await world.change('key-policies.set', { ...policy, group: 'grp_x', version: 0 })).status).toBe(404)
    for (const wrong of [{ aaguids: [] }, { aaguids: ['x'] }, { min_keys: 3 }, { policy: 'none' }, { version: -1 }])
      expect((await world.change('key-policies.set', { ...policy, version: 0, ...wrong })).status).toBe(400)
    for (const role of ['enroller', 'supervisor', 'auditor'] as const) {
      world.caller.role = role
      expect((await world.change('key-policies.set', { ...policy, version: 0 })).status).toBe(403)
    }
  })
})
