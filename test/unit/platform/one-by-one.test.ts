import { expect, test } from 'vitest'
import { oneByOne } from '../../../server/platform/one-by-one.ts'

test('one call after the other, few wait, and one that fails holds nobody up', async () => {
  const begun: number[] = []
  const ends: (() => void)[] = []
  const call = oneByOne(
    async (name: number) => {
      begun.push(name)
      await new Promise<void>((resolve) => ends.push(resolve))
      if (name === 1) throw new Error('failed')
      return name
    },
    2,
    () => new Error('busy'),
  )
  const first = expect(call(1)).rejects.toThrow('failed')
  const others = [call(2), call(3)]
  await expect(call(4)).rejects.toThrow('busy')
  expect(begun).toEqual([1])
  ends.shift()?.()
  await first
  for (const [index, other] of others.entries()) {
    await expect.poll(() => begun).toHaveLength(index + 2)
    ends.shift()?.()
    expect(await other).toBe(index + 2)
  }
  const again = call(5)
  await expect.poll(() => begun).toEqual([1, 2, 3, 5])
  ends.shift()?.()
  expect(await again).toBe(5)
})
