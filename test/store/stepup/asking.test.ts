import { eq } from 'drizzle-orm'
import { afterAll, beforeEach, expect, it } from 'vitest'
import { approvals } from '../../../db/schema/metering.ts'
import { approvalStore } from '../../../db/stores/approvals.ts'
import {
  APPROVAL_LIVES_SECONDS,
  DENIAL_REMEMBERED_SECONDS,
  DecisionWatch,
  NEW_PER_HOUR,
  PENDING_PER_DEVICE,
} from '../../../server/stepup/request.ts'
import { type Someone, stepUpWorld } from '../../support/stepup.ts'

const world = await stepUpWorld()
afterAll(() => world.stop())
let anne: Someone
let sequence = 0

beforeEach(async () => {
  sequence += 1
  anne = await world.someone(`asker${sequence}`)
})

const ofDevice = () => world.db.select().from(approvals).where(eq(approvals.deviceId, anne.device))

it('twenty askings at once from two processes share one pending approval', async () => {
  const asked = await Promise.all(Array.from({ length: 20 }, (_, n) => world.ask(anne.caller, {}, n % 2 === 0 ? 0 : 1)))
  expect(new Set(asked.map(({ approvalUri }) => approvalUri)).size).toBe(1)
  expect(asked.every(({ state }) => state === 'pending')).toBe(true)
  expect(await ofDevice()).toHaveLength(1)
  expect((await world.auditOf('approval.asked')).filter(({ subject }) => subject === anne.device)).toHaveLength(1)
})

it('askings that differ in anything that matters have approvals of their own', async () => {
  const device = await world.newDevice(anne.personId, anne.credentialId, `asker${sequence}`)
  const asked = [
    await world.ask(anne.caller),
    await world.ask({ ...anne.caller, device }),
    await world.ask(anne.caller, { rooms: ['!another:example.org'] }),
    await world.ask(anne.caller, { rooms: ['!another:example.org', '!room:example.org'] }),
    await world.ask(anne.caller, { direction: 'forward' }),
    await world.ask(anne.caller, { origin: { network: '198.51.100.0/24', client: 'Element/1.0' } }),
    await world.ask(anne.caller, { origin: { network: '192.0.2.0/24', client: 'curl/8' } }),
  ]
  expect(new Set(asked.map(({ approvalHash }) => approvalHash)).size).toBe(asked.length)
  // The order in which rooms are named, and why it was withheld, do not.
  const again = await world.ask(anne.caller, { rooms: ['!room:example.org', '!another:example.org'], reason: 'idle' })
  expect(again.approvalHash).toBe(asked[3]?.approvalHash)
})

it('a repetition asks the homeserver nothing', async () => {
  await world.ask(anne.caller)
  const before = world.roomNames.asked
  await world.ask(anne.caller)
  expect(world.roomNames.asked).toBe(before)
})

it('a denial is remembered for the same asking only, and not for ever', async () => {
  const first = await world.ask(anne.caller)
  await anne.page.call('/api/approvals/deny', { approval: first.token })
  expect(await world.ask(anne.caller)).toMatchObject({ state: 'denied', approvalHash: first.approvalHash })
  expect(await world.ask(anne.caller, { direction: 'forward' })).toMatchObject({ state: 'pending' })
  world.time.nowMs += (DENIAL_REMEMBERED_SECONDS + 1) * 1000
  const later = await world.ask(anne.caller)
  expect(later.state).toBe('pending')
  expect(later.approvalHash).not.toBe(first.approvalHash)
})

it('a denial at the moment of asking is never missed', async () => {
  for (let round = 0; round < 10; round += 1) {
    const rooms = [`!race${round}:example.org`]
    const { token } = await world.ask(anne.caller, { rooms })
    const denying = anne.page.call('/api/approvals/deny', { approval: token })
    await Promise.all(Array.from({ length: 6 }, (_, n) => world.ask(anne.caller, { rooms }, n % 2 === 0 ? 0 : 1)))
    expect(await denying).toMatchObject({ status: 200 })
    expect(await world.ask(anne.caller, { rooms })).toMatchObject({ state: 'denied' })
  }
  expect(await ofDevice()).toHaveLength(10)
})

it('an expired approval makes room for a new one, and stays expired', async () => {
  const first = await world.ask(anne.caller)
  world.time.nowMs += APPROVAL_LIVES_SECONDS * 1000 + 1000
  const [second, third] = await Promise.all([world.ask(anne.caller), world.ask(anne.caller, {}, 1)])
  expect(second.approvalHash).not.toBe(first.approvalHash)
  expect(third.approvalHash).toBe(second.approvalHash)
  const states = new Map((await ofDevice()).map(({ hash, state }) => [hash, state]))
  expect(states).toEqual(
    new Map([
      [first.approvalHash, 'expired'],
      [second.approvalHash, 'pending'],
    ]),
  )
})

it('a device cannot bury its owner under prompts, however it asks', async () => {
  const ask = (n: number) =>
    world.ask(anne.caller, { origin: { network: '192.0.2.0/24', client: `client ${n}` } }, n % 2 === 0 ? 0 : 1)
  await Promise.all(Array.from({ length: 3 * PENDING_PER_DEVICE }, (_, n) => ask(n)))
  expect(await ofDevice()).toHaveLength(PENDING_PER_DEVICE)
  const one = await ask(1000)
  expect((await ofDevice()).map(({ hash }) => hash)).toContain(one.approvalHash)
  // A decision makes room again, and another device is not concerned.
  await anne.page.call('/api/approvals/deny', { approval: one.token })
  await ask(1001)
  expect(await ofDevice()).toHaveLength(PENDING_PER_DEVICE + 1)
  const device = await world.newDevice(anne.personId, anne.credentialId, `asker${sequence}`)
  expect(await world.ask({ ...anne.caller, device })).toMatchObject({ state: 'pending' })
})

it('a thief elsewhere who fills the prompts of a device does not put theirs in the place of its owner’s', async () => {
  const elsewhere = { network: '198.51.100.0/24', client: 'Element/1.0' }
  for (let n = 0; n < PENDING_PER_DEVICE + 2; n++)
    await world.ask(anne.caller, { rooms: [`!r${n}:example.org`], origin: elsewhere })
  expect(await ofDevice()).toHaveLength(PENDING_PER_DEVICE)
  const own = await world.ask(anne.caller, { rooms: ['!own:example.org'] })
  const [row] = await world.db.select().from(approvals).where(eq(approvals.hash, own.approvalHash))
  expect(row).toMatchObject({ network: '192.0.2.0/24' })
  expect(row?.intent).toContain('!own:example.org')
})

it('a held request hears of the decision at once, and waits no longer than it was told', async () => {
  const watch = new DecisionWatch({ approvals: approvalStore(world.db, world), clock: world.clock })
  const forever = new AbortController()
  const denied = await world.ask(anne.caller)
  const hearing = watch.decided(denied.approvalHash, 60_000, forever.signal)
  await anne.page.call('/api/approvals/deny', { approval: denied.token })
  expect(await hearing).toBe('denied')
  const approved = await world.ask(anne.caller, { direction: 'forward' })
  const both = [1, 2].map(() => watch.decided(approved.approvalHash, 60_000, forever.signal))
  await anne.page.tap(approved.token, anne.key)
  expect(await Promise.all(both)).toEqual(['approved', 'approved'])
  const pending = await world.ask(anne.caller, { direction: 'around' })
  expect(await watch.decided(pending.approvalHash, 50, forever.signal)).toBe('pending')
  const given = watch.decided(pending.approvalHash, 60_000, forever.signal)
  forever.abort()
  expect(await given).toBe('pending')
  const overdue = watch.decided(pending.approvalHash, 60_000, new AbortController().signal)
  world.time.nowMs += APPROVAL_LIVES_SECONDS * 1000
  expect(await overdue).toBe('expired')
})

it('new prompts of a device are so many an hour; what it asks beyond is answered with what there is', async () => {
  const room = (n: number) => ({ rooms: [`!${n}:example.org`], direction: 'forward' })
  const elsewhere = { origin: { network: '198.51.100.0/24', client: 'curl/8' } }
  // Decided at once, so that it is not the bound on pending ones that holds; by the link, so that no denials end the device.
  for (let n = 0; n < NEW_PER_HOUR; n += 1) {
    const { approvalHash } = await world.ask(anne.caller, { ...room(n), ...elsewhere })
    await world.db.update(approvals).set({ state: 'denied' }).where(eq(approvals.hash, approvalHash))
  }
  expect(await ofDevice()).toHaveLength(NEW_PER_HOUR)
  const beyond = await world.ask(anne.caller, { ...room(NEW_PER_HOUR), ...elsewhere })
  expect(beyond.state).toBe('denied')
  expect(await ofDevice()).toHaveLength(NEW_PER_HOUR)
  // Its owner, where the device signed in, is asked all the same.
  expect((await world.ask(anne.caller)).state).toBe('pending')
  world.time.nowMs += 3_600_001
  expect((await world.ask(anne.caller, { ...room(NEW_PER_HOUR), ...elsewhere })).state).toBe('pending')
})

it('at the bound of an hour the newest pending prompt stands for what is asked beyond', async () => {
  const room = (n: number) => ({ rooms: [`!${n}:example.org`] })
  let last = ''
  for (let n = 0; n < NEW_PER_HOUR; n += 1) {
    const { approvalHash } = await world.ask(anne.caller, room(n))
    last = approvalHash
    if (n < NEW_PER_HOUR - 1) {
      await world.db.update(approvals).set({ state: 'expired' }).where(eq(approvals.hash, approvalHash))
    }
    world.time.nowMs += 1_000
  }
  expect(await world.ask(anne.caller, room(NEW_PER_HOUR))).toMatchObject({ state: 'pending', approvalHash: last })
})
