// Signing in again on the same Matrix device, as a client does whose handle is over.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bindingWorld } from '../../support/binding.ts'

let world: Awaited<ReturnType<typeof bindingWorld>>
beforeAll(async () => {
  world = await bindingWorld()
})
afterAll(() => world.stop())

const newest = async (deviceId: string) => {
  const [row] = await world.sql<{ id: string }[]>`
    select id from devices where device_id = ${deviceId} order by created_at desc limit 1`
  return row?.id ?? ''
}
const deliver = (device: string, position: string) => world.sql`
  insert into device_positions (device_id, position_hash, delivered_at, covers_until_ms) values (${device}, ${position}, now(), 1)`
const holder = async (position: string) => {
  const [row] = await world.sql<{ device: string }[]>`
    select device_id as device from device_positions where position_hash = ${position}`
  return row?.device
}

test('a client that signs in again after its handle ended comes back from where it was', async () => {
  await world.signIn({ device_id: 'AGAIN' })
  const before = await newest('AGAIN')
  await deliver(before, 'expired')
  await world.sql`update devices set ended_at = now(), ended_reason = 'expired' where id = ${before}`
  await world.signIn({ device_id: 'AGAIN' })
  const after = await newest('AGAIN')
  expect(after).not.toBe(before)
  expect(await holder('expired')).toBe(after)
})

test('one that signs in again before that does too', async () => {
  await world.signIn({ device_id: 'EARLY' })
  await deliver(await newest('EARLY'), 'replaced')
  await world.signIn({ device_id: 'EARLY' })
  expect(await holder('replaced')).toBe(await newest('EARLY'))
})

test.each(['not-me', 'revoked', 'logout'])('after an end that was meant (%s) nothing is inherited', async (reason) => {
  const deviceId = `ENDED-${reason}`
  await world.signIn({ device_id: deviceId })
  const before = await newest(deviceId)
  await deliver(before, reason)
  await world.sql`update devices set ended_at = now(), ended_reason = ${reason} where id = ${before}`
  await world.signIn({ device_id: deviceId })
  expect(await holder(reason)).toBe(before)
})

test('another Matrix device inherits nothing', async () => {
  await world.signIn({ device_id: 'ONE' })
  const one = await newest('ONE')
  await deliver(one, 'other')
  await world.sql`update devices set ended_at = now(), ended_reason = 'expired' where id = ${one}`
  await world.signIn({ device_id: 'TWO' })
  expect(await holder('other')).toBe(one)
})
