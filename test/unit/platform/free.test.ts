// Memory that is given back at once.
import { expect, test } from 'vitest'
import { free } from '../../../server/platform/free.ts'

test('what is large and whole is gone at once; a part of something and what is small stay', () => {
  const whole = new Uint8Array(256 * 1024).fill(1)
  const other = new Uint8Array(whole.buffer)
  free(whole)
  expect([whole.length, other.length]).toEqual([0, 0])
  const part = new Uint8Array(256 * 1024).subarray(1)
  const small = new Uint8Array(100)
  free(part)
  free(small)
  expect([part.length, small.length]).toEqual([256 * 1024 - 1, 100])
})
