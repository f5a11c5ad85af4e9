// Ways into a room, and rows by names that move: nothing is entered or told again for free because it was asked for otherwise.
import { describe, expect, it } from 'vitest'
import type { KnownDevice } from '../../support/metered-gateway.ts'
import { type Arrival, json } from '../../support/rigged-homeserver.ts'
import { SMALL, serve } from '../../support/surface.ts'
import { C, gateway, prompts, used, world } from '../../support/surface-world.ts'

const LIMIT = SMALL.joins as number

describe('a membership written as state', () => {
  const put = async (device: KnownDevice, path: string, body: string) => {
    const answer = await fetch(gateway.url + path, {
      method: 'PUT',
      headers: { authorization: `Bearer ${device.token}`, 'user-agent': 'test', 'x-forwarded-for': '192.0.2.1' },
      body,
    })
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
  }
  const memberIn = (room: string, who = '@me:example.org') =>
    `${C}/rooms/${room}:example.org/state/m.room.member/${encodeURIComponent(who)}`

  it.each(['join', 'knock'])(
    '%s is a room entered, and paid for before the homeserver hears of it',
    async (membership) => {
      const ada = await world.device()
      const bodies: unknown[] = []
      world.homeserver.rig = async ({ req }: Arrival, res) => {
        const chunks: Buffer[] = []
        for await (const chunk of req) chunks.push(chunk as Buffer)
        bodies.push(JSON.parse(Buffer.concat(chunks).toString()))
        json(res, 200, { event_id: '$joined', state: [{ content: {} }] })
      }
      const content = { membership, displayname: 'Ada' }
      for (let room = 0; room < LIMIT; room++) {
        const answer = await put(ada, memberIn(`!${membership}${room}`), JSON.stringify(content))
        expect(answer).toEqual({ status: 200, body: { event_id: '$joined' } })
      }
      expect(bodies).toEqual(Array.from({ length: LIMIT }, () => content))
      expect(await used(ada, 'joins')).toBe(LIMIT)
      // Once more costs nothing, and another room waits, whatever the other spelling of its membership.
      expect((await put(ada, memberIn(`!${membership}0`), JSON.stringify(content))).status).toBe(200)
      const before = world.homeserver.arrivals.length
      expect((await put(ada, memberIn('!more'), JSON.stringify(content))).status).toBe(429)
      expect((await put(ada, memberIn('!more'), `{"membership":"leave","membership":"${membership}"}`)).status).toBe(
        429,
      )
      expect((await put(ada, `${memberIn('!more')}?org.matrix.msc4140.delay=1`, JSON.stringify(content))).status).toBe(
        429,
      )
      expect((await gateway.post(ada, `${C}/join/!more:example.org`, {})).status).toBe(429)
      expect(world.homeserver.arrivals).toHaveLength(before)
      expect(await prompts.tap()).toMatchObject({ meter: 'joins', direction: 'join', rooms: [] })
      expect((await put(ada, memberIn('!more'), JSON.stringify(content))).status).toBe(200)
    },
  )

  it.each(['invite', 'leave', 'ban'])('%s costs nothing, and goes on as it is', async (membership) => {
    const ada = await world.device()
    world.homeserver.rig = serve({ event_id: '$done' })
    for (let room = 0; room <= LIMIT; room++) {
      const answer = await put(ada, memberIn('!r', `@p${room}:example.org`), JSON.stringify({ membership }))
      expect(answer).toEqual({ status: 200, body: { event_id: '$done' } })
    }
    expect(await used(ada, 'joins')).toBe(0)
  })

  it('is not read in two ways: a body that is no object does not pass, other state and reading it are as before', async () => {
    const ada = await world.device()
    for (const body of ['[]', '"join"', '{"membership":"join"', 'null'])
      expect([body, (await put(ada, memberIn('!r'), body)).status]).toEqual([body, 400])
    expect(world.homeserver.arrivals).toHaveLength(0)
    expect((await put(ada, `${C}/rooms/!r:example.org/state/m.room%2Emember/@me:example.org`, '{}')).status).toBe(400)
    world.homeserver.rig = serve({ membership: 'join' })
    expect((await put(ada, `${C}/rooms/!r:example.org/state/m.room.topic/`, '{"topic":"x"}')).status).toBe(200)
    expect((await gateway.get(ada, memberIn('!r'))).status).toBe(200)
    expect([await used(ada, 'joins'), await used(ada, 'state')]).toEqual([0, 1])
  })
})

it('a room entered by an alias is paid for each time: whoever keeps the alias may name another room by it', async () => {
  const ada = await world.device()
  world.homeserver.rig = serve(() => ({ room_id: '!another:example.org' }))
  const statuses: number[] = []
  for (let join = 0; join <= LIMIT; join++)
    statuses.push((await gateway.post(ada, `${C}/join/%23mine:elsewhere.org`, {})).status)
  expect(statuses).toEqual([...Array.from({ length: LIMIT }, () => 200), 429])
})

it('a room looked at by an alias is a row each time, by its id once', async () => {
  const ada = await world.device()
  world.homeserver.rig = serve({ room_id: '!r:example.org', name: 'x' })
  const summary = '/_matrix/client/v1/room_summary'
  for (let row = 0; row < 3; row++) {
    expect((await gateway.get(ada, `${summary}/%23mine:elsewhere.org`)).status).toBe(200)
    expect((await gateway.get(ada, `${summary}/!r:example.org`)).status).toBe(200)
  }
  expect(await used(ada, 'directory')).toBe(4)
})

it('the rooms shared with one person, and those shared with another, are other rows', async () => {
  const ada = await world.device()
  world.homeserver.rig = serve({ joined: ['!a:example.org', '!b:example.org'] })
  const shared = (who: string) => gateway.get(ada, `/_matrix/client/v1/user/mutual_rooms?user_id=${who}`)
  for (const who of ['@b:x', '@c:x', '@b:x']) expect((await shared(who)).status).toBe(200)
  expect(await used(ada, 'directory')).toBe(4)
})
