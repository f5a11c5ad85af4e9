// The live stream with a clock of its own: what is told, when it is over, and how much of it there may be.
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type EndedWhy, LiveWatch, liveStream } from '../../../../server/console/watch/live.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

function watcher(personId = 'per_a') {
  const told: string[] = []
  const ended: EndedWhy[] = []
  const state = { allowed: true }
  return {
    told,
    ended,
    state,
    personId,
    mayStay: async () => state.allowed,
    tell: (data: string) => void told.push(data),
    end: (why: EndedWhy) => void ended.push(why),
  }
}

function counting() {
  let taken = 0
  const watch = new LiveWatch({ take: async () => String(++taken) })
  return { watch, taken: () => taken }
}

/** Reads what has come of a stream so far. */
function follow(response: Response) {
  const reader = (response.body as ReadableStream<Uint8Array>).getReader()
  const state = { text: '', done: false }
  const pump = async () => {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      state.text += new TextDecoder().decode(value)
    }
    state.done = true
  }
  void pump()
  return { state, cancel: () => reader.cancel() }
}

test('one reading of the figures serves all pages, every two seconds, while anybody watches', async () => {
  const { watch, taken } = counting()
  const [one, two] = [watcher(), watcher('per_b')]
  const stops = [watch.watch(one), watch.watch(two)]
  await vi.advanceTimersByTimeAsync(4_100)
  expect(one.told).toEqual(['1', '2', '3'])
  expect(two.told).toEqual(['1', '2', '3'])
  for (const stop of stops) stop()
  await vi.advanceTimersByTimeAsync(20_000)
  expect(taken()).toBe(3)
  const late = watcher()
  watch.watch(late)
  expect(late.told).toEqual([])
})

test('who may not watch any more hears so within seconds, and nothing after', async () => {
  const { watch } = counting()
  const [one, two] = [watcher(), watcher('per_b')]
  watch.watch(one)
  watch.watch(two)
  await vi.advanceTimersByTimeAsync(100)
  one.state.allowed = false
  await vi.advanceTimersByTimeAsync(4_500)
  expect(one.ended).toEqual(['not-permitted'])
  const heard = one.told.length
  await vi.advanceTimersByTimeAsync(10_000)
  expect(one.told).toHaveLength(heard)
  expect(two.ended).toEqual([])
})

test('a fifth page of one administrator takes the place of the oldest; the hundred and first is refused', () => {
  const { watch } = counting()
  const own = Array.from({ length: 5 }, () => watcher())
  for (const one of own) watch.watch(one)
  expect(own.map(({ ended }) => ended)).toEqual([['replaced'], [], [], [], []])
  for (let count = 0; count < 96; count++) watch.watch(watcher(`per_${count}`))
  expect(() => watch.watch(watcher('per_more'))).toThrow('unavailable')
})

test('a database out of reach ends no page: it hears again when that answers', async () => {
  let down = true
  const watch = new LiveWatch({
    take: async () => {
      if (down) throw new Error('away')
      return 'back'
    },
  })
  const one = watcher()
  watch.watch(one)
  await vi.advanceTimersByTimeAsync(6_000)
  expect([one.told, one.ended]).toEqual([[], []])
  down = false
  await vi.advanceTimersByTimeAsync(2_100)
  expect(one.told).toEqual(['back'])
})

test('the stream has snapshots, heartbeats, and its end; a client that is gone is forgotten', async () => {
  const { watch, taken } = counting()
  const state = { allowed: true }
  const who = { personId: 'per_a', mayStay: async () => state.allowed }
  const leaving = new AbortController()
  const response = liveStream(watch, who, leaving.signal, 1_000)
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
  expect(response.headers.get('cache-control')).toBe('no-store')
  const first = follow(response)
  const second = follow(liveStream(watch, who, new AbortController().signal, 1_000))
  await vi.advanceTimersByTimeAsync(2_500)
  expect(first.state.text).toMatch(/^event: snapshot\ndata: 1\n\n: still here\n\n/)
  leaving.abort()
  await vi.advanceTimersByTimeAsync(10)
  expect(first.state.done).toBe(true)
  state.allowed = false
  await vi.advanceTimersByTimeAsync(5_000)
  expect(second.state.text.endsWith('event: end\ndata: not-permitted\n\n')).toBe(true)
  expect(second.state.done).toBe(true)
  const at = taken()
  await vi.advanceTimersByTimeAsync(20_000)
  expect(taken()).toBe(at)
})

test('a page that does not read is owed a few snapshots, not all of them', async () => {
  const { watch } = counting()
  const response = liveStream(watch, { personId: 'per_a', mayStay: async () => true }, new AbortController().signal)
  await vi.advanceTimersByTimeAsync(600_000)
  const late = follow(response)
  await vi.advanceTimersByTimeAsync(10)
  expect(late.state.text.match(/event: snapshot|still here/g)?.length).toBeLessThanOrEqual(4)
  await late.cancel()
})
