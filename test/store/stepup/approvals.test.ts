import { eq } from 'drizzle-orm'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { approvals } from '../../../db/schema/metering.ts'
import { devices } from '../../../db/schema/sessions.ts'
import { intentSchema } from '../../../server/stepup/intent.ts'
import { type Receipt, receiptDigest, verifyReceipt } from '../../../server/stepup/receipt.ts'
import { APPROVAL_LIVES_SECONDS } from '../../../server/stepup/request.ts'
import type { AssertionForgery } from '../../support/authenticator.ts'
import { SERVER_NAME, type Someone, stepUpWorld } from '../../support/stepup.ts'

const world = await stepUpWorld()
afterAll(() => world.stop())
let anne: Someone
let sequence = 0

beforeEach(async () => {
  sequence += 1
  anne = await world.someone(`anne${sequence}`)
})

const stateOf = async (hash: string) => (await world.db.select().from(approvals).where(eq(approvals.hash, hash)))[0]
const deviceOf = async (id: string) => (await world.db.select().from(devices).where(eq(devices.id, id)))[0]

describe('before and without the right session', () => {
  it('nothing is told before sign-in, and nothing but not-me can be done', async () => {
    const { token } = await world.ask(anne.caller)
    const stranger = world.browser()
    for (const verb of ['context', 'options', 'deny'])
      expect(await stranger.call(`/api/approvals/${verb}`, { approval: token })).toEqual({
        status: 401,
        body: { type: 'about:blank', title: 'Unauthorized', status: 401, reason: 'signin-required' },
      })
    const verify = { approval: token, ceremony: 'cer_x', response: {} }
    expect(await stranger.call('/api/approvals/verify', verify)).toMatchObject({ status: 401 })
  })

  it('another person is refused everywhere, and changes nothing', async () => {
    const { token, approvalHash } = await world.ask(anne.caller)
    const bob = await world.someone(`bob${sequence}`)
    for (const verb of ['context', 'options', 'deny'])
      expect(await bob.page.call(`/api/approvals/${verb}`, { approval: token })).toMatchObject({
        status: 403,
        body: { reason: 'other-person' },
      })
    const { ceremony, options } = await anne.page.options(token)
    const stolen = { approval: token, ceremony, response: anne.key.assert(options) }
    expect(await bob.page.call('/api/approvals/verify', stolen)).toMatchObject({ status: 403 })
    expect(await stateOf(approvalHash)).toMatchObject({ state: 'pending' })
    expect(await world.allowances(anne.personId)).toEqual([])
  })

  it('an unknown, a malformed and a foreign call are told apart', async () => {
    const unknown = `apv_${'A'.repeat(43)}`
    expect(await anne.page.call('/api/approvals/context', { approval: unknown })).toMatchObject({ status: 404 })
    expect(await anne.page.call('/api/approvals/not-me', { approval: unknown })).toMatchObject({ status: 404 })
    expect(await anne.page.call('/api/approvals/context', { approval: 'apv_short' })).toMatchObject({ status: 400 })
    expect(await anne.page.call('/api/approvals/context', { approval: unknown, more: 1 })).toMatchObject({
      status: 400,
    })
    const { token } = await world.ask(anne.caller)
    const foreign = { Origin: 'https://evil.example' }
    expect(await anne.page.call('/api/approvals/deny', { approval: token }, foreign)).toMatchObject({
      status: 403,
      body: { reason: 'foreign-origin' },
    })
  })

  it('the page is told the stored intent and nothing else', async () => {
    const { token, approvalHash } = await world.ask(anne.caller, {
      rooms: ['!b:example.org', '!a:example.org', '!b:example.org'],
    })
    const { status, body } = await anne.page.call('/api/approvals/context', { approval: token })
    expect(status).toBe(200)
    expect(body).toMatchObject({
      state: 'pending',
      device: { display_name: 'Element', device_id: 'PHONE', client: 'Element/1.0', network: '192.0.2.0/24' },
      asking: { client: 'Element/1.0', network: '192.0.2.0/24' },
      rooms: [
        { id: '!a:example.org', name: 'Le bureau' },
        { id: '!b:example.org', name: 'Le bureau' },
      ],
      rooms_total: 2,
      direction: 'backward',
      meter: 'archive',
      amounts: [{ meter: 'archive', units: 2000 }],
      lives_seconds: 28_800,
      reason: 'archive-exhausted',
      person: { username: `anne${sequence}` },
    })
    expect(JSON.stringify(body)).not.toContain(approvalHash)
  })
})

describe('a tap', () => {
  it('releases exactly what was shown, once, with an audit entry, a receipt and the device awake', async () => {
    const { token, approvalHash } = await world.ask(anne.caller)
    world.time.nowMs += 60_000
    expect(await anne.page.tap(token, anne.key)).toEqual({
      status: 200,
      body: {
        state: 'approved',
        meter: 'archive',
        amounts: [{ meter: 'archive', units: 2000 }],
        expires_at: expect.any(String),
      },
    })
    expect(await world.allowances(anne.personId)).toMatchObject([
      {
        device: anne.device,
        network: '192.0.2.0/24',
        client: 'Element/1.0',
        rooms: ['!room:example.org'],
        direction: 'backward',
        granted: 2000,
        used: 0,
        held: 0,
      },
    ])
    const row = await stateOf(approvalHash)
    expect(row).toMatchObject({ state: 'approved', decidedBy: anne.personId, credentialId: anne.credentialId })
    const receipt = row?.receipt as Receipt
    expect(await verifyReceipt(receipt)).toMatchObject({ ok: true, intent: { jti: approvalHash } })
    const entry = (await world.auditOf('approval.approved')).find(({ subject }) => subject === anne.device)
    expect(entry).toMatchObject({
      actor: anne.personId,
      detail: {
        approval: approvalHash,
        credential: anne.credentialId,
        amounts: { archive: 2000 },
        rooms: 1,
        receipt: receiptDigest(receipt),
      },
    })
    expect(await deviceOf(anne.device)).toMatchObject({
      lastTapAt: new Date(world.time.nowMs),
      lastActiveAt: new Date(world.time.nowMs),
    })
    expect(await anne.page.call('/api/approvals/deny', { approval: token })).toMatchObject({
      status: 409,
      body: { reason: 'already-decided' },
    })
    expect(await anne.page.call('/api/approvals/options', { approval: token })).toMatchObject({ status: 409 })
  })

  it('given twenty times at once approves once', async () => {
    const { token } = await world.ask(anne.caller)
    const taps = []
    for (let n = 0; n < 20; n += 1) {
      const { ceremony, options } = await anne.page.options(token)
      taps.push({ approval: token, ceremony, response: anne.key.assert(options, { signCount: 0 }) })
    }
    // A key without a counter: every one of the twenty is a good assertion by itself.
    await world.database.sql`update credentials set sign_count = 0 where id = ${anne.credentialId}`
    const answers = await Promise.all(taps.map((tap) => anne.page.call('/api/approvals/verify', tap)))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(19).fill(409)])
    expect(await world.allowances(anne.personId)).toHaveLength(1)
    expect((await world.auditOf('approval.approved')).filter(({ subject }) => subject === anne.device)).toHaveLength(1)
  })

  it('used again is refused, also for another approval', async () => {
    const first = await world.ask(anne.caller)
    const second = await world.ask(anne.caller, { rooms: ['!other:example.org'] })
    const begun = await anne.page.options(first.token)
    const response = anne.key.assert(begun.options)
    const send = (approval: string, ceremony: string) =>
      anne.page.call('/api/approvals/verify', { approval, ceremony, response })
    // Begun for the first: the ceremony is not known to the second.
    expect(await send(second.token, begun.ceremony)).toMatchObject({ status: 403, body: { reason: 'tap-refused' } })
    // A ceremony of the second: its challenge is of another intent.
    expect(await send(second.token, (await anne.page.options(second.token)).ceremony)).toMatchObject({ status: 403 })
    expect(await send(first.token, begun.ceremony)).toMatchObject({ status: 200 })
    expect(await send(first.token, begun.ceremony)).toMatchObject({ status: 409 })
    expect(await stateOf(second.approvalHash)).toMatchObject({ state: 'pending' })
    expect(await world.allowances(anne.personId)).toHaveLength(1)
  })

  const forgeries: Record<string, AssertionForgery> = {
    'on a foreign origin': { origin: 'https://evil.example' },
    'in a frame of another site': { crossOrigin: true },
    'without verification': { userVerified: false },
    'without presence': { userPresent: false },
    'for another RP id': { rpId: 'evil.example' },
    'over another challenge': { challenge: 'A'.repeat(43) },
    'with a bogus signature': { signature: 'garbage' },
    'whose eligibility flipped': { backupEligible: true },
  }
  for (const [how, forge] of Object.entries(forgeries)) {
    it(`${how} is refused, and the approval waits on`, async () => {
      const { token, approvalHash } = await world.ask(anne.caller)
      expect(await anne.page.tap(token, anne.key, forge)).toMatchObject({
        status: 403,
        body: { reason: 'tap-refused' },
      })
      expect(await stateOf(approvalHash)).toMatchObject({ state: 'pending', receipt: null })
      expect(await world.allowances(anne.personId)).toEqual([])
      expect(await anne.page.tap(token, anne.key)).toMatchObject({ status: 200 })
    })
  }

  it("with another person's key, or finished in another browser, is refused", async () => {
    const { token } = await world.ask(anne.caller)
    const bob = await world.someone(`bob${sequence}`)
    expect(await anne.page.tap(token, bob.key)).toMatchObject({ status: 403, body: { reason: 'tap-refused' } })
    const begun = await anne.page.options(token)
    const elsewhere = world.browser()
    await elsewhere.signIn(anne)
    const response = anne.key.assert(begun.options)
    const sent = { approval: token, ceremony: begun.ceremony, response }
    expect(await elsewhere.call('/api/approvals/verify', sent)).toMatchObject({ status: 403 })
    expect(await anne.page.call('/api/approvals/verify', sent)).toMatchObject({ status: 200 })
  })

  it('too late is refused, and the page says expired', async () => {
    const { token, approvalHash } = await world.ask(anne.caller)
    world.time.nowMs += (APPROVAL_LIVES_SECONDS - 60) * 1000
    const begun = await anne.page.options(token)
    world.time.nowMs += 61_000
    const response = anne.key.assert(begun.options)
    expect(
      await anne.page.call('/api/approvals/verify', { approval: token, ceremony: begun.ceremony, response }),
    ).toMatchObject({
      status: 410,
      body: { reason: 'approval-expired' },
    })
    expect(await anne.page.call('/api/approvals/deny', { approval: token })).toMatchObject({ status: 410 })
    expect(await anne.page.call('/api/approvals/context', { approval: token })).toMatchObject({
      body: { state: 'expired' },
    })
    expect((await stateOf(approvalHash))?.decidedAt).toBeNull()
    expect(await world.allowances(anne.personId)).toEqual([])
  })

  it('past the ceiling of a day is refused, and the approval stays pending', async () => {
    for (let n = 0; n < 5; n += 1) {
      const { token } = await world.ask(anne.caller, { rooms: [`!room${n}:example.org`] })
      expect(await anne.page.tap(token, anne.key)).toMatchObject({ status: 200 })
    }
    const before = await deviceOf(anne.device)
    world.time.nowMs += 1000
    const { token, approvalHash } = await world.ask(anne.caller, { rooms: ['!sixth:example.org'] })
    expect(await anne.page.tap(token, anne.key)).toMatchObject({ status: 409, body: { reason: 'ceiling-reached' } })
    expect(await stateOf(approvalHash)).toMatchObject({ state: 'pending', receipt: null, decidedAt: null })
    expect(await deviceOf(anne.device)).toEqual(before)
    expect(await world.allowances(anne.personId)).toHaveLength(5)
  })

  it('for a device that has ended meanwhile releases nothing', async () => {
    const { token, approvalHash } = await world.ask(anne.caller)
    await world.revoker.revoke('device', anne.device, 'logout')
    expect(await anne.page.tap(token, anne.key)).toMatchObject({ status: 409, body: { reason: 'unknown-device' } })
    expect(await stateOf(approvalHash)).toMatchObject({ state: 'pending' })
    const [left] = (await world.meters.remaining(SERVER_NAME, anne.personId)).filter(
      ({ meter }) => meter === 'tap-release',
    )
    expect(left).toMatchObject({ used: 0 })
  })

  it('after a denial is refused', async () => {
    const { token, approvalHash } = await world.ask(anne.caller)
    const begun = await anne.page.options(token)
    const response = anne.key.assert(begun.options)
    expect(await anne.page.call('/api/approvals/deny', { approval: token })).toEqual({
      status: 200,
      body: { state: 'denied', device_ended: false },
    })
    expect(
      await anne.page.call('/api/approvals/verify', { approval: token, ceremony: begun.ceremony, response }),
    ).toMatchObject({ status: 409 })
    expect(await stateOf(approvalHash)).toMatchObject({ state: 'denied', decidedBy: anne.personId })
    expect((await world.auditOf('approval.denied')).filter(({ subject }) => subject === anne.device)).toHaveLength(1)
  })

  it('and a denial at the same moment: one of the two happens', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { token, approvalHash } = await world.ask(anne.caller, { rooms: [`!race${round}:example.org`] })
      const [tapped, denied] = await Promise.all([
        anne.page.tap(token, anne.key),
        anne.page.call('/api/approvals/deny', { approval: token }),
      ])
      expect([tapped.status, denied.status].filter((status) => status === 200)).toHaveLength(1)
      expect(await stateOf(approvalHash)).toMatchObject({ state: tapped.status === 200 ? 'approved' : 'denied' })
    }
  })
})

describe('what is signed', () => {
  it('is the intent as stored, with names of other people made plain', async () => {
    world.roomNames.nameOf = async () => `\u202Eevil\u0000\n${'x'.repeat(5000)}`
    const device = await world.newDevice(
      anne.personId,
      anne.credentialId,
      `anne${sequence}`,
      'My\u001b[31m phone\u2066',
    )
    const { approvalHash } = await world.ask(
      { ...anne.caller, device },
      { origin: { network: '192.0.2.0/24', client: 'A\u0085\u202Eb' } },
    )
    world.roomNames.nameOf = async () => 'Le bureau'
    const intent = intentSchema.parse(JSON.parse((await stateOf(approvalHash))?.intent ?? ''))
    expect(intent.rooms[0]?.name).toMatch(/^evil x{94}…$/)
    expect(intent.device.name).toBe('My[31m phone')
    expect(intent.asking.client).toBe('Ab')
  })
})

describe('a tap for another meter', () => {
  it('releases exactly that meter, and files together with their bytes', async () => {
    const files = await world.ask(anne.caller, { meter: 'media-files', direction: 'media', rooms: [] })
    const amounts = [
      { meter: 'media-bytes', units: 2_000_000_000 },
      { meter: 'media-files', units: 300 },
    ]
    expect(await anne.page.call('/api/approvals/context', { approval: files.token })).toMatchObject({
      body: { meter: 'media-files', amounts, rooms: [], rooms_total: 0 },
    })
    expect(await anne.page.tap(files.token, anne.key)).toMatchObject({ status: 200, body: { amounts } })
    const released = await world.allowances(anne.personId)
    expect(released.map(({ meter, granted }) => ({ meter, units: granted }))).toEqual(amounts)
    const left = (await world.meters.remaining(SERVER_NAME, anne.personId)).find(({ meter }) => meter === 'tap-release')
    expect(left).toMatchObject({ used: 0 })
  })

  it('says how much, and is not the prompt of any other', async () => {
    const archive = await world.ask(anne.caller)
    const backup = await world.ask(anne.caller, { meter: 'key-backup', amounts: { 'key-backup': 3_214 } })
    expect(backup.approvalHash).not.toBe(archive.approvalHash)
    const { body } = await anne.page.call('/api/approvals/context', { approval: backup.token })
    expect(body).toMatchObject({ meter: 'key-backup', amounts: [{ meter: 'key-backup', units: 3_214 }] })
    expect(body).toMatchObject({ lives_seconds: 3_600 })
  })
})
