import { expect, it, vi } from 'vitest'
import {
  type HomeserverAnswer,
  type HomeserverRequest,
  HomeserverUnreachable,
} from '../../../server/homeserver/port.ts'
import { roomNames } from '../../../server/homeserver/room-names.ts'

const answer = (status: number, text: string): HomeserverAnswer => ({
  status,
  text,
  location: null,
  setCookies: [],
  contentType: 'application/json',
})
const told = (respond: (request: HomeserverRequest) => Promise<HomeserverAnswer>) =>
  roomNames({ request: respond }).nameOf('syt_token', '!r/o?:example.org')

it('asks for the name with the token of the device, the room id whole in one segment', async () => {
  const asked: HomeserverRequest[] = []
  const name = await told(async (request) => {
    asked.push(request)
    return answer(200, '{"name":"Le bureau"}')
  })
  expect(name).toBe('Le bureau')
  expect(asked).toEqual([
    { method: 'GET', target: '/_matrix/client/v3/rooms/!r%2Fo%3F%3Aexample.org/state/m.room.name', token: 'syt_token' },
  ])
})

it.each([
  [404, '{"errcode":"M_NOT_FOUND","name":"x"}'],
  [200, 'not json'],
  [200, 'null'],
  [200, '[]'],
  [200, '{"name":7}'],
  [200, '{"name":""}'],
])('%i %s is no name', async (status, text) => {
  expect(await told(async () => answer(status, text))).toBeNull()
})

it('a homeserver out of reach tells no name', async () => {
  expect(await told(() => Promise.reject(new HomeserverUnreachable('refused')))).toBeNull()
})

it('a name of a megabyte is cut', async () => {
  expect(await told(async () => answer(200, JSON.stringify({ name: 'x'.repeat(1_000_000) })))).toHaveLength(2000)
})

it('a slow homeserver is not waited for, also when it fails later', async () => {
  vi.useFakeTimers()
  try {
    let fail: (reason: Error) => void = () => undefined
    const name = told(() => new Promise((_, reject) => (fail = reject)))
    await vi.advanceTimersByTimeAsync(1_000)
    expect(await name).toBeNull()
    fail(new HomeserverUnreachable('late'))
  } finally {
    vi.useRealTimers()
  }
})
