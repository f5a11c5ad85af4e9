import { describe, expect, test } from 'vitest'
import { ATTEMPTS_AT_MOST, retryDelayMs } from '../../../server/notify/retry.ts'
import { worker } from '../../../server/notify/worker.ts'
import { systemRandom } from '../../../server/platform/random.ts'
import { quietLog } from '../../support/enrolment.ts'

/** Work that ends when the test says so. */
function bench(jobs: string[]) {
  const under: string[] = []
  const ends = new Map<string, () => void>()
  let most = 0
  const made = worker<string>(
    {
      failed: 'test.failed',
      pollMs: 5,
      atOnce: 3,
      take: async (limit) => jobs.splice(0, limit),
      run: (job) =>
        new Promise<void>((resolve) => {
          under.push(job)
          most = Math.max(most, under.length)
          ends.set(job, () => {
            under.splice(under.indexOf(job), 1)
            resolve()
          })
        }),
    },
    quietLog,
  )
  return { made, under, most: () => most, end: (job: string) => ends.get(job)?.() }
}

describe('a worker', () => {
  test('has so many under way and no more, and goes on as places become free', async () => {
    const { made, under, most, end } = bench(['a', 'b', 'c', 'd', 'e'])
    made.start()
    await expect.poll(() => under).toEqual(['a', 'b', 'c'])
    end('b')
    await expect.poll(() => under).toEqual(['a', 'c', 'd'])
    end('a')
    await expect.poll(() => under).toEqual(['c', 'd', 'e'])
    for (const job of ['c', 'd', 'e']) end(job)
    await made.stop()
    expect(most()).toBe(3)
  })

  test('told to stop takes nothing more and waits for what is under way', async () => {
    const jobs = ['a']
    const { made, under, end } = bench(jobs)
    made.start()
    await expect.poll(() => under).toEqual(['a'])
    let stopped = false
    const stopping = made.stop().then(() => {
      stopped = true
    })
    jobs.push('b')
    made.nudge()
    await Promise.resolve()
    expect(stopped).toBe(false)
    end('a')
    await stopping
    expect(jobs).toEqual(['b'])
  })

  test('says once that it cannot ask, however long that lasts', async () => {
    const said: string[] = []
    let rounds = 0
    const cut = worker<string>(
      {
        failed: 'test.failed',
        pollMs: 1,
        atOnce: 2,
        take: async () => {
          rounds += 1
          if (rounds < 20 || (rounds > 30 && rounds < 40)) throw new Error('the database is away')
          return []
        },
        run: async () => undefined,
      },
      { ...quietLog, error: (event) => void said.push(event) },
    )
    cut.start()
    await expect.poll(() => rounds).toBeGreaterThan(45)
    await cut.stop()
    expect(said).toEqual(['test.failed', 'test.failed'])
  })

  test('goes on after a round or a job failed', async () => {
    const done: string[] = []
    let round = 0
    const failing = worker<string>(
      {
        failed: 'test.failed',
        pollMs: 1,
        atOnce: 2,
        take: async () => {
          round += 1
          if (round === 1) throw new Error('the database is away')
          return round === 2 ? ['bad'] : round === 3 ? ['good'] : []
        },
        run: async (job) => {
          if (job === 'bad') throw new Error('it could not be recorded')
          done.push(job)
        },
      },
      quietLog,
    )
    failing.start()
    await expect.poll(() => done).toEqual(['good'])
    await failing.stop()
  })
})

test('waits longer after each attempt, up to six hours, a half more or less by chance', () => {
  const extremes = (attempts: number) => [
    retryDelayMs(attempts, { bytes: (length) => new Uint8Array(length) }),
    retryDelayMs(attempts, { bytes: (length) => new Uint8Array(length).fill(255) }),
  ]
  expect(extremes(1)).toEqual([500, 1_500])
  expect(extremes(4)).toEqual([4_000, 12_000])
  expect(extremes(30)).toEqual([3 * 3_600_000, 32_399_670])
  expect(new Set(Array.from({ length: 50 }, () => retryDelayMs(10, systemRandom))).size).toBeGreaterThan(30)
})

test('what operators are told is tried for half a day at the least, whatever chance says', () => {
  const least = { bytes: (length: number) => new Uint8Array(length) }
  const waits = (attempts: number) =>
    Array.from({ length: attempts - 1 }, (_, index) => retryDelayMs(index + 1, least)).reduce((a, b) => a + b, 0)
  expect(waits(ATTEMPTS_AT_MOST.webhook)).toBeGreaterThan(12 * 3_600_000)
  expect(waits(ATTEMPTS_AT_MOST.mail)).toBeGreaterThan(12 * 3_600_000)
})
