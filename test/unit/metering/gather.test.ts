import { expect, test } from 'vitest'
import { gather } from '../../../server/metering/gather.ts'

test('what is asked while a batch is under way goes together into the next', async () => {
  const batches: number[][] = []
  const { submit } = gather<number, number>(async (batch) => {
    batches.push([...batch])
    await new Promise((resolve) => setTimeout(resolve, 5))
    return batch.map((one) => one * 2)
  })
  const first = submit(1)
  await new Promise((resolve) => setTimeout(resolve, 1))
  expect(await Promise.all([first, submit(2), submit(3)])).toEqual([2, 4, 6])
  expect(batches).toEqual([[1], [2, 3]])
})

test('a batch that hangs is given up; what waited behind it is never sent; its late answer opens the way again', async () => {
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
  const hangs = submit(1)
  await new Promise((resolve) => setTimeout(resolve, 5))
  const waits = submit(2)
  await expect(hangs).rejects.toThrow('no answer')
  await expect(waits).rejects.toThrow('no answer')
  await expect(submit(3)).rejects.toThrow('does not answer')
  answer()
  await new Promise((resolve) => setTimeout(resolve, 5))
  expect(await submit(4)).toBe(4)
  expect(sent).toEqual([1, 4])
})

test('a batch that never answers is followed by another after a while', async () => {
  let hang = true
  const { submit } = gather<number, number>(
    (batch) => (hang ? new Promise<never>(() => undefined) : Promise.resolve([...batch])),
    { giveUpMs: 10, quietMs: 20 },
  )
  await expect(submit(1)).rejects.toThrow('no answer')
  hang = false
  await expect(submit(2)).rejects.toThrow('does not answer')
  await new Promise((resolve) => setTimeout(resolve, 40))
  expect(await submit(3)).toBe(3)
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
