import { describe, expect, it } from 'vitest'
import { bounded, onlyJoinedRooms, onlyRooms } from '../../../server/gateway/bounds.ts'
import { type Classified, classify } from '../../../server/gateway/classify.ts'
import { asNamed, policiesByKind, withinRooms, withLimits } from '../../../server/gateway/kinds.ts'
import type { MeteredRequest, UpstreamAnswer, UpstreamFailure } from '../../../server/gateway/metered-port.ts'
import { defaultPolicy } from '../../../server/policy/defaults.ts'
import { constantPolicy, type PolicySubject } from '../../../server/policy/port.ts'
import type { Caller } from '../../../server/sessions/caller.ts'
import { dayFor } from '../../../server/sessions/existing.ts'
import { mayActAs } from '../../../server/sessions/service.ts'
import { CALLER } from './support.ts'

const MINE = '!mine:example.org'

describe('cutting an answer to some rooms', () => {
  it('leaves out every other room of every section, named or not, and touches nothing else', () => {
    const answer = {
      next_batch: 's',
      account_data: { events: [1] },
      rooms: { join: { [MINE]: 1, '!b': 2 }, leave: { '!c': 3 }, 'org.example.new': { '!d': 4, [MINE]: 5 }, odd: [6] },
    }
    expect(onlyRooms(answer, [MINE])).toEqual({
      next_batch: 's',
      account_data: { events: [1] },
      rooms: { join: { [MINE]: 1 }, leave: {}, 'org.example.new': { [MINE]: 5 }, odd: {} },
    })
  })

  it.each([[{ rooms: null }], [{ rooms: [] }], [{ rooms: 'x' }], [{}]])('takes %j as it is', (answer) => {
    expect(onlyRooms(answer, [MINE])).toEqual(answer)
  })

  it('is not fooled by names of the language', () => {
    const answer = JSON.parse('{"rooms":{"join":{"__proto__":{"a":1},"constructor":{"b":2}}}}') as Record<
      string,
      unknown
    >
    expect(JSON.stringify(onlyRooms(answer, [MINE]))).toBe('{"rooms":{"join":{}}}')
  })

  it('tells of joined rooms those only, whatever the homeserver says', () => {
    expect(onlyJoinedRooms({ joined_rooms: [MINE, '!b', 3, null] }, [MINE])).toEqual({ joined_rooms: [MINE] })
    expect(onlyJoinedRooms({ joined_rooms: { [MINE]: 1 }, more: '!b' }, [MINE])).toEqual({ joined_rooms: [] })
  })

  const body = (text: string | Uint8Array): UpstreamAnswer => ({
    ok: true,
    status: 200,
    headers: [],
    body: typeof text === 'string' ? new TextEncoder().encode(text) : text,
  })
  async function seen(answer: UpstreamAnswer | UpstreamFailure, row = 'sync') {
    let got: UpstreamAnswer | UpstreamFailure | null = null
    const wrapped = withinRooms(async (request) => {
      got = await request.send()
    })
    const request = {
      caller: { ...CALLER, kind: 'service', rooms: [MINE] },
      route: { row: { id: row } },
      send: async () => answer,
    } as unknown as MeteredRequest
    await wrapped(request)
    return got as UpstreamAnswer | UpstreamFailure | null
  }

  it('shows nothing of what it cannot read', async () => {
    for (const text of ['{"rooms":{"join":{"!b":1}', '[]', 'null', '1', new Uint8Array([0x7b, 0xff, 0x7d])])
      expect(await seen(body(text))).toEqual({ ok: false, reason: 'died', sent: true })
  })

  it('reads a key that is there twice once, as it sends it on', async () => {
    const twice = await seen(body(`{"rooms":{"join":{}},"rooms":{"join":{"!b":1,"${MINE}":2}}}`))
    expect(new TextDecoder().decode((twice as UpstreamAnswer).body)).toBe(`{"rooms":{"join":{"${MINE}":2}}}`)
  })

  it('takes into memory whatever the pipeline would have put on disk', async () => {
    const asked: unknown[] = []
    const request = {
      caller: { ...CALLER, kind: 'service', rooms: [MINE] },
      route: { row: { id: 'sync' } },
      send: async (how: unknown) => {
        asked.push(how)
        return body('{}')
      },
    } as unknown as MeteredRequest
    await withinRooms(async (wrapped) => void (await wrapped.send({ spool: 'unread', timeoutMs: 5 })))(request)
    expect(asked).toEqual([{ timeoutMs: 5 }])
  })

  it('leaves errors and other routes as they are', async () => {
    const failure: UpstreamFailure = { ok: false, reason: 'timeout', sent: true }
    expect(await seen(failure)).toBe(failure)
    const refused = { ...body('{"errcode":"M_UNKNOWN"}'), status: 403 }
    expect(await seen(refused)).toBe(refused)
    const other = body('{"rooms":{"join":{"!b":1}}}')
    expect(await seen(other, 'rooms.messages')).toBe(other)
  })
})

describe('a service of some rooms', () => {
  const service: Caller = {
    ...CALLER,
    kind: 'service',
    rooms: [MINE],
    service: {
      name: 'bot',
      userId: CALLER.userId,
      networks: ['192.0.2.0/24'],
      namespace: [],
      sponsorId: 'per_1',
      limits: {},
    },
  }
  it.each([
    ['POST', 'createRoom'],
    ['PUT', 'createRoom/txn'],
    ['GET', 'rooms/!other:example.org/messages'],
    ['GET', `../v1/rooms/${MINE}/hierarchy`],
    ['POST', 'search'],
  ])('%s %s is not for it', (method, path) => {
    const { pathname } = new URL(`https://x/_matrix/client/v3/${path}`)
    const route = classify(method, pathname) as Classified
    expect(bounded(service, route, '192.0.2.7')).toMatchObject({ refused: { status: 403 } })
  })
})

describe('an application service that speaks for a user', () => {
  async function targets(kind: Caller['kind'], userId: string | null): Promise<(string | undefined)[]> {
    const sent: (string | undefined)[] = []
    const request = {
      caller: { ...CALLER, kind },
      route: { row: { id: 'sync' }, query: { first: () => userId } },
      send: async (asked?: { target?: string }) => void sent.push(asked?.target),
      sendStreaming: async (asked?: { target?: string }) => void sent.push(asked?.target),
    } as unknown as MeteredRequest
    await asNamed(async (wrapped) => {
      await wrapped.send()
      await wrapped.send({ target: '/context/x' })
      await wrapped.send({ target: '/context/x?limit=0' })
      await wrapped.sendStreaming({ target: '/media?user_id=%40b' })
    })(request)
    return sent
  }

  it('does so in what the gateway asks on the way too', async () => {
    const named = 'user_id=%40a%3Ab%26limit%3D9'
    expect(await targets('service', '@a:b&limit=9')).toEqual([
      undefined,
      `/context/x?${named}`,
      `/context/x?limit=0&${named}`,
      '/media?user_id=%40b',
    ])
  })

  it('and nobody else does', async () => {
    const plain = [undefined, '/context/x', '/context/x?limit=0', '/media?user_id=%40b']
    expect(await targets('person', '@a:b')).toEqual(plain)
    expect(await targets('service', null)).toEqual(plain)
  })
})

describe('policy by kind of caller', () => {
  const policies = policiesByKind(constantPolicy(defaultPolicy, 'enforce'))

  it('a person’s is as it was, and a client from before the gateway is observed', () => {
    expect(policies.for(CALLER)).toMatchObject({ enforce: 'enforce', metering: defaultPolicy })
    const existing: Caller = { ...CALLER, kind: 'existing' }
    expect(policies.for(existing)).toMatchObject({ enforce: 'observe', metering: defaultPolicy })
  })

  it('a service’s limits are by the day, and the meters not named keep theirs', () => {
    const { windows } = withLimits(defaultPolicy, { archive: 5_000, joins: 0 })
    expect(windows.archive.map(({ windowSeconds, limit }) => [windowSeconds, limit])).toEqual([
      [3_600, 5_000],
      [86_400, 5_000],
      [2_592_000, 150_000],
    ])
    expect(windows.joins.every(({ limit }) => limit === 0)).toBe(true)
    expect(windows.directory).toEqual(defaultPolicy.windows.directory)
    // Windows keep their lengths and sub-buckets: the rings in the database are laid out by them.
    expect(windows.archive.map(({ buckets }) => buckets)).toEqual(
      defaultPolicy.windows.archive.map(({ buckets }) => buckets),
    )
  })

  it('a service is itself, whomever it speaks for and whatever it is called', () => {
    const asked: PolicySubject[] = []
    const bridge: Caller = {
      ...CALLER,
      kind: 'service',
      userId: '@_irc_exempt:example.org',
      client: 'element-bridge',
      service: {
        name: 'element-bridge',
        userId: '@bridge:example.org',
        networks: [],
        namespace: ['@_irc_*:example.org'],
        sponsorId: 'per_1',
        limits: {},
      },
    }
    const constant = constantPolicy(defaultPolicy, 'enforce')
    policiesByKind({
      ...constant,
      for: (subject: PolicySubject) => {
        asked.push(subject)
        return constant.for(subject)
      },
    }).for(bridge)
    expect(asked).toMatchObject([{ userId: '@bridge:example.org', client: '' }])
  })

  it('a limit of its own opens nothing that the policy closes, as an emergency does', () => {
    const closed = {
      ...defaultPolicy,
      rooms: { ...defaultPolicy.rooms, limit: 0 },
      windows: {
        ...defaultPolicy.windows,
        archive: defaultPolicy.windows.archive.map((one) => ({ ...one, limit: 0 })),
      },
    }
    const { windows, rooms } = withLimits(closed, { archive: 5_000, rooms: 9 })
    expect(windows.archive.every(({ limit }) => limit === 0)).toBe(true)
    expect(rooms.limit).toBe(0)
    expect(withLimits(defaultPolicy, { rooms: 9 }).rooms.limit).toBe(9)
  })

  it('a limit for a meter that there is not changes nothing', () => {
    expect(withLimits(defaultPolicy, { __proto__: 1, constructor: 2, nothing: 3 } as never)).toEqual(defaultPolicy)
  })
})

describe('whom an application service may speak for', () => {
  it.each([
    ['@_irc_*:example.org', '@_irc_bob:example.org', true],
    ['@_irc_*:example.org', '@_irc_:example.org', true],
    ['@_irc_*:example.org', '@_irc_bob:example.org.evil.example', false],
    ['@_irc_*:example.org', '@x_irc_bob:example.org', false],
    ['@bob:example.org', '@bob:example.org', true],
    ['@bob:example.org', '@bobby:example.org', false],
    ['@a*:example.org', '@a:example.or', false],
    ['*', '', true],
  ])('%s and %s: %s', (name, userId, expected) => {
    expect(mayActAs([name], userId)).toBe(expected)
  })

  it('nobody, without a name', () => {
    expect(mayActAs([], '@bob:example.org')).toBe(false)
  })
})

describe('the day on which a group signs in', () => {
  const rules = [
    { group: 'grp_a', from: 30 },
    { group: 'grp_b', from: 10 },
    { group: 'everyone', from: 20 },
  ]
  it.each([
    [['grp_a'], 20],
    [['grp_a', 'grp_b'], 10],
    [[], 20],
    [null, 10],
  ])('of %j is %d', (groups, expected) => {
    expect(dayFor(rules, groups)).toBe(expected)
  })

  it('is none without a rule', () => {
    expect(dayFor([], null)).toBeNull()
    expect(dayFor([{ group: 'grp_a', from: 1 }], ['grp_b'])).toBeNull()
  })
})
