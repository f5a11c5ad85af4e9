// Files, and what holds for every meter: exemptions, requests that are held, and the meters away.
import { gzipSync } from 'node:zlib'
import { beforeAll, describe, expect, it } from 'vitest'
import { constantPolicy } from '../../../server/policy/port.ts'
import type { KnownDevice } from '../../support/metered-gateway.ts'
import { honest, json, oldEvents } from '../../support/rigged-homeserver.ts'
import { PLAIN_SPENDING } from '../../support/spending.ts'
import { listed, members, SMALL, searchAnswer, serve, stateRows, surfacePolicy } from '../../support/surface.ts'
import { C, gateway, line, prompts, ROOM, used, world } from '../../support/surface-world.ts'

describe('files', () => {
  const MEDIA = '/_matrix/client/v1/media'
  const file =
    (bytes: number, headers: Record<string, string> = {}): ReturnType<typeof serve> =>
    (arrival, res) => {
      if (!arrival.path.includes('/media/')) return honest(arrival, res)
      res.writeHead(200, { 'content-length': bytes, 'content-type': 'image/png', ...headers }).end('x'.repeat(bytes))
    }
  const download = async (device: KnownDevice, path: string, init: RequestInit = {}) => {
    const answer = await fetch(gateway.url + MEDIA + path, {
      ...init,
      redirect: 'manual',
      headers: {
        authorization: `Bearer ${device.token}`,
        'user-agent': 'test',
        'x-forwarded-for': '192.0.2.1',
        ...init.headers,
      },
    })
    return { status: answer.status, headers: answer.headers, bytes: (await answer.arrayBuffer()).byteLength }
  }

  it('cost their bytes, and a file each, once in ten minutes', async () => {
    const ada = await world.device()
    world.homeserver.rig = file(1_000)
    for (const id of ['a', 'b', 'a', 'a']) {
      expect(await download(ada, `/download/example.org/${id}`)).toMatchObject({ status: 200, bytes: 1_000 })
    }
    expect([await used(ada, 'media-bytes'), await used(ada, 'media-files')]).toEqual([4_000, 2])
    expect(line()).toMatchObject({ decision: 'released', units: ['media-bytes=1000', 'media-files=1'] })
  })

  it('past the threshold of bytes or of files leave not a byte, until a tap for both', async () => {
    const ada = await world.device()
    world.homeserver.rig = file(9_000)
    expect((await download(ada, '/download/example.org/a')).status).toBe(200)
    const refused = await download(ada, '/download/example.org/b')
    expect(refused.status).toBe(429)
    expect(refused.bytes).toBeLessThan(500)
    expect(line()).toMatchObject({ decision: 'withheld', reason: 'media-bytes-exhausted', meter: 'media-bytes' })
    await prompts.tap()
    expect(await download(ada, '/download/example.org/b')).toMatchObject({ status: 200, bytes: 9_000 })

    const bob = await world.device()
    world.homeserver.rig = file(1)
    for (let index = 0; index < 5; index++) await download(bob, `/thumbnail/example.org/${index}?width=800&height=600`)
    expect((await download(bob, '/thumbnail/example.org/9?width=800&height=600')).status).toBe(429)
    expect(line()).toMatchObject({ reason: 'media-files-exhausted' })
    // A face in a list costs its bytes only.
    expect((await download(bob, '/thumbnail/example.org/9?width=96&height=96&method=crop')).status).toBe(200)
    // Scaled, it is as large as the homeserver has it.
    for (const scaled of ['', '&method=scale', '&method=Crop'])
      expect((await download(bob, `/thumbnail/example.org/9?width=96&height=96${scaled}`)).status).toBe(429)
  })

  it('unchanged ones cost nothing; an error costs nothing', async () => {
    const ada = await world.device()
    world.homeserver.rig = (_arrival, res) => void res.writeHead(304, { etag: '"1"' }).end()
    expect((await download(ada, '/download/example.org/a', { headers: { 'if-none-match': '"1"' } })).status).toBe(304)
    world.homeserver.rig = (_arrival, res) => json(res, 404, { errcode: 'M_NOT_FOUND', error: 'no' })
    expect((await download(ada, '/download/example.org/a')).status).toBe(404)
    expect([await used(ada, 'media-bytes'), await used(ada, 'media-files')]).toEqual([0, 0])
  })

  it('HEAD is counted as GET', async () => {
    const ada = await world.device()
    world.homeserver.rig = file(700)
    expect(await download(ada, '/download/example.org/a', { method: 'HEAD' })).toMatchObject({ status: 200, bytes: 0 })
    expect(await used(ada, 'media-bytes')).toBe(700)
  })

  it('are never to be had elsewhere: a redirect is refused, and not asked for', async () => {
    const ada = await world.device()
    world.homeserver.rig = (_arrival, res) => void res.writeHead(307, { location: 'https://store.example/file' }).end()
    const { status, headers } = await download(ada, '/download/example.org/a?allow_redirect=true')
    expect([status, headers.get('location')]).toEqual([502, null])
    expect(world.homeserver.arrivals[0]?.query.get('allow_redirect')).toBe('false')
    expect(line()).toMatchObject({ decision: 'failed', reason: 'upstream-redirect' })
  })

  it('of unknown length are counted before they leave; compressed ones do not leave', async () => {
    const ada = await world.device()
    world.homeserver.rig = (_arrival, res) => {
      res.write('x'.repeat(600))
      res.end('y'.repeat(600))
    }
    expect(await download(ada, '/download/example.org/a')).toMatchObject({ status: 200, bytes: 1_200 })
    expect(await used(ada, 'media-bytes')).toBe(1_200)
    world.homeserver.rig = (_arrival, res) => {
      const body = gzipSync('x'.repeat(100_000))
      res.writeHead(200, { 'content-encoding': 'gzip', 'content-length': body.length }).end(body)
    }
    expect((await download(ada, '/download/example.org/b')).status).toBe(502)
  })

  it('64 at once get the threshold of bytes and not one byte more', async () => {
    const ada = await world.device()
    world.homeserver.rig = file(3_000)
    const answers = await Promise.all(Array.from({ length: 64 }, () => download(ada, '/download/example.org/same')))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(3)
  })
})

describe('who is exempt, or only observed', () => {
  it('gets everything, counted, and the line says so', async () => {
    const applied = (exempt: { reason: string } | null, enforce: 'observe' | 'enforce') => ({
      for: () => ({ metering: surfacePolicy, enforce, exempt, version: 7 }),
      base: () => surfacePolicy,
    })
    const ada = await world.deviceWith(0)
    for (const [policies, reason] of [
      [applied({ reason: 'the archivist' }, 'enforce'), 'exempt'],
      [applied(null, 'observe'), 'observed'],
    ] as const) {
      const free = await world.gateway({ policies, stepUp: prompts.stepUp })
      world.homeserver.rig = serve(stateRows(100))
      expect((await free.get(ada, `${ROOM}/state`)).body).toHaveLength(100)
      expect(free.lines.at(-1)).toMatchObject({ decision: 'released', reason, wouldBe: 'withheld', policyVersion: 7 })
      world.homeserver.rig = serve({ chunk: oldEvents('x', 0, 9) })
      expect((await free.get(ada, `${ROOM}/messages?dir=b&from=s-0`)).body.chunk).toHaveLength(9)
      expect(free.lines.at(-1)).toMatchObject({ reason, wouldBe: 'withheld', units: ['archive=9'] })
      world.homeserver.rig = serve({ room_id: '!r' })
      for (let index = 0; index < 5; index++) {
        expect((await free.post(ada, `${C}/join/!${reason}${index}:example.org`, {})).status).toBe(200)
      }
    }
    expect(prompts.asks).toEqual([])
  })
})

describe('a request that is held', () => {
  const FILE = 'x'.repeat(9_500)
  /** What each asks for, past its threshold from the start. */
  const HELD: readonly (readonly [string, object | null, string])[] = [
    [`${C}/search`, { search_categories: { room_events: { search_term: 'x', filter: { limit: 5 } } } }, 'archive'],
    [`${ROOM}/state`, null, 'state'],
    [`${C}/user_directory/search`, { search_term: 'a' }, 'directory'],
    [`${C}/room_keys/keys?version=1`, null, 'key-backup'],
    [`${C}/join/!fourth:example.org`, {}, 'joins'],
    [
      `${C}/pushers/set`,
      { kind: 'http', app_id: 'a', pushkey: 'k', data: { url: 'https://push.example.org/' } },
      'pushers',
    ],
    ['/_matrix/client/v1/media/download/example.org/second', null, 'media-bytes'],
  ]
  let holding: typeof gateway
  beforeAll(async () => {
    holding = await world.gateway({
      policies: constantPolicy(surfacePolicy, 'enforce'),
      clock: prompts.clock,
      config: { holdSeconds: 20, pushGateways: [] },
      // The person taps while the request waits.
      stepUp: {
        ...prompts.stepUp,
        decided: async () => {
          await prompts.tap()
          return 'approved'
        },
      },
    })
  })

  it.each(HELD)('%s goes through with the tap', async (path, content, meter) => {
    const ada = await world.deviceWith(0)
    const spender = { serverName: 'example.org', personId: ada.person.id, device: ada.id, policy: surfacePolicy }
    const streams = Object.fromEntries(
      Object.entries(SMALL).map(([one, limit]) => [one, { hashes: [], bare: one === 'media-bytes' ? 9_500 : limit }]),
    )
    expect(
      await world.meters.spend({
        ...spender,
        ...PLAIN_SPENDING,
        streams: { ...streams, 'media-files': { hashes: [], bare: 1 } },
      }),
    ).toMatchObject({ state: 'paid' })
    world.homeserver.rig = (arrival, res) => {
      if (arrival.path.includes('/media/')) res.writeHead(200, { 'content-length': FILE.length }).end(FILE)
      else if (arrival.path.endsWith('/search') && meter === 'archive') json(res, 200, searchAnswer(5))
      else if (arrival.path.endsWith('/state')) json(res, 200, stateRows(3))
      else if (arrival.path.endsWith('/search')) json(res, 200, { results: listed(3, 'user_id', '@q') })
      else if (arrival.path.endsWith('/keys')) json(res, 200, { rooms: { '!r': { sessions: members(3) } } })
      else json(res, 200, { room_id: '!fourth', pushers: [] })
    }
    holding.lines.length = 0
    const answer = await fetch(holding.url + path, {
      headers: { authorization: `Bearer ${ada.token}`, 'user-agent': 'test', 'x-forwarded-for': '192.0.2.1' },
      ...(content ? { method: 'POST', body: JSON.stringify(content) } : {}),
    })
    expect([answer.status, (await answer.text()).length > 1]).toEqual([200, true])
    expect(prompts.asks).toMatchObject([{ meter }])
    expect(holding.lines).toMatchObject([{ decision: 'released', reason: 'approved', source: 'allowance' }])
  })
})

describe('the meters away', () => {
  it.each([
    ['GET', `${ROOM}/state`],
    ['POST', `${C}/user_directory/search`],
    ['POST', `${C}/search`],
    ['POST', `${C}/join/!r:example.org`],
    ['GET', '/_matrix/client/v1/media/download/example.org/a'],
    ['GET', `${C}/room_keys/keys/!r/s?version=1`],
  ])('%s %s is closed, and open to those who are only observed', async (method, path) => {
    const ada = await world.device()
    const lost = async (): Promise<never> => {
      throw new Error('the database is away')
    }
    const meters = { ...world.meters, spend: lost, reserve: lost, settle: lost }
    world.homeserver.rig = (arrival, res) => {
      if (arrival.path.includes('/media/')) res.writeHead(200, { 'content-length': 4 }).end('file')
      else
        json(
          res,
          200,
          arrival.path.endsWith('/state') ? stateRows(3) : { room_id: '!r', results: listed(1, 'user_id', '@q') },
        )
    }
    const body = { search_categories: { room_events: { search_term: 'x' } } }
    const ask = (from: typeof gateway) =>
      fetch(from.url + path, {
        method,
        headers: { authorization: `Bearer ${ada.token}` },
        ...(method === 'POST' ? { body: JSON.stringify(body) } : {}),
      })
    const { stepUp } = prompts
    const closed = await ask(
      await world.gateway({ policies: constantPolicy(surfacePolicy, 'enforce'), stepUp, meters }),
    )
    expect([closed.status, await closed.text()]).toEqual([503, expect.stringContaining('cannot be read right now')])
    const observing = await world.gateway({ policies: constantPolicy(surfacePolicy, 'observe'), stepUp, meters })
    expect((await ask(observing)).status).toBe(200)
  })
})
