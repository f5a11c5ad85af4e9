// A first sync is given once: asked for again it is free until the device comes back, and paid by the archive from then on.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type MeterWorld, meterWorld } from '../../support/meter-world.ts'

let world: MeterWorld
beforeAll(async () => {
  world = await meterWorld()
})
afterAll(() => world.database.drop())

it('is free to ask for again until the device comes back, and not free to whoever has its token afterwards', async () => {
  const ada = world.someone()
  const given = world.some(20)
  await world.exhaust(ada)
  const position = { hash: 'p1', coversUntilMs: 1 }
  const ask = (stream: 'first-sync' | 'archive') =>
    world.store.spend(world.spending(ada, { streams: { [stream]: given }, position }))
  expect(await ask('first-sync')).toMatchObject({ state: 'paid' })
  expect(await ask('first-sync')).toMatchObject({ state: 'paid', cost: {} })
  expect(await ask('archive')).toMatchObject({ state: 'paid', cost: {} })
  await world.store.position({ device: ada.device, hash: 'p1' })
  const again = await ask('archive')
  expect(again).toMatchObject({ state: 'short', left: { archive: 0 } })
  expect(again.state === 'short' && again.free.size).toBe(0)
})
