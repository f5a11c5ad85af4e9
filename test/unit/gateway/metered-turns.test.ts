import { expect, test } from 'vitest'
import { turns } from '../../../server/gateway/metered-turns.ts'

test('a device has its turns, another device its own, and a turn given back is there again, once', () => {
  const take = turns(2)
  const first = take('dev_a')
  expect(take('dev_a')).not.toBeNull()
  expect(take('dev_a')).toBeNull()
  expect(take('dev_b')).not.toBeNull()
  first?.()
  first?.()
  expect(take('dev_a')).not.toBeNull()
  expect(take('dev_a')).toBeNull()
})
