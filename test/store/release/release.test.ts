import { eq } from 'drizzle-orm'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { allowances, reservations } from '../../../db/schema/metering.ts'
import { credentials, people } from '../../../db/schema/people.ts'
import { releases } from '../../../db/schema/releases.ts'
import { enrolmentStore } from '../../../db/stores/enrolment.ts'
import { policyStore } from '../../../db/stores/policy.ts'
import { issueTicket } from '../../../server/people/tickets.ts'
import { defaultPolicy } from '../../../server/policy/defaults.ts'
import { canonicalReleaseIntent, releaseIntentSchema } from '../../../server/stepup/release-intent.ts'
import { type ReleaseReceipt, verifyReleaseReceipt } from '../../../server/stepup/release-receipt.ts'
import { RELEASE_LIVES_SECONDS } from '../../../server/stepup/release-service.ts'
import { ROOM, releaseWorld } from '../../support/release.ts'
import { SERVER_NAME, type Someone } from '../../support/stepup.ts'

const world = await releaseWorld()
afterAll(() => world.stop())
let ada: Someone
let blaise: Someone
let camille: Someone
let sequence = 0

beforeEach(async () => {
  sequence += 1
  ada = await world.owner(`ada${sequence}`)
  blaise = await world.owner(`blaise${sequence}`)
  camille = await world.someone(`camille${sequence}`)
})

const rowOf = async (id: string) => (await world.db.select().from(releases).where(eq(releases.id, id)))[0]
const allowancesOf = (id: string) => world.db.select().from(allowances).where(eq(allowances.approvalHash, id))
/** As the policy in force reads it. */
const offUntil = async (serverName = SERVER_NAME) =>
  (await policyStore(world.db, world.audit).now(0, serverName)).outage?.untilMs ?? null
const audited = async (action: string, subject: string) =>
  (await world.auditOf(action)).filter((entry) => entry.subject === subject)

describe('two administrators', () => {
  it('release more than a day of taps: the allowance names device, network, rooms and dates', async () => {
    const ceiling = defaultPolicy.windows['tap-release'][0]?.limit ?? 0
    const id = await world.request(ada, world.draftFor(camille, { events: ceiling * 5 }))
    expect(await world.tap(ada, id)).toEqual({ status: 200, body: { state: 'awaiting-second' } })
    expect(await allowancesOf(id)).toEqual([])
    expect(await world.tap(blaise, id)).toMatchObject({ status: 200, body: { state: 'granted' } })

    const intent = releaseIntentSchema.parse(JSON.parse((await rowOf(id))?.intent ?? ''))
    if (intent.typ !== 'export-release') throw new Error('not an export')
    expect(await allowancesOf(id)).toMatchObject([
      {
        personId: camille.personId,
        deviceId: camille.device,
        network: '192.0.2.0/24',
        rooms: [ROOM],
        granted: ceiling * 5,
        used: 0,
        datesFromMs: intent.dates.from * 1000,
        datesUntilMs: intent.dates.until * 1000,
      },
    ])
    expect(await audited('release.requested', id)).toMatchObject([{ actor: ada.personId }])
    expect(await audited('release.first-tap', id)).toMatchObject([{ actor: ada.personId }])
    expect(await audited('release.granted', id)).toMatchObject([
      { actor: blaise.personId, detail: { first: ada.personId, typ: 'export-release' } },
    ])
  })

  it('see the very bytes that both sign, and the second sees the name of the first', async () => {
    const id = await world.request(ada, world.draftFor(camille))
    await world.tap(ada, id)
    const { body } = await world.contextOf(blaise, id)
    expect(body).toMatchObject({ state: 'awaiting-second', first: ada.caller.userId.slice(1).split(':')[0] })
    expect(body).toMatchObject({ you: { tap: 'second', why: null } })
    const intent = body['intent'] as string
    expect(intent).toBe((await rowOf(id))?.intent)
    expect(intent).toBe(canonicalReleaseIntent(releaseIntentSchema.parse(JSON.parse(intent))))
    for (const name of [ada.personId, blaise.personId]) expect(intent).not.toContain(name)
  })

  it('leave a receipt that names both and verifies offline', async () => {
    const id = await world.request(ada, world.draftFor(camille))
    await world.tap(ada, id)
    expect((await blaise.page.get(`/api/releases/receipt?release=${id}`)).status).toBe(404)
    await world.tap(blaise, id)
    const receipt = (await (await blaise.page.get(`/api/releases/receipt?release=${id}`)).json()) as ReleaseReceipt
    const verdict = await verifyReleaseReceipt(receipt)
    expect(verdict).toMatchObject({ ok: true, taps: [{ person: ada.personId }, { person: blaise.personId }] })
  })

  it('are asked for twenty at a time by one person, however many are sent at once, and by others still', async () => {
    const draft = { typ: 'enforcement-off', hours: 1, reason: 'flood' }
    const ask = (by: Someone) => by.page.call('/api/releases/request', draft)
    const asked = await Promise.all(Array.from({ length: 23 }, () => ask(ada)))
    expect(asked.filter(({ status }) => status === 200)).toHaveLength(20)
    expect(await ask(ada)).toMatchObject({ status: 429, body: { reason: 'too-many-releases' } })
    expect(await world.db.select().from(releases).where(eq(releases.requestedBy, ada.personId))).toHaveLength(20)
    expect((await ask(blaise)).status).toBe(200)
    const one = asked.find(({ status }) => status === 200)?.body as { release: string }
    expect((await blaise.page.call('/api/releases/withdraw', one)).status).toBe(200)
    expect((await ask(ada)).status).toBe(200)
  })

  it('may let it be read from any network, when the request says so', async () => {
    const id = await world.request(ada, world.draftFor(camille, { any_network: true }))
    await world.tap(ada, id)
    await world.tap(blaise, id)
    expect(await allowancesOf(id)).toMatchObject([{ network: '*' }])
  })

  it('can do the same for an outage, which the policy in force reads', async () => {
    expect(await offUntil()).toBeNull()
    const id = await world.request(ada, { typ: 'enforcement-off', hours: 2, reason: 'Panne du registre' })
    await world.tap(ada, id)
    expect(await offUntil()).toBeNull()
    await world.tap(blaise, id)
    expect(await offUntil()).toBeGreaterThan(world.time.nowMs + 7_000_000)
    expect(await offUntil('other.example')).toBeNull()
    expect(await allowancesOf(id)).toEqual([])
    await blaise.page.call('/api/releases/withdraw', { release: id })
    expect(await offUntil()).toBeNull()
  })
})

describe('refused', () => {
  it('for one person alone: one tap releases nothing', async () => {
    const id = await world.request(ada, world.draftFor(camille))
    await world.tap(ada, id)
    expect(await rowOf(id)).toMatchObject({ state: 'awaiting-second' })
    expect(await allowancesOf(id)).toEqual([])
    expect((await ada.page.get(`/api/releases/receipt?release=${id}`)).status).toBe(404)
  })

  it('for the same person twice, also with another key of theirs, and it is written down', async () => {
    const id = await world.request(ada, world.draftFor(camille))
    await world.tap(ada, id)
    const again = await world.anotherKey(ada)
    for (const self of [ada, again]) {
      expect(await world.contextOf(self, id)).toMatchObject({ body: { you: { tap: null, why: 'same-person' } } })
      expect(await world.tap(self, id)).toMatchObject({ status: 403, body: { reason: 'same-person' } })
      // Denying one's own request is withdrawing it, which is another button.
      expect(await self.page.call('/api/releases/deny', { release: id })).toMatchObject({ status: 403 })
    }
    expect((await audited('release.refused', id)).every(({ actor }) => actor === ada.personId)).toBe(true)
    expect(await audited('release.refused', id)).not.toEqual([])
    expect(await allowancesOf(id)).toEqual([])
  })

  it('for the same person twice by the store itself, whatever the routes let through', async () => {
    const id = await world.request(ada, world.draftFor(camille))
    await world.tap(ada, id)
    const result = await world.releases.grant({
      id,
      personId: ada.personId,
      credentialId: ada.credentialId,
      firstCredentialId: ada.credentialId,
      receipt: {} as ReleaseReceipt,
      receiptDigest: '',
      at: new Date(world.clock.now()),
      livesSeconds: 3600,
      allowance: null,
    })
    expect(result).toEqual({ ok: false, reason: 'already-decided' })
    expect(await rowOf(id)).toMatchObject({ state: 'awaiting-second' })
  })

  it('for who is not an administrator, everywhere, and who is not signed in', async () => {
    const id = await world.request(ada, world.draftFor(camille))
    const stranger = world.browser()
    const calls: readonly [string, unknown][] = [
      ['list', {}],
      ['person', { username: 'x' }],
      ['request', world.draftFor(camille)],
      ['context', { release: id }],
      ['options', { release: id, intent: '{}' }],
      ['verify', { release: id, intent: '{}', ceremony: 'cer_x', response: {} }],
      ['deny', { release: id }],
      ['withdraw', { release: id }],
    ]
    for (const [verb, body] of calls) {
      expect(await camille.page.call(`/api/releases/${verb}`, body), verb).toMatchObject({
        status: 403,
        body: { reason: 'owners-only' },
      })
      expect(await stranger.call(`/api/releases/${verb}`, body), verb).toMatchObject({ status: 401 })
    }
    expect((await camille.page.get(`/api/releases/receipt?release=${id}`)).status).toBe(403)
  })

  it('for the one who would read, administrator or not: neither of the two taps is theirs', async () => {
    const id = await world.request(ada, world.draftFor(blaise))
    expect(await world.tap(blaise, id)).toMatchObject({ status: 403, body: { reason: 'subject-person' } })
    await world.tap(ada, id)
    expect(await world.tap(blaise, id)).toMatchObject({ status: 403, body: { reason: 'subject-person' } })
    expect(await allowancesOf(id)).toEqual([])
  })

  it('for an intent that differs by any byte from the one stored', async () => {
    const id = await world.request(ada, world.draftFor(camille))
    await world.tap(ada, id)
    const intent = await world.intentOf(blaise, id)
    for (const changed of [
      `${intent} `,
      intent.replace('50000', '50001'),
      intent.replace(ROOM, '!other:example.org'),
    ]) {
      expect(changed).not.toBe(intent)
      expect(await world.tap(blaise, id, { intent: changed })).toMatchObject({
        status: 409,
        body: { reason: 'intent-changed' },
      })
    }
    expect(await allowancesOf(id)).toEqual([])
  })

  it('for an intent that was changed in the database between the two taps', async () => {
    const id = await world.request(ada, world.draftFor(camille))
    await world.tap(ada, id)
    const stored = (await rowOf(id))?.intent ?? ''
    await world.db
      .update(releases)
      .set({ intent: stored.replace('"max_events":50000', '"max_events":90000') })
      .where(eq(releases.id, id))
    expect(await world.tap(blaise, id)).toMatchObject({ status: 409, body: { reason: 'intent-changed' } })
    expect(await rowOf(id)).toMatchObject({ state: 'awaiting-second' })
    expect(await allowancesOf(id)).toEqual([])
    expect(await audited('release.refused', id)).toMatchObject([{ detail: { reason: 'intent-changed' } }])
  })

  it('for a tap that signs something else, is made elsewhere, or is used twice', async () => {
    const id = await world.request(ada, world.draftFor(camille))
    expect(await world.tap(ada, id, { forge: { challenge: 'AAAA' } })).toMatchObject({ status: 403 })
    expect(await world.tap(ada, id, { forge: { origin: 'https://evil.example' } })).toMatchObject({ status: 403 })
    await world.tap(ada, id)
    const intent = await world.intentOf(blaise, id)
    const { body } = await blaise.page.call('/api/releases/options', { release: id, intent })
    const { ceremony, options } = body as never as { ceremony: string; options: { challenge: string } }
    const response = blaise.key.assert(options)
    // Another administrator's browser cannot finish it.
    const other = await world.owner(`other${sequence}`)
    const answer = { release: id, intent, ceremony, response }
    expect(await other.page.call('/api/releases/verify', answer)).toMatchObject({ status: 403 })
    expect(await blaise.page.call('/api/releases/verify', answer)).toMatchObject({ status: 200 })
    expect(await blaise.page.call('/api/releases/verify', answer)).toMatchObject({ status: 409 })
    expect(await allowancesOf(id)).toHaveLength(1)
  })

  it('once its time is over, before either tap', async () => {
    const first = await world.request(ada, world.draftFor(camille))
    const second = await world.request(ada, world.draftFor(camille))
    await world.tap(ada, second)
    const startedMs = world.time.nowMs
    const blaiseIntent = await world.intentOf(blaise, second)
    world.time.nowMs += RELEASE_LIVES_SECONDS * 1000
    try {
      for (const someone of [ada, blaise]) await someone.page.signIn(someone)
      expect(await world.tap(ada, first)).toMatchObject({ status: 410, body: { reason: 'release-expired' } })
      expect(await world.tap(blaise, second, { intent: blaiseIntent })).toMatchObject({ status: 410 })
      expect(await world.contextOf(blaise, second)).toMatchObject({ body: { state: 'expired' } })
      expect(await audited('release.expired', second)).toMatchObject([{ actor: 'system' }])
      expect(await audited('release.expired', first)).toHaveLength(1)
    } finally {
      world.time.nowMs = startedMs
    }
  })

  it('for a suspended administrator, first or second', async () => {
    const id = await world.request(ada, world.draftFor(camille))
    await world.tap(ada, id)
    const suspended = (personId: string, at: Date | null) =>
      world.db.update(people).set({ suspendedAt: at }).where(eq(people.id, personId))
    await suspended(blaise.personId, new Date())
    expect(await world.tap(blaise, id)).toMatchObject({ status: 401 })
    await suspended(blaise.personId, null)
    await suspended(ada.personId, new Date())
    expect(await world.tap(blaise, id)).toMatchObject({ status: 409, body: { reason: 'first-tap-void' } })
    expect(await rowOf(id)).toMatchObject({ state: 'awaiting-second', secondPerson: null })
    expect(await allowancesOf(id)).toEqual([])
  })

  it('for two keys of which one owner gave the other the way, within a day', async () => {
    const id = await world.request(ada, world.draftFor(camille))
    await world.tap(ada, id)
    const enrolment = enrolmentStore(world.db, world.audit)
    const link = { kind: 'enrol', personId: blaise.personId, createdBy: ada.personId } as const
    await issueTicket({ ...world.deps, enrolment }, link)
    await world.db
      .update(credentials)
      .set({ createdAt: new Date(world.clock.now()) })
      .where(eq(credentials.id, blaise.credentialId))
    expect(await world.tap(blaise, id)).toMatchObject({ status: 403, body: { reason: 'key-given-by-the-other' } })
    expect(await rowOf(id)).toMatchObject({ state: 'awaiting-second', secondPerson: null })
    expect(await allowancesOf(id)).toEqual([])
  })

  it('for a revoked key, first or second, and for one who is administrator no more', async () => {
    const id = await world.request(ada, world.draftFor(camille))
    await world.tap(ada, id)
    const other = await world.anotherKey(blaise)
    await world.revoker.revoke('credential', blaise.credentialId, 'credential-revoked')
    expect(await world.tap(blaise, id)).toMatchObject({ status: 401 })
    const spare = await world.anotherKey(ada)
    await world.revoker.revoke('credential', ada.credentialId, 'credential-revoked')
    expect(await world.tap(other, id)).toMatchObject({ status: 409, body: { reason: 'first-tap-void' } })
    await world.db.update(people).set({ role: 'person' }).where(eq(people.id, spare.personId))
    expect(await world.contextOf(spare, id)).toMatchObject({ status: 403 })
    expect(await allowancesOf(id)).toEqual([])
  })

  it('for a device that has ended meanwhile', async () => {
    const id = await world.request(ada, world.draftFor(camille))
    await world.tap(ada, id)
    await world.revoker.revoke('device', camille.device, 'logout')
    expect(await world.tap(blaise, id)).toMatchObject({ status: 409, body: { reason: 'unknown-device' } })
    expect(await rowOf(id)).toMatchObject({ state: 'awaiting-second' })
  })

  it.each([
    ['an unknown person', { username: 'nobody' }, 404],
    ['somebody else’s device', { device: `dev_${'A'.repeat(22)}` }, 409],
    ['no room', { rooms: [] }, 400],
    ['every room', { rooms: ['*'] }, 400],
    ['a room that is none', { rooms: ['#alias:example.org'] }, 400],
    ['a hundred and one rooms', { rooms: Array.from({ length: 101 }, (_, n) => `!r${n}:example.org`) }, 400],
    ['dates the wrong way round', { from: 2, until: 1 }, 400],
    ['a negative date', { from: -1 }, 400],
    ['no event', { events: 0 }, 400],
    ['half an event', { events: 1.5 }, 400],
    ['too many events', { events: 1_000_001 }, 400],
    ['for ever', { hours: 169 }, 400],
    ['without a reason', { reason: '' }, 400],
    ['an invisible reason', { reason: '\u200b\u202e' }, 400],
    ['an unknown field', { more: true }, 400],
    ['another kind', { typ: 'history-release' }, 400],
  ])('%s, clearly', async (_, changed, status) => {
    expect(await ada.page.call('/api/releases/request', world.draftFor(camille, changed))).toMatchObject({ status })
  })

  it('an unknown and a malformed release', async () => {
    expect(await world.contextOf(ada, `rel_${'A'.repeat(22)}`)).toMatchObject({ status: 404 })
    expect(await world.contextOf(ada, 'rel_x')).toMatchObject({ status: 400 })
  })
})

describe('denied and withdrawn', () => {
  it('a second administrator may deny it, once and for all', async () => {
    const id = await world.request(ada, world.draftFor(camille))
    await world.tap(ada, id)
    expect(await blaise.page.call('/api/releases/deny', { release: id })).toMatchObject({ body: { state: 'denied' } })
    expect(await world.tap(blaise, id)).toMatchObject({ status: 409, body: { reason: 'already-decided' } })
    expect(await audited('release.denied', id)).toMatchObject([{ actor: blaise.personId }])
  })

  it.each(['first', 'second'] as const)(
    'the %s can withdraw what was granted: its allowance pays nothing more, and nothing is released that is on its way',
    async (which) => {
      const id = await world.request(ada, world.draftFor(camille))
      await world.tap(ada, id)
      await world.tap(blaise, id)
      const [allowance] = await allowancesOf(id)
      await world.db.insert(reservations).values({
        id: `rsv_${sequence}`,
        serverName: SERVER_NAME,
        personId: camille.personId,
        deviceId: camille.device,
        meter: 'archive',
        allowanceId: allowance?.id ?? null,
        events: 10,
        deadline: new Date(Date.now() + 60_000),
      })
      const who = which === 'first' ? ada : blaise
      expect(await who.page.call('/api/releases/withdraw', { release: id })).toMatchObject({ status: 200 })
      const [after] = await allowancesOf(id)
      expect(after?.expiresAt.getTime()).toBeLessThanOrEqual(Date.now() + 1_000)
      expect(after?.expiresAt.getTime()).toBeLessThan(allowance?.expiresAt.getTime() ?? 0)
      expect(
        await world.db
          .select()
          .from(reservations)
          .where(eq(reservations.id, `rsv_${sequence}`)),
      ).toEqual([])
      expect(await audited('release.withdrawn', id)).toMatchObject([{ actor: who.personId }])
      expect(await who.page.call('/api/releases/withdraw', { release: id })).toMatchObject({ status: 409 })
      expect(await world.contextOf(ada, id)).toMatchObject({ body: { state: 'withdrawn', can_withdraw: false } })
    },
  )

  it('what waits can be withdrawn, and is not tapped any more', async () => {
    const id = await world.request(ada, world.draftFor(camille))
    await world.tap(ada, id)
    await ada.page.call('/api/releases/withdraw', { release: id })
    expect(await world.tap(blaise, id)).toMatchObject({ status: 409 })
    expect(await allowancesOf(id)).toEqual([])
  })

  it('the list shows each with its state', async () => {
    const waiting = await world.request(ada, world.draftFor(camille))
    const { body } = await blaise.page.call('/api/releases/list', {})
    expect(body['releases']).toContainEqual(
      expect.objectContaining({ id: waiting, state: 'requested', subject: `camille${sequence}`, used: null }),
    )
  })
})
