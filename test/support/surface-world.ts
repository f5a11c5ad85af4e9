// The gateway on a real database with the thresholds of surface.ts, for one file of tests: importing it starts it, and ends it.
import { afterAll, beforeAll, beforeEach } from 'vitest'
import { constantPolicy } from '../../server/policy/port.ts'
import { type KnownDevice, type MeteredGateway, meteredGateway } from './metered-gateway.ts'
import { type Arrival, honest } from './rigged-homeserver.ts'
import { surfacePolicy, taps } from './surface.ts'

export let world: MeteredGateway
export let gateway: Awaited<ReturnType<MeteredGateway['gateway']>>
export let prompts: ReturnType<typeof taps>
beforeAll(async () => {
  world = await meteredGateway()
  prompts = taps(world)
  const { stepUp, clock } = prompts
  gateway = await world.gateway({ policies: constantPolicy(surfacePolicy, 'enforce'), stepUp, clock })
})
afterAll(() => world.stop())
beforeEach(() => {
  world.homeserver.rig = honest
  world.homeserver.arrivals.length = 0
  gateway.lines.length = 0
  prompts.asks.length = 0
})

export const C = '/_matrix/client/v3'
export const ROOM = `${C}/rooms/!r:example.org`
export const used = async ({ person }: KnownDevice, meter: string): Promise<number> => {
  const readings = await world.meters.remaining('example.org', person.id)
  return readings.find((reading) => reading.meter === meter)?.used ?? 0
}
export const limitOf = ({ query }: Arrival) => Number(query.get('limit'))
export const line = () => gateway.lines.at(-1)
export const bodyOf = async ({ req }: Arrival): Promise<Record<string, unknown>> => {
  const chunks: Buffer[] = []
  for await (const chunk of req) chunks.push(chunk as Buffer)
  return JSON.parse(Buffer.concat(chunks).toString() || '{}') as Record<string, unknown>
}
