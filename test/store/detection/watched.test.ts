// Detection beside a gateway: it hears whose meters moved, and a device that waits for a tap has no history until there was one.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { outbox } from '../../../db/schema/notify.ts'
import { auditStore } from '../../../db/stores/audit.ts'
import { detectionStore } from '../../../db/stores/detection.ts'
import { auditLog } from '../../../server/audit/log.ts'
import { loadConfig } from '../../../server/config/load.ts'
import { defaultDetection } from '../../../server/detection/port.ts'
import type { MeteredRequest } from '../../../server/gateway/metered-port.ts'
import { systemClock } from '../../../server/platform/clock.ts'
import { systemRandom } from '../../../server/platform/random.ts'
import { newToken } from '../../../server/platform/tokens.ts'
import { defaultPolicy } from '../../../server/policy/defaults.ts'
import { constantPolicy } from '../../../server/policy/port.ts'
import { startDetection } from '../../../server/wiring/detection.ts'
import { quietLog } from '../../support/enrolment.ts'
import { gatewayWorld, type TestDevice, type World } from '../../support/gateway-process-world.ts'
import { PLAIN_SPENDING } from '../../support/spending.ts'

const SECRET = `whsec_${Buffer.from('a key of the tests, thirty-two by').toString('base64')}`
const SERVER = 'example.org'
let world: World
let detection: ReturnType<typeof startDetection>
const ended: string[] = []

beforeAll(async () => {
  world = await gatewayWorld({ gateways: 0 })
  const loaded = loadConfig({ PALIER_WEBHOOKS: `soc https://soc.example.org/ ${SECRET}` })
  if (!loaded.ok) throw new Error('the configuration has mistakes')
  const { db, sealer } = world
  const ground = { config: loaded.config, clock: systemClock, random: systemRandom, log: quietLog, sealer, db }
  detection = startDetection(ground, {
    audit: auditLog({ store: auditStore(db), clock: systemClock }),
    revoker: {
      revoke: (kind, subject, reason) => {
        ended.push(`${kind} ${subject} ${reason}`)
        return world.revoker.revoke(kind, subject, reason)
      },
    },
    metrics: { count: () => undefined, set: () => undefined, observe: () => undefined },
    policies: {
      ...constantPolicy(defaultPolicy, 'enforce'),
      detection: () => ({ ...defaultDetection, actions: { ...defaultDetection.actions, 'live-ceiling': 'end' } }),
    },
  })
})
afterAll(async () => {
  await detection.stop()
  await world.stop()
})

const someone = async () => world.addDevice(await world.addPerson())
const spenderOf = (device: TestDevice) => ({ serverName: SERVER, personId: device.person.id, device: device.id })
const spending = (device: TestDevice, over: { live?: number; archive?: number } = {}) => ({
  ...spenderOf(device),
  streams: over.archive === undefined ? {} : { archive: { hashes: [], bare: over.archive } },
  ...PLAIN_SPENDING,
  live: over.live ?? 0,
})
const reserving = (device: TestDevice) => ({
  ...spenderOf(device),
  id: newToken('reservation', systemRandom),
  network: '127.0.0.0/24',
  client: 'test',
  room: '!a',
  direction: 'backward',
  events: 10,
  idle: false,
  requestHash: newToken('reservation', systemRandom),
})
/** A request as the pipeline is handed one, as far as detection looks at it. */
const requestOf = (device: TestDevice, kind: 'person' | 'service' = 'person') =>
  ({
    caller: { ...spenderOf(device), kind },
    origin: { network: '127.0.0.0/24', client: 'test', address: '127.0.0.1' },
  }) as MeteredRequest

/** Has a device pass the ceiling of new messages within a request. */
async function passTheCeiling(device: TestDevice, kind: 'person' | 'service' = 'person'): Promise<void> {
  const meters = detection.meters(world.meters)
  await detection.metered(async () => void (await meters.spend(spending(device, { live: 6_000 }))))(
    requestOf(device, kind),
  )
}
const toldOf = async (device: TestDevice) =>
  (await world.db.select().from(outbox)).filter(({ payload }) => payload.includes(device.id))

test('a device that passes a ceiling is looked at after its request, as policy says, and word of it is owed', async () => {
  const device = await someone()
  await passTheCeiling(device)
  await expect.poll(() => toldOf(device)).toHaveLength(1)
  const [owed] = await toldOf(device)
  expect(owed).toMatchObject({ channel: 'webhook', target: 'soc' })
  expect(JSON.parse(owed?.payload ?? '')).toMatchObject({
    data: { kind: 'live-ceiling', action: 'end', person: device.person.id },
  })
  expect(ended).toContain(`device ${device.id} revoked`)
})

test('a service is left to its own limits', async () => {
  const [service, device] = [await someone(), await someone()]
  await passTheCeiling(service, 'service')
  await passTheCeiling(device)
  await expect.poll(() => toldOf(device)).toHaveLength(1)
  expect(await toldOf(service)).toEqual([])
})

test('a device that waits for a tap is refused as idle, its other requests too, until a tap', async () => {
  const [device, other] = [await someone(), await someone()]
  const meters = detection.meters(world.meters)
  expect((await meters.reserve(reserving(device))).state).toBe('granted')
  await world.db.transaction((tx) => detectionStore(world.db).askForTap(device.id, tx))
  await expect.poll(async () => meters.reserve(reserving(device))).toMatchObject({ state: 'refused', reason: 'idle' })
  expect(await meters.spend(spending(device, { archive: 1 }))).toMatchObject({ state: 'short', meter: 'archive' })
  expect((await meters.spend(spending(device, { live: 3 }))).state).toBe('paid')
  expect((await meters.reserve(reserving(other))).state).toBe('granted')
  await world.sql`update devices set last_tap_at = now() + interval '1 second' where id = ${device.id}`
  await expect.poll(async () => (await meters.reserve(reserving(device))).state).toBe('granted')
})
