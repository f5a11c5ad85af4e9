import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { gather } from '../../../server/metering/gather.ts'

test('what is asked while a batch is under way goes together into the next', async () => {
  const batches: number[][] = []
  let answerFirst: () => void = () => undefined
  const { submit } = gather<number, number>(async (batch) => {
    batches.push([...batch])
    if (batches.length === 1) await new Promise<void>((resolve) => (answerFirst = resolve))
    return batch.map((one) => one * 2)
  })
  const first = submit(1)
  await expect.poll(() => batches).toEqual([[1]])
  const others = [submit(2), submit(3)]
  answerFirst()
  expect(await Promise.all([first, ...others])).toEqual([2, 4, 6])
  expect(batches).toEqual([[1], [2, 3]])
})

describe('a batch that hangs', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  test('is given up; what waited behind it is never sent; its late answer opens the way again', async () => {
    const sent: number[] = []
    let answer: () => void = () => undefined
    const { submit } = gather<number, number>(
      async (batch) => {
        sent.push(...batch)
        if (batch.includes(1)) await new Promise<void>((resolve) => (answer = resolve))
        return [...batch]
      },
      { giveUpMs: 20, quietMs: 5_000 },
    )
    const hangs = expect(submit(1)).rejects.toThrow('no answer')
    await vi.advanceTimersByTimeAsync(5)
    const waits = expect(submit(2)).rejects.toThrow('no answer')
    await vi.advanceTimersByTimeAsync(15)
    await Promise.all([hangs, waits])
    await expect(submit(3)).rejects.toThrow('does not answer')
    answer()
    await vi.advanceTimersByTimeAsync(0)
    expect(await submit(4)).toBe(4)
    expect(sent).toEqual([1, 4])
  })

  test('and never answers is followed by another after a while', async () => {
    let hang = true
    const { submit } = gather<number, number>(
      (batch) => (hang ? new Promise<never>(() => undefined) : Promise.resolve([...batch])),
      { giveUpMs: 10, quietMs: 20 },
    )
    const hangs = expect(submit(1)).rejects.toThrow('no answer')
    await vi.advanceTimersByTimeAsync(10)
    await hangs
    hang = false
    await vi.advanceTimersByTimeAsync(19)
    await expect(submit(2)).rejects.toThrow('does not answer')
    await vi.advanceTimersByTimeAsync(1)
    expect(await submit(3)).toBe(3)
  })
})

test('a batch that fails fails what is in it, and nothing else', async () => {
  let fail = true
  const { submit } = gather<number, number>(async (batch) => {
    if (fail) throw new Error('away')
    return [...batch]
  })
  await expect(submit(1)).rejects.toThrow('away')
  fail = false
  expect(await submit(2)).toBe(2)
})

test('a batch weighs no more than it may: what is light goes before, and whoever waited longest goes with it', async () => {
  const batches: number[][] = []
  const { submit } = gather<number, number>(
    async (batch) => {
      batches.push([...batch])
      await Promise.resolve()
      return [...batch]
    },
    { weigh: (one) => (one >= 100 ? one : 0), heaviest: 300, largest: 4 },
  )
  const asked = [200, 201, 1, 202, 2, 500, 3, 4, 100]
  expect(await Promise.all(asked.map(submit))).toEqual(asked)
  expect(batches).toEqual([[200, 1, 2, 3], [201, 4], [202], [500], [100]])
})

test('of one there is a share in a batch: others go before the rest', async () => {
  const batches: string[][] = []
  const { submit } = gather<string, string>(
    async (batch) => {
      batches.push([...batch])
      await Promise.resolve()
      return [...batch]
    },
    { whose: (one) => (one.startsWith('free') ? null : one.charAt(0)), ofOne: 2 },
  )
  const asked = ['a1', 'a2', 'a3', 'a4', 'a5', 'b1', 'free1', 'free2', 'free3']
  expect(await Promise.all(asked.map(submit))).toEqual(asked)
  expect(batches).toEqual([['a1', 'a2', 'b1', 'free1', 'free2', 'free3'], ['a3', 'a4'], ['a5']])
})
