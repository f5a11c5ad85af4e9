import { describe, expect, it } from 'vitest'
import { countRows, roomsIn } from '../../../server/metering/rows.ts'
import { countByParsing } from '../../../server/metering/scanner/reference.ts'

const bytes = (content: unknown) =>
  new TextEncoder().encode(typeof content === 'string' ? content : JSON.stringify(content))
const ids = (content: unknown, shape: Parameters<typeof countRows>[1]) => countRows(bytes(content), shape)?.ids

describe('rows', () => {
  it('are counted where they stand', () => {
    expect(ids({ joined: { '@a': {}, '@b': {} } }, 'joined-members')).toEqual(['@a', '@b'])
    expect(ids({ chunk: [{ room_id: '!a' }, {}] }, 'public-rooms')).toEqual(['!a', null])
    expect(ids({ results: [{ user_id: '@a' }, 7, { user_id: 9 }] }, 'user-directory')).toEqual(['@a', null, null])
    expect(ids({ joined: ['!a', {}] }, 'mutual-rooms')).toEqual(['!a', null])
    expect(ids({ displayname: 'Ada' }, 'one')).toEqual([null])
    expect(ids([{}, {}], 'list')).toEqual([null, null])
    expect(ids({}, 'list')).toBeUndefined()
    expect(ids({ sessions: { s1: {}, s2: {} } }, 'backup-room')).toEqual(['s1', 's2'])
    expect(ids({ rooms: { '!a': { sessions: { s: {} } }, '!b': { sessions: { s: {} } } } }, 'backup')).toEqual([
      '!a s',
      '!b s',
    ])
    expect(countRows(bytes({ rooms: [{ room_id: '!a', children_state: [{}, {}] }] }), 'hierarchy')).toEqual({
      ids: ['!a'],
      state: 2,
    })
  })

  it('a person is one row of keys, in whichever section', () => {
    const content = { device_keys: { '@a': {} }, master_keys: { '@a': {}, '@b': {} }, user_signing_keys: { '@c': {} } }
    expect(ids(content, 'keys-query')).toEqual(['@a', '@b', '@c'])
  })

  it.each([
    ['{"joined":[]}', 'joined-members'],
    ['{"chunk":{"0":{"room_id":"!a"}}}', 'public-rooms'],
    ['{"results":"many"}', 'user-directory'],
    ['{"rooms":{"!a":{"sessions":[]}}}', 'backup'],
    ['{"rooms":{"!a":null}}', 'backup'],
    ['{"rooms":[{"room_id":"!a","children_state":{}}]}', 'hierarchy'],
    ['{"device_keys":[]}', 'keys-query'],
    ['[]', 'one'],
    ['', 'one'],
    ['{"a":1}{"b":2}', 'one'],
    ['\u{feff}{}', 'one'],
    [`{"chunk":${'['.repeat(600)}${']'.repeat(600)}}`, 'public-rooms'],
  ] as const)('%s cannot be counted as %s', (content, shape) => {
    expect(countRows(bytes(content), shape)).toBeNull()
  })

  it('the last of equal names is what a client reads, and what is counted', () => {
    expect(ids('{"chunk":[{"room_id":"!a"}],"\\u0063hunk":[{},{},{}]}', 'public-rooms')).toHaveLength(3)
    expect(
      ids('{"__proto__":{"joined":{}},"joined":{"__proto__":{},"constructor":{}}}', 'joined-members'),
    ).toHaveLength(2)
  })
})

describe('events of other bodies', () => {
  const event = (id: string, more = {}) => ({ event_id: id, origin_server_ts: 1, room_id: '!a', content: {}, ...more })
  const count = (content: unknown, shape: Parameters<typeof countByParsing>[1]) => {
    const counted = countByParsing(bytes(content), shape)
    return counted?.map(({ id, kind }) => `${kind} ${id}`)
  }

  it('a search carries its results, what stands around them, state, and what is bundled', () => {
    const bundled = event('$1', { unsigned: { 'm.relations': { 'm.thread': { latest_event: event('$2') } } } })
    const found = {
      search_categories: {
        room_events: {
          results: [{ result: bundled, context: { events_before: [event('$3')], events_after: [event('$4')] } }],
          state: { '!a': [event('$5', { state_key: '' }), event('$6')] },
        },
      },
    }
    expect(count(found, 'search')).toEqual([
      'timeline $1',
      'timeline $2',
      'timeline $3',
      'timeline $4',
      'state $5',
      'timeline $6',
    ])
    expect(roomsIn(bytes(found), 'search')).toEqual(['!a'])
  })

  it('initialSync, notifications, members and state carry theirs', () => {
    const rooms = {
      rooms: [{ room_id: '!a', messages: { chunk: [event('$1')] }, state: [event('$2', { state_key: '' })] }],
    }
    expect(count(rooms, 'initial-sync')).toEqual(['timeline $1', 'state $2'])
    expect(roomsIn(bytes(rooms), 'initial-sync')).toEqual(['!a'])
    expect(count({ messages: { chunk: [event('$1')] }, state: [] }, 'room-initial-sync')).toEqual(['timeline $1'])
    const told = {
      notifications: [
        { room_id: '!a', event: event('$1') },
        { room_id: '!b', event: event('$2') },
      ],
    }
    expect(count(told, 'notifications')).toEqual(['timeline $1', 'timeline $2'])
    expect(roomsIn(bytes(told), 'notifications')).toEqual(['!a', '!b'])
    expect(count({ chunk: [event('$1', { state_key: '@a' })] }, 'members')).toEqual(['state $1'])
    expect(count([event('$1', { state_key: '' })], 'state')).toEqual(['state $1'])
    expect(count(event('$1', { state_key: '' }), 'state-event')).toEqual(['state $1'])
  })

  it.each([
    ['search', '{"search_categories":{"room_events":{"results":{}}}}'],
    ['search', '{"search_categories":[]}'],
    ['search', '{"search_categories":{"room_events":{"results":[7]}}}'],
    ['search', '{"search_categories":{"room_events":{"results":[],"state":[]}}}'],
    ['initial-sync', '{"rooms":{"!a":{}}}'],
    ['notifications', '{"notifications":{"0":{}}}'],
    ['members', '{"chunk":{}}'],
    ['state', '{}'],
    ['state', '[]]'],
  ] as const)('of %s, %s cannot be counted', (shape, content) => {
    expect(countByParsing(bytes(content), shape)).toBeNull()
  })

  it('a carrier that does not say its room makes an answer over all rooms uncountable', () => {
    expect(roomsIn(bytes({ notifications: [{ event: {} }] }), 'notifications')).toBeNull()
    expect(roomsIn(bytes({ event_id: '$e' }), 'event')).toBeNull()
  })
})
