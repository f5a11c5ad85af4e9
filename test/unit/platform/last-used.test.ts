// What is remembered of the many.
import { expect, test } from 'vitest'
import { lastUsed } from '../../../server/platform/last-used.ts'

test('the keys used last are remembered, no more of them than said', () => {
  const kept = lastUsed<string, number>(3)
  for (const [index, key] of ['a', 'b', 'c'].entries()) kept.set(key, index)
  expect(kept.get('a')).toBe(0)
  kept.set('d', 3)
  expect([...kept.keys()].toSorted()).toEqual(['a', 'c', 'd'])
  for (let index = 0; index < 1_000; index++) kept.set(`k${index}`, index)
  expect(kept.size).toBe(3)
})
