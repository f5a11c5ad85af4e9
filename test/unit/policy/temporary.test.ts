// What a temporary pass may read, whatever applies to its person.
import { expect, it } from 'vitest'
import { ALLOWANCE_METERS, defaultPolicy, RING_METERS } from '../../../server/policy/defaults.ts'
import { liveOnly } from '../../../server/policy/temporary.ts'

const applied = { metering: defaultPolicy, enforce: 'enforce' as const, exempt: null, version: 3 }

it('only live traffic and the hour’s state have a limit above nothing; no tap releases anything', () => {
  const { metering } = liveOnly(applied)
  const open = RING_METERS.filter((meter) => metering.windows[meter].some(({ limit }) => limit > 0))
  expect(open).toEqual(['live', 'state'])
  const [hour] = defaultPolicy.windows.state
  for (const { limit } of metering.windows.state) expect(limit).toBe(hour?.limit)
  expect(metering.windows.live).toEqual(defaultPolicy.windows.live)
  expect(ALLOWANCE_METERS.map((meter) => metering.taps[meter].units)).toEqual(ALLOWANCE_METERS.map(() => 0))
  expect([metering.rooms.limit, metering.firstSyncEvents]).toEqual([0, 0])
})

it('neither observing nor an exemption lifts it, and who was closed out of state stays so', () => {
  const lifted = liveOnly({ ...applied, enforce: 'observe', exempt: { reason: 'x' } })
  expect(lifted).toMatchObject({ enforce: 'enforce', exempt: null, version: 3 })
  const none = {
    ...defaultPolicy.windows,
    state: defaultPolicy.windows.state.map((window) => ({ ...window, limit: 0 })),
  }
  const { metering } = liveOnly({ ...applied, metering: { ...defaultPolicy, windows: none } })
  expect(metering.windows.state.every(({ limit }) => limit === 0)).toBe(true)
})

it('the same thresholds are the same object, and the person’s own are left as they were', () => {
  expect(liveOnly(applied).metering).toBe(liveOnly({ ...applied, version: 4 }).metering)
  expect(defaultPolicy.windows.archive[0]?.limit).toBeGreaterThan(0)
})
