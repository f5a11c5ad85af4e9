import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Classified, classify } from '../../../server/gateway/classify.ts'
import { type Plan, planOf } from '../../../server/gateway/metered-plan.ts'
import { type RowsPlan, rowsPlanOf } from '../../../server/gateway/metered-rows-plan.ts'
import { ROUTES } from '../../../server/gateway/routes.ts'
import { CALLER } from './support.ts'

function routed(method: string, target: string): Classified {
  const found = classify(method, target)
  if ('rejected' in found) throw new Error(`${target}: ${found.reason}`)
  return found
}
const bytes = (content: unknown) =>
  new TextEncoder().encode(typeof content === 'string' ? content : JSON.stringify(content))
function planned(method: string, target: string, content: unknown = ''): Plan {
  const plan = planOf({ route: routed(method, target), body: bytes(content) })
  if (plan === null || !('events' in plan)) throw new Error(`no plan for ${target}: ${JSON.stringify(plan)}`)
  return plan
}
function rows(method: string, target: string, content: unknown = ''): RowsPlan {
  const plan = rowsPlanOf({ route: routed(method, target), body: bytes(content), caller: CALLER })
  if (plan === null || !('meter' in plan)) throw new Error(`no plan for ${target}`)
  return plan
}

it('every metered row has a plan of one kind', () => {
  const elsewhere = new Set(['sync', 'sync.sliding', 'sync.sliding.v4'])
  const unplanned = ROUTES.filter((row) => row.treatment === 'metered' && !elsewhere.has(row.id)).filter((row) => {
    if (row.unit === 'media' || row.unit === 'joins' || row.unit === 'pushers') return false
    const path = {
      client: '/_matrix/client/v3/',
      'client-v1': '/_matrix/client/v1/',
      'client-unstable': '/_matrix/client/unstable/',
      media: '/_matrix/media/v3/',
      root: '/',
    }[row.prefix]
    const target = path + row.pattern.replace(/\{[^}]+\}/g, 'x')
    const route = routed(row.methods[0] as string, target)
    const body = bytes({ search_categories: { room_events: { search_term: 'x' } } })
    const plans = [planOf({ route, body }), rowsPlanOf({ route, body, caller: CALLER })]
    return plans.filter((plan) => plan !== null && !('errcode' in plan)).length !== 1
  })
  expect(unplanned.map(({ id }) => id)).toEqual([])
})

it('no row waits for somebody to decide about it', () => {
  expect(ROUTES.filter((row) => 'later' in row)).toEqual([])
})

describe('a clamped page', () => {
  it.each([
    [
      '/_matrix/client/v3/notifications?limit=500&only=highlight',
      500,
      '/_matrix/client/v3/notifications?limit=7&only=highlight',
    ],
    ['/_matrix/client/v3/notifications', 50, '/_matrix/client/v3/notifications?limit=7'],
    ['/_matrix/client/v3/notifications?limit=9000', 500, '/_matrix/client/v3/notifications?limit=7'],
    ['/_matrix/client/r0/rooms/!r:x/initialSync', 10, '/_matrix/client/r0/rooms/!r:x/initialSync?limit=7'],
    [
      '/_matrix/client/v3/events?from=s1&timeout=99999999',
      10,
      '/_matrix/client/v3/events?from=s1&timeout=30000&limit=7',
    ],
    ['/_matrix/client/api/v1/events', 10, '/_matrix/client/api/v1/events?limit=7&timeout=30000'],
    ['/_matrix/client/v3/rooms/!r:x/context/$e?limit=20', 21, '/_matrix/client/v3/rooms/!r:x/context/$e?limit=6'],
  ])('%s asks for %i events and gets at most what was granted', (target, events, clamped) => {
    const plan = planned('GET', target)
    expect(plan.events).toBe(events)
    expect(plan.request(7)).toEqual({ target: clamped })
    expect(plan.request(1_000_000).target).toMatch(/limit=/)
  })

  it.each([
    ['/_matrix/client/v1/rooms/!r:x/timestamp_to_event?ts=1&dir=f', '!r:x'],
    ['/_matrix/client/unstable/org.matrix.msc3030/rooms/!r:x/timestamp_to_event?ts=1', '!r:x'],
    ['/_matrix/client/v3/events/$e', '*'],
  ])('%s is one event', (target, room) => {
    expect(planned('GET', target)).toMatchObject({ events: 1, room, shape: 'event' })
  })
})

describe('a search', () => {
  const SEARCH = '/_matrix/client/v3/search?next_batch=abc'
  const sent = (content: unknown, granted: number) => {
    const request = planned('POST', SEARCH, content).request(granted)
    expect(request.target).toBe(SEARCH)
    return JSON.parse(request.body as string) as { search_categories: { room_events: Record<string, unknown> } }
  }

  it('counts what stands around each result, and keeps everything else of the body', () => {
    const content = {
      search_categories: {
        room_events: {
          search_term: 'budget',
          order_by: 'recent',
          filter: { limit: 30, rooms: ['!a'] },
          event_context: { before_limit: 2, after_limit: 3, include_profile: true },
        },
      },
    }
    expect(planned('POST', SEARCH, content).events).toBe(180)
    expect(sent(content, 180)).toEqual(content)
    expect(sent(content, 60).search_categories.room_events).toMatchObject({
      search_term: 'budget',
      filter: { limit: 10, rooms: ['!a'] },
      event_context: { before_limit: 2, after_limit: 3, include_profile: true },
    })
  })

  it('takes the defaults of the homeserver for what is not said', () => {
    expect(planned('POST', SEARCH, { search_categories: { room_events: { search_term: 'x' } } }).events).toBe(10)
    const around = { search_categories: { room_events: { search_term: 'x', event_context: {} } } }
    expect(planned('POST', SEARCH, around).events).toBe(110)
  })

  it('never asks for more than what was granted', () => {
    const size = fc.integer({ min: 0, max: 2_000 })
    fc.assert(
      fc.property(size, size, size, fc.integer({ min: 1, max: 5_000 }), (limit, before_limit, after_limit, granted) => {
        const { room_events: asked } = sent(
          {
            search_categories: {
              room_events: { search_term: 'x', filter: { limit }, event_context: { before_limit, after_limit } },
            },
          },
          granted,
        ).search_categories
        const { filter, event_context: around } = asked as {
          filter: { limit: number }
          event_context: { before_limit: number; after_limit: number }
        }
        expect(filter.limit).toBeGreaterThanOrEqual(1)
        expect(filter.limit * (1 + around.before_limit + around.after_limit)).toBeLessThanOrEqual(granted)
        expect(around.before_limit).toBeLessThanOrEqual(before_limit)
        expect(around.after_limit).toBeLessThanOrEqual(after_limit)
      }),
    )
  })

  it.each([
    '',
    '[]',
    'null',
    '{"search_categories":[]}',
    '{"search_categories":{"room_events":{"filter":{"limit":"1000"}}}}',
    '{"search_categories":{"room_events":{"filter":{"limit":1e9,"limit":-1}}}}',
    '{"search_categories":{"room_events":{"event_context":{"before_limit":1.5}}}}',
    '{"search_categories":{"room_events":{}',
    `${'['.repeat(600)}${']'.repeat(600)}`,
    '\u{feff}{}',
  ])('%s is refused, not guessed at', (content) => {
    expect(planOf({ route: routed('POST', SEARCH), body: bytes(content) })).toMatchObject({ status: 400 })
  })

  it('is written anew: of two equal names, the one that was counted goes on', () => {
    const twice = '{"search_categories":{"room_events":{"search_term":"x","filter":{"limit":1000,"\\u006cimit":3}}}}'
    const plan = planned('POST', SEARCH, twice)
    expect(plan.events).toBe(3)
    expect(plan.request(3).body).toBe('{"search_categories":{"room_events":{"filter":{"limit":3},"search_term":"x"}}}')
  })
})

describe('rows', () => {
  it.each([
    ['GET', '/_matrix/client/v3/rooms/!r:x/state', { meter: 'state', room: '!r:x', counted: { events: 'state' } }],
    ['GET', '/_matrix/client/v3/rooms/!r:x/members', { meter: 'state', counted: { events: 'members' } }],
    ['GET', '/_matrix/client/v3/rooms/!r:x/joined_members', { meter: 'state', counted: { rows: 'joined-members' } }],
    ['GET', '/_matrix/client/v3/rooms/!r:x/state/m.room.name/', { meter: 'state', counted: { rows: 'one' } }],
    ['GET', '/_matrix/client/v3/rooms/!r:x/state/m.room.name?format=event', { counted: { events: 'state-event' } }],
    ['POST', '/_matrix/client/v3/keys/query', { meter: 'state', counted: { rows: 'keys-query' } }],
    ['GET', '/_matrix/client/v3/profile/@bob:x', { meter: 'directory', tapOnly: false }],
    ['GET', '/_matrix/client/v3/room_keys/keys?version=1', { meter: 'key-backup', tapOnly: true, room: '*' }],
    ['GET', '/_matrix/client/v3/room_keys/keys/!r:x?version=1', { meter: 'key-backup', tapOnly: true, room: '!r:x' }],
    ['GET', '/_matrix/client/v3/room_keys/keys/!r:x/s?version=1', { meter: 'key-backup', tapOnly: false, room: null }],
  ])('%s %s', (method, target, expected) => {
    expect(rows(method, target, {})).toMatchObject(expected)
  })

  it('the limit of a directory is always said, and lowered to what is left', () => {
    const all = rows('GET', '/_matrix/client/v3/publicRooms?limit=0&server=other')
    expect(all.request.target).toBe('/_matrix/client/v3/publicRooms?limit=100&server=other')
    expect(all.clamped?.(7).target).toBe('/_matrix/client/v3/publicRooms?limit=7&server=other')
    const people = rows('POST', '/_matrix/client/v3/user_directory/search', { search_term: 'a', limit: 900 })
    expect(people.request.body).toBe('{"limit":50,"search_term":"a"}')
    expect(people.clamped?.(7).body).toBe('{"limit":7,"search_term":"a"}')
    const rooms = rows('POST', '/_matrix/client/v3/publicRooms', { filter: { generic_search_term: 'a' } })
    expect(rooms.request.body).toBe('{"filter":{"generic_search_term":"a"},"limit":100}')
  })

  it("one's own profile and keys are free", () => {
    expect(rows('GET', `/_matrix/client/v3/profile/${CALLER.userId}`).isFree?.(null)).toBe(true)
    expect(rows('GET', '/_matrix/client/v3/profile/@bob:x').isFree?.(null)).toBe(false)
    expect(rows('POST', '/_matrix/client/v3/keys/query').isFree?.(CALLER.userId)).toBe(true)
  })
})
