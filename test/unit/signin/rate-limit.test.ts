import { expect, test } from 'vitest'
import {
  CALLS_PER_BROWSER_A_MINUTE,
  CALLS_PER_NETWORK_A_MINUTE,
  signInLimit,
} from '../../../server/signin/rate-limit.ts'

test('a browser is held back past its limit, others are not, and a minute later it may again', () => {
  let now = 0
  const limit = signInLimit({ now: () => now })
  for (let call = 0; call < CALLS_PER_BROWSER_A_MINUTE; call++) limit('net', 'one')
  expect(() => limit('net', 'one')).toThrow(expect.objectContaining({ status: 429, reason: 'too-many-attempts' }))
  expect(() => limit('net', 'two')).not.toThrow()
  now += 60_000
  expect(() => limit('net', 'one')).not.toThrow()
})

test('a network is held back whatever cookies it invents', () => {
  const limit = signInLimit({ now: () => 0 })
  for (let call = 0; call < CALLS_PER_NETWORK_A_MINUTE; call++) limit('net', `browser ${call}`)
  expect(() => limit('net', 'one more')).toThrow(expect.objectContaining({ status: 429 }))
  expect(() => limit('another', 'one more')).not.toThrow()
})
