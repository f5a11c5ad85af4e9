// What is denied: by the signed-in person, and by whoever holds the link.
import { eq } from 'drizzle-orm'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { approvals, incidents } from '../../../db/schema/metering.ts'
import { devices } from '../../../db/schema/sessions.ts'
import { APPROVAL_LIVES_SECONDS } from '../../../server/stepup/request.ts'
import { PLAIN_SPENDING } from '../../support/spending.ts'
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

describe('"this was not me"', () => {
  it('needs only the link, ends only the asking device, gives back once, and can be said twice', async () => {
    const spender = { serverName: SERVER_NAME, personId: anne.personId, device: anne.device }
    const request = {
      ...spender,
      id: `rsv_${sequence}`,
      network: 'n',
      client: 'c',
      room: '!r:x',
      direction: 'backward',
      events: 700,
      idle: false,
      requestHash: 'h',
    }
    expect(await world.meters.reserve(request)).toMatchObject({ state: 'granted', events: 700 })
    const otherDevice = await world.newDevice(anne.personId, anne.credentialId, `anne${sequence}`)
    const { token, approvalHash } = await world.ask(anne.caller)
    const stranger = world.browser()
    const said = { status: 200, body: { state: 'denied', device_ended: true } }
    expect(await Promise.all([1, 2, 3].map(() => stranger.call('/api/approvals/not-me', { approval: token })))).toEqual(
      [said, said, said],
    )
    expect(await deviceOf(anne.device)).toMatchObject({ endedReason: 'not-me' })
    expect(await deviceOf(otherDevice)).toMatchObject({ endedAt: null })
    expect(await stateOf(approvalHash)).toMatchObject({ state: 'denied', decidedBy: 'link' })
    const found = await world.db.select().from(incidents).where(eq(incidents.deviceId, anne.device))
    expect(found).toMatchObject([{ reason: 'not-me', consumed: { archive: 700 } }])
    const [archive] = (await world.meters.remaining(SERVER_NAME, anne.personId)).filter(
      ({ meter }) => meter === 'archive',
    )
    expect(archive).toMatchObject({ used: 0, held: 0 })
    expect((await world.auditOf('approval.not-me')).filter(({ subject }) => subject === anne.device)).toHaveLength(1)
    expect((await world.auditOf('session.ended')).filter(({ subject }) => subject === anne.device)).toHaveLength(1)
  })

  it('after a tap ends the device and what the tap released, and leaves the approval what it was', async () => {
    const { token, approvalHash } = await world.ask(anne.caller)
    await anne.page.tap(token, anne.key)
    expect(await world.browser().call('/api/approvals/not-me', { approval: token })).toMatchObject({ status: 200 })
    expect(await stateOf(approvalHash)).toMatchObject({ state: 'approved' })
    expect(await world.allowances(anne.personId)).toEqual([])
    expect(await deviceOf(anne.device)).toMatchObject({ endedReason: 'not-me' })
  })

  it('said at the moment of the tap leaves nothing released, whichever comes first', async () => {
    for (let round = 0; round < 5; round += 1) {
      const device = await world.newDevice(anne.personId, anne.credentialId, `anne${sequence}`)
      const { token } = await world.ask({ ...anne.caller, device })
      const [tapped, said] = await Promise.all([
        anne.page.tap(token, anne.key),
        world.browser().call('/api/approvals/not-me', { approval: token }),
      ])
      expect([200, 409]).toContain(tapped.status)
      expect(said.status).toBe(200)
      expect(await world.allowances(anne.personId)).toEqual([])
      expect(await deviceOf(device)).toMatchObject({ endedReason: 'not-me' })
    }
  })

  it('leaves an expired approval expired', async () => {
    const { token, approvalHash } = await world.ask(anne.caller)
    world.time.nowMs += (APPROVAL_LIVES_SECONDS + 1) * 1000
    expect(await world.browser().call('/api/approvals/not-me', { approval: token })).toMatchObject({ status: 200 })
    expect(await stateOf(approvalHash)).toMatchObject({ state: 'pending', decidedAt: null })
    expect(await anne.page.call('/api/approvals/context', { approval: token })).toMatchObject({
      body: { state: 'expired' },
    })
  })
})

describe('denials by the signed-in person', () => {
  const denied = async (rooms: readonly string[], device = anne.device) => {
    const { token } = await world.ask({ ...anne.caller, device }, { rooms })
    return anne.page.call('/api/approvals/deny', { approval: token })
  }
  const said = (device_ended: boolean) => ({ status: 200, body: { state: 'denied', device_ended } })
  const incidentsOf = (device: string) => world.db.select().from(incidents).where(eq(incidents.deviceId, device))

  it('end the device that asks with the third within a day, and give back what it read, once', async () => {
    const spender = { serverName: SERVER_NAME, personId: anne.personId, device: anne.device }
    await world.meters.spend({ ...spender, ...PLAIN_SPENDING, streams: { archive: { hashes: [], bare: 300 } } })
    expect(await denied(['!one:x'])).toEqual(said(false))
    expect(await denied(['!two:x'])).toEqual(said(false))
    expect(await deviceOf(anne.device)).toMatchObject({ endedAt: null })
    const open = await world.ask(anne.caller, { rooms: ['!open:x'] })
    expect(await denied(['!three:x'])).toEqual(said(true))
    expect(await deviceOf(anne.device)).toMatchObject({ endedReason: 'three-denials' })
    expect(await anne.page.call('/api/approvals/deny', { approval: open.token })).toEqual(said(true))
    expect(await incidentsOf(anne.device)).toMatchObject([
      { reason: 'three-denials', consumed: { archive: 300 }, givenBack: true },
    ])
    const ended = (await world.auditOf('session.ended')).filter(({ subject }) => subject === anne.device)
    expect(ended).toMatchObject([{ detail: { reason: 'three-denials' } }])
  })

  it('are counted a device and within a day', async () => {
    const other = await world.newDevice(anne.personId, anne.credentialId, `anne${sequence}`)
    await denied(['!one:x'])
    await denied(['!two:x'])
    expect(await denied(['!three:x'], other)).toEqual(said(false))
    world.time.nowMs += 24 * 3_600_000
    await anne.page.signIn(anne)
    expect(await denied(['!four:x'])).toEqual(said(false))
    expect(await deviceOf(anne.device)).toMatchObject({ endedAt: null })
  })

  it('are not those of whoever only holds the link', async () => {
    const stranger = world.browser()
    for (const room of ['!one:x', '!two:x', '!three:x']) {
      const { token } = await world.ask(anne.caller, { rooms: [room] })
      expect((await stranger.call('/api/approvals/deny', { approval: token })).status).toBe(401)
    }
    expect(await deviceOf(anne.device)).toMatchObject({ endedAt: null })
  })

  it('at the same moment: the third is the third, whichever it is', async () => {
    for (let round = 0; round < 5; round += 1) {
      const device = await world.newDevice(anne.personId, anne.credentialId, `anne${sequence}`)
      const rooms = ['!one:x', '!two:x', '!three:x']
      const tokens = await Promise.all(rooms.map((room) => world.ask({ ...anne.caller, device }, { rooms: [room] })))
      const answers = await Promise.all(
        tokens.map(({ token }) => anne.page.call('/api/approvals/deny', { approval: token })),
      )
      expect(answers.map(({ body }) => body['device_ended']).sort()).toEqual([false, false, true])
      expect(await deviceOf(device)).toMatchObject({ endedReason: 'three-denials' })
      expect(await incidentsOf(device)).toHaveLength(1)
    }
  })
})
