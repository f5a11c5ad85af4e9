// A device that came in with a temporary pass: what comes in now reaches it, nothing of before does, and no tap changes that.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { policiesByKind, stepUpByKind } from '../../../server/gateway/kinds.ts'
import { systemClock } from '../../../server/platform/clock.ts'
import { constantPolicy } from '../../../server/policy/port.ts'
import {
  type KnownDevice,
  type MeteredGateway,
  messages,
  meteredGateway,
  smallPolicy,
} from '../../support/metered-gateway.ts'
import { json, oldEvents } from '../../support/rigged-homeserver.ts'
import {
  classicBody,
  classicRoom,
  classicTimeline,
  events,
  live,
  members,
  slidingBody,
  slidingRoom,
  syncing,
  YEAR,
} from '../../support/sync-world.ts'

let world: MeteredGateway
let gateway: Awaited<ReturnType<MeteredGateway['gateway']>>
let on: ReturnType<typeof syncing>
let asked = 0
beforeAll(async () => {
  world = await meteredGateway()
  const request: typeof world.stepUp.request = (ask) => {
    asked += 1
    return world.stepUp.request(ask)
  }
  gateway = await world.gateway({
    // Observed only: it changes nothing for a pass.
    policies: policiesByKind(constantPolicy(smallPolicy, 'observe')),
    stepUp: stepUpByKind({ ...world.stepUp, request }, { clock: systemClock, spent: () => undefined }),
  })
  on = syncing(world, gateway)
})
afterAll(() => world.stop())

async function pass(): Promise<KnownDevice> {
  const device = await world.device()
  device.caller.temporary = true
  return device
}

const ROOM = '/_matrix/client/v3/rooms/!a%3Aexample.org'

describe('a temporary pass', () => {
  it('gets new messages, memberships and keys through /sync, and not one old event, at its first sync and later', async () => {
    const ada = await pass()
    ada.caller.firstSyncUntilMs = Date.now() + 600_000
    const now = live(2)
    const state = { events: members(3, YEAR) }
    const given = classicBody({
      '!a': classicRoom([...events(5, YEAR), ...now], { state }),
      '!b': classicRoom(events(1, YEAR)),
    })
    on.serve(given)
    const answer = await on.classic(ada)
    expect(classicTimeline(answer, '!a')).toMatchObject({ events: now, limited: true })
    expect(classicTimeline(answer, '!b').events).toEqual([])
    expect(answer.body.rooms.join['!a'].state).toEqual(state)
    expect(answer.body.to_device).toEqual(given.to_device)
    const later = classicBody({ '!a': classicRoom([...events(4, 3_600_000), ...live()]) })
    on.serve(later)
    expect(classicTimeline(await on.classic(ada, `?since=${given.next_batch}`), '!a').events).toHaveLength(1)
    expect(await world.hour(ada)).toEqual({ used: 0, held: 0 })
  })

  it('does so through sliding sync as well', async () => {
    const ada = await pass()
    const now = live()
    on.serve(slidingBody({ '!a': slidingRoom([...events(5, YEAR), ...now]) }))
    const answer = await on.sliding(ada)
    expect(answer.body.rooms['!a'].timeline).toEqual(now)
  })

  it.each([
    ['a room’s history', messages('!a:example.org', 't', 10), { chunk: oldEvents('c', 0, 3) }],
    ['one event', `${ROOM}/event/%24e`, oldEvents('c', 0, 1)[0]],
    ['the directory', '/_matrix/client/v3/publicRooms', { chunk: [{ room_id: '!a' }] }],
    ['the backup of keys', '/_matrix/client/v3/room_keys/keys?version=1', { rooms: { '!a': { sessions: { s: {} } } } }],
    ['files', '/_matrix/client/v1/media/download/example.org/abc', { bytes: 'x' }],
  ])('is refused %s, and nobody is asked to tap', async (_what, target, body) => {
    const ada = await pass()
    asked = 0
    world.homeserver.rig = (_arrival, res) => json(res, 200, body)
    const answer = await gateway.get(ada, target)
    expect(answer).toMatchObject({ status: 429, body: { errcode: 'M_LIMIT_EXCEEDED' } })
    expect(answer.body).not.toHaveProperty('approval_uri')
    expect(asked).toBe(0)
    const plain = await world.device()
    expect((await gateway.get(plain, target)).status).toBe(200)
  })

  it('is given nothing by an approval that was asked for in its name all the same', async () => {
    const ada = await pass()
    await world.sql`update devices set acr = 'temporary' where id = ${ada.id}`
    const approval = await world.stepUp.request({
      caller: ada.caller,
      origin: { network: '192.0.2.0/24', client: 'test' } as never,
      meter: 'archive',
      rooms: ['!a:example.org'],
      direction: 'backward',
      reason: 'archive-exhausted',
    })
    await expect(world.approve(approval.approvalUri)).rejects.toThrow('device-ended')
  })
})
