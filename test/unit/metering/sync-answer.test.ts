// What events and rows of /sync cost, and what is sent upstream of a sliding request.
import { describe, expect, test } from 'vitest'
import { scannerModule } from '../../../server/gateway/node/scanner-module.ts'
import { openScanner } from '../../../server/metering/scanner/wasm.ts'
import { clampedRequest, SLIDING } from '../../../server/metering/sliding-answer.ts'
import { CLASSIC, readAnswer } from '../../../server/metering/sync-answer.ts'
import { judge } from '../../../server/metering/trim.ts'
import { costOf } from '../../../server/metering/trim-cost.ts'
import { eventHasher } from '../../../server/metering/weigh.ts'
import { defaultPolicy } from '../../../server/policy/defaults.ts'

const NOW = 1_800_000_000_000
const hash = eventHasher(new Uint8Array(32))('192.0.2.0/24')
const policy = { ...defaultPolicy, weights: { plaintext: 3, encrypted: 1 } }
const reading = { nowMs: NOW, policy, hash }
const old = (id: string, type = 'm.room.message') => ({ event_id: id, type, origin_server_ts: 1, content: {} })
const classic = (timeline: readonly unknown[], room: object = {}) => {
  const body = { next_batch: 's', rooms: { join: { '!a': { timeline: { events: timeline }, ...room } } } }
  const answer = readAnswer(CLASSIC, body, reading)
  if (answer === null) throw new Error('unreadable')
  return answer
}

describe('what an answer costs', () => {
  test('is what its events weigh, and one distinct room', () => {
    const { streams } = costOf(classic([old('$a'), old('$b', 'm.room.encrypted'), old('')]), { owed: true, hash })
    expect(streams.archive?.hashes).toHaveLength(4)
    expect(streams.archive?.bare).toBe(3)
    expect(streams.rooms?.hashes).toHaveLength(1)
  })

  test('is paid for an event whole or not at all', () => {
    const answer = classic([old('$a'), old('$b')])
    const left = { archive: 5, 'catch-up': 0, 'first-sync': 0 }
    expect(judge(answer, { left, newest: null, free: new Set() }).keep).toEqual([1])
  })

  test('is the same for an event that comes twice', () => {
    const { streams } = costOf(classic([old('$a'), old('$a')]), { owed: true, hash })
    expect(streams.archive?.hashes).toHaveLength(3)
  })

  test('leaves rows alone that come with what is new: young ones, and members who just wrote', () => {
    const row = (id: string, over: object) => ({ ...old(id, 'm.room.member'), state_key: '@ada:x', ...over })
    const live = { ...old('$now'), origin_server_ts: NOW, sender: '@ada:x' }
    const rows = [
      row('$1', {}),
      row('$2', { state_key: '@bob:x' }),
      row('$3', { state_key: '@eve:x', origin_server_ts: NOW }),
    ]
    const { state } = classic([live], { state: { events: rows } })
    expect([state.passing, state.owed.hashes.length, state.owed.bare]).toEqual([2, 1, 0])
  })

  test('counts the people whose profiles come along, where a homeserver tells of them', () => {
    const users = { '@ada:x': { profile_updates: {} }, '@bob:x': { profile_updates: {} } }
    const body = { next_batch: 's', 'org.matrix.msc4429.users': users }
    expect(readAnswer(CLASSIC, body, reading)?.state.owed.hashes).toHaveLength(2)
    const extensions = { 'org.matrix.msc4262.profiles': { users } }
    expect(readAnswer(SLIDING, { pos: '1/s', extensions }, reading)?.state.owed.hashes).toHaveLength(2)
    const { see } = openScanner(scannerModule())
    expect(see(Buffer.from(JSON.stringify(body)), 'sync', hash.key)).toBe('parse')
  })

  test('counts rows under state_after and required_state as it does those before the timeline', () => {
    const rows = [{ ...old('$1'), state_key: '' }]
    expect(classic([], { 'org.matrix.msc4222.state_after': { events: rows } }).state.owed.hashes).toHaveLength(1)
    const sliding = readAnswer(SLIDING, { pos: '1/s', rooms: { '!a': { required_state: rows } } }, reading)
    expect(sliding?.state.owed.hashes).toHaveLength(1)
  })
})

describe('a sliding request', () => {
  const sent = (body: unknown) => {
    const bytes = new TextEncoder().encode(JSON.stringify(body))
    const clamped = clampedRequest(bytes)
    return typeof clamped === 'string' ? (JSON.parse(clamped) as unknown) : clamped === bytes ? 'as it came' : clamped
  }

  test('asks for at most a hundred events a room, in lists and subscriptions, and is otherwise what it was', () => {
    const room = (limit: number) => ({ timeline_limit: limit, required_state: [['*', '*']] })
    expect(
      sent({
        conn_id: 'c',
        lists: { a: { ...room(1_000), ranges: [[0, 9e9]] }, b: room(5) },
        room_subscriptions: { '!r': room(101) },
      }),
    ).toEqual({
      conn_id: 'c',
      lists: { a: { ...room(100), ranges: [[0, 9e9]] }, b: room(5) },
      room_subscriptions: { '!r': room(100) },
    })
  })

  test('that asks for no more goes as it came, byte for byte', () => {
    expect(sent({ lists: { a: { timeline_limit: 100 } } })).toBe('as it came')
    expect(sent({ lists: [], room_subscriptions: null })).toBe('as it came')
  })

  test.each(['', '[]', 'null', '{"a":', '\u{feff}{}'])('that is no object is none: %j', (text) => {
    expect(clampedRequest(new TextEncoder().encode(text))).toBeNull()
  })
})
