// A bound on waiting: what never answers is late, what answered while the process itself stood still is not.
import { type AddressInfo, connect, createServer } from 'node:net'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { inTime } from '../../../server/platform/in-time.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test.each([5, 1_000])('what never answers is given up after %i ms, and not before', async (ms) => {
  const late = vi.fn()
  const waiting = expect(inTime(ms, new Promise(() => undefined), late)).rejects.toThrow(`no answer within ${ms} ms`)
  await vi.advanceTimersByTimeAsync(ms - 1)
  expect(late).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(1)
  await waiting
  expect(late).toHaveBeenCalledOnce()
})

test('what answers, or fails, in time is what comes of it, and no timer is left', async () => {
  expect(await inTime(1_000, Promise.resolve('answer'))).toBe('answer')
  await expect(inTime(1_000, Promise.reject(new Error('refused')))).rejects.toThrow('refused')
  expect(vi.getTimerCount()).toBe(0)
})

test('an answer that came while the process stood still is no late one', async () => {
  vi.useRealTimers()
  const server = createServer((socket) => socket.end('answer'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  const said = new Promise<string>((resolve) => socket.once('data', (bytes) => resolve(String(bytes))))
  await new Promise<void>((resolve) => server.once('connection', () => resolve()))
  // The answer is written, and lies there when the process goes on, long after the bound.
  const answer = inTime(100, said)
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300)
  expect(await answer).toBe('answer')
  await new Promise((resolve) => server.close(resolve))
})
