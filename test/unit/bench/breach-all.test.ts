// How the robbery of every endpoint is counted, what makes it fail, and that no metered endpoint is left out of it.
import { expect, test } from 'vitest'
import { ATTACKS, attacksOn, type Known, withoutAttack } from '../../../bench/breach/all/attacks.ts'
import { type AllReport, allFaults, allTable } from '../../../bench/breach/all/report.ts'
import { Takings } from '../../../bench/breach/all/takings.ts'
import { thresholdOf } from '../../../bench/breach/all/thresholds.ts'
import { classify } from '../../../server/gateway/classify.ts'
import { ROUTES } from '../../../server/gateway/routes.ts'

const NOW = 1_790_000_000_000
const old = (id: string, over = {}) => ({
  event_id: id,
  type: 'm.room.message',
  origin_server_ts: NOW - 3_600_000,
  ...over,
})
const answer = (body: unknown, bytes = 0) => ({ status: 200, body, bytes })
const get = (path: string) => ({ method: 'GET', path }) as const

const known: Known = {
  past: {
    rooms: [],
    files: ['file'],
    pictures: ['picture'],
    backup: { version: '1', sessions: [['!r:localhost', 'session']] },
  },
  rooms: [{ room: '!r:localhost', ids: ['$a', '$b'] }],
  joinable: ['!j:localhost'],
  people: ['agent00000'],
  serverName: 'localhost',
  userId: '@owner:localhost',
  since: 's1_2',
}

test('every metered row of the table is robbed, and one without an attack is named', () => {
  expect(withoutAttack(ROUTES)).toEqual([])
  expect(withoutAttack([{ id: 'new.endpoint', treatment: 'metered' }])).toEqual(['new.endpoint'])
})

test('what robs a row asks for that row, on each of its turns', () => {
  for (const attack of attacksOn(ROUTES)) {
    for (const turn of [0, 1, 2, 3, 7]) {
      const { method, path } = attack.ask(turn, known)
      const found = classify(method, path)
      expect('rejected' in found ? `${attack.name}: ${path} ${found.reason}` : found.row.id).toBe(attack.row)
    }
  }
})

test('attacks have names of their own', () => {
  expect(new Set(ATTACKS.map(({ name }) => name)).size).toBe(ATTACKS.length)
})

test('old events count wherever they stand, with the rooms they are of; live ones and state do not', () => {
  const takings = new Takings()
  const join = { '!a': { timeline: { events: [old('$1'), old('$2', { origin_server_ts: NOW })] } } }
  const state = { events: [old('$state', { state_key: '' })] }
  takings.take('events', get('/sync'), answer({ rooms: { join: { ...join, '!b': { state } } } }), NOW)
  takings.take('events', get('/rooms/!c/messages'), answer({ chunk: [old('$1'), old('$3')] }), NOW)
  expect([takings.of('archive'), takings.of('rooms'), takings.of('state')]).toEqual([2, 2, 1])
})

test('young state is live in a sync, and a row everywhere else', () => {
  const takings = new Takings()
  const young = old('$young', { state_key: '', origin_server_ts: NOW - 1_000 })
  const aged = old('$aged', { state_key: '' })
  takings.take('events', get('/sync?timeout=0'), answer({ rooms: { join: { '!a': { state: [young, aged] } } } }), NOW)
  expect(takings.of('state')).toBe(1)
  takings.take('state', get('/rooms/!a/state'), answer([young]), NOW)
  expect(takings.of('state')).toBe(2)
})

test('what came since the stolen position is catch-up', () => {
  const takings = new Takings()
  expect(takings.take('events', get('/sync'), answer([old('$1')]), NOW, NOW - 7_200_000)).toEqual({ 'catch-up': 1 })
  expect(takings.take('events', get('/sync'), answer([old('$1')]), NOW)).toEqual({})
})

test("a room's newest event is catch-up's once the archive is full, one a room and only where a sync ends with it", () => {
  const takings = new Takings(2)
  const sync = (...ids: string[]) =>
    answer({ rooms: { join: { '!a': { timeline: { events: ids.map((id) => old(id)) } } } } })
  const sums = () => [takings.of('archive'), takings.of('catch-up'), takings.of('rooms')]
  takings.take('events', get('/sync?timeout=0'), sync('$1', '$newest'), NOW)
  expect(sums()).toEqual([2, 0, 1])
  takings.take('events', get('/rooms/!a/messages'), answer({ chunk: [old('$newest'), old('$2')] }), NOW)
  expect(sums()).toEqual([2, 1, 1])
  takings.take('events', get('/sync?timeout=0'), sync('$another'), NOW)
  expect(sums()).toEqual([3, 1, 1])
})

test('rows, files, sessions and joins count once each, bytes by the file', () => {
  const takings = new Takings()
  const people = { results: [{ user_id: '@a' }, { user_id: '@b' }] }
  takings.take('directory', get('/user_directory/search'), answer(people), NOW)
  takings.take('directory', get('/profile/%40a/displayname'), answer({ displayname: 'A' }), NOW)
  for (let again = 0; again < 2; again++) {
    takings.take('media', get('/media/download/localhost/one'), answer(null, 1_000), NOW)
    takings.take('key-backup', get('/room_keys/keys/!r/s1?version=1'), answer({ session_data: {} }), NOW)
    takings.take('join', get('/rooms/!r/join'), answer({ room_id: '!r' }), NOW)
  }
  takings.take('key-backup', get('/room_keys/keys'), answer({ rooms: { '!r': { sessions: { s1: {}, s2: {} } } } }), NOW)
  takings.take('state', get('/rooms/!r/joined_members'), answer({ joined: { '@a': {}, '@b': {} } }), NOW)
  takings.take('state', get('/rooms/!r/state/m.room.name'), answer({ name: 'R' }), NOW)
  expect([takings.of('media-files'), takings.of('media-bytes'), takings.of('key-backup')]).toEqual([1, 1_000, 2])
  expect([takings.of('joins'), takings.of('state')]).toEqual([1, 3])
  expect(takings.of('directory')).toBe(2)
})

test('a theft fails when a meter lets out too much, when an endpoint gave nothing, and when a meter was not robbed', () => {
  const endpoint = {
    endpoint: 'search',
    meter: 'archive',
    threshold: 1_000,
    asked: 9,
    answered: 3,
    answers: { 200: 3 },
    alone: 1_000,
    mixed: 10,
    verdict: 'held',
  } as const
  const meter = { meter: 'archive', threshold: 1_000, most: 1_000, mixed: 1_000 } as const
  const report: AllReport = {
    homeserver: 'synapse',
    gateways: 2,
    connections_per_gateway: 64,
    messages: 100_000,
    endpoints: [endpoint],
    meters: [meter],
    seconds: 1,
  }
  expect(allFaults(report)).toEqual([])
  expect(allTable(report)).toContain('search')
  expect(allFaults({ ...report, endpoints: [{ ...endpoint, verdict: 'TOO MUCH' }] })).toHaveLength(1)
  expect(allFaults({ ...report, endpoints: [{ ...endpoint, verdict: 'nothing given' }] })).toHaveLength(1)
  expect(allFaults({ ...report, meters: [{ ...meter, most: 1_001 }] })).toHaveLength(1)
  expect(allFaults({ ...report, meters: [{ ...meter, mixed: 0 }] })).toHaveLength(1)
  expect(thresholdOf('pushers')).toBe(0)
})
