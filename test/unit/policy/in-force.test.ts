// How long a reading of the policy is waited for: the first as long as it takes to start, the others not.
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { systemClock } from '../../../server/platform/clock.ts'
import { policyInForce } from '../../../server/policy/in-force.ts'
import type { PolicyStore } from '../../../server/policy/port.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

type Now = Awaited<ReturnType<PolicyStore['now']>>
const NOTHING = { number: 0, version: null, outage: null } satisfies Now
const after = (ms: number) => new Promise<Now>((resolve) => setTimeout(() => resolve(NOTHING), ms))

function starting(now: () => Promise<Now>) {
  const said: string[] = []
  const log = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: (event: string) => void said.push(event) }
  const feed = policyInForce({
    store: { now },
    clock: systemClock,
    log,
    serverName: 'example.org',
    operator: 'enforce',
  })
  feed.catch(() => undefined)
  return { feed, said }
}

test('a database that is slow to answer when the machine starts is waited for', async () => {
  const { feed } = starting(() => after(20_000))
  await vi.advanceTimersByTimeAsync(20_000)
  expect((await feed).version()).toBe(0)
})

test('one that never answers keeps nobody waiting for ever', async () => {
  const { feed } = starting(() => after(3_600_000))
  await vi.advanceTimersByTimeAsync(60_000)
  await expect(feed).rejects.toThrow('no answer')
})

test('once it was read, a slow answer is given up within the second, said, and what was read stays', async () => {
  let takes = 0
  const { feed, said } = starting(() => after(takes))
  await vi.advanceTimersByTimeAsync(1)
  takes = 20_000
  const again = (await feed).refresh()
  await vi.advanceTimersByTimeAsync(1_000)
  await again
  expect(said).toEqual(['policy.not-read'])
  expect((await feed).version()).toBe(0)
})
