// A device that its own person disowns: operators are owed word of it in the transaction that ends it.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { outbox } from '../../../db/schema/notify.ts'
import { auditStore } from '../../../db/stores/audit.ts'
import { owedLogoutsStore } from '../../../db/stores/devices.ts'
import { revocationsStore } from '../../../db/stores/revocations.ts'
import { auditLog } from '../../../server/audit/log.ts'
import { loadConfig } from '../../../server/config/load.ts'
import { systemClock } from '../../../server/platform/clock.ts'
import { systemRandom } from '../../../server/platform/random.ts'
import { revocationService } from '../../../server/sessions/revocation.ts'
import { disownedBy } from '../../../server/wiring/notify.ts'
import { quietLog } from '../../support/enrolment.ts'
import { gatewayWorld, type World } from '../../support/gateway-process-world.ts'

const SECRET = `whsec_${Buffer.from('a key of the tests, thirty-two by').toString('base64')}`
let world: World

beforeAll(async () => {
  world = await gatewayWorld({ gateways: 0 })
})
afterAll(() => world.stop())

function revoker(over: { append?: () => Promise<never> } = {}) {
  const { db, sealer } = world
  const loaded = loadConfig({ PALIER_WEBHOOKS: `soc https://soc.example.org/ ${SECRET}` })
  if (!loaded.ok) throw new Error('the configuration has mistakes')
  const ground = { config: loaded.config, clock: systemClock, random: systemRandom, log: quietLog, sealer, db }
  return revocationService({
    audit: { ...auditLog({ store: auditStore(db), clock: systemClock }), ...over },
    sealer,
    log: quietLog,
    revocations: revocationsStore(db),
    owedLogouts: owedLogoutsStore(db),
    homeserver: null,
    enqueueLogout: async () => undefined,
    told: disownedBy(ground),
  })
}
const told = async (device: string) =>
  (await world.db.select().from(outbox)).filter(({ payload }) => payload.includes(device))
const someone = async () => world.addDevice(await world.addPerson())

test.each(['not-me', 'three-denials'])('%s is told, once, with whose device it was', async (reason) => {
  const device = await someone()
  await revoker().revoke('device', device.id, reason)
  await revoker().revoke('device', device.id, reason)
  const [owed, ...more] = await told(device.id)
  expect(more).toEqual([])
  expect(JSON.parse(owed?.payload ?? '')).toMatchObject({
    type: 'palier.alert',
    data: {
      kind: 'device-ended',
      action: 'end',
      person: device.person.id,
      device: device.id,
      server_name: 'example.org',
    },
  })
})

test('a sign-out of one’s own is nobody else’s business', async () => {
  const device = await someone()
  await revoker().revoke('device', device.id, 'logout')
  expect(await told(device.id)).toEqual([])
})

test('what could not be ended is not told', async () => {
  const device = await someone()
  const failing = revoker({
    append: async () => {
      throw new Error('the chain is locked')
    },
  })
  await expect(failing.revoke('device', device.id, 'not-me')).rejects.toThrow('locked')
  expect(await told(device.id)).toEqual([])
})
