// What a session answers: prompt and max_age, acr and its aliases, where an answer goes.
import { expect, test } from 'vitest'
import { isEnough } from '../../../server/oidc/authorize.ts'
import { answeredAcr, redirectLocation } from '../../../server/oidc/complete.ts'
import { formPostPage } from '../../../server/oidc/pages.ts'
import { amrOf } from '../../../server/webauthn/assertion.ts'

const NOW = Date.parse('2026-07-01T10:00:00Z')
const tapped = (secondsAgo: number, personId = 'per_a') => ({ personId, authTime: new Date(NOW - secondsAgo * 1000) })
const wanted = { forceTap: false, maxAgeSeconds: null, expectedPersonId: null }

test.each([
  ['nothing more', wanted, tapped(11 * 3600), true],
  ['a fresh tap', { ...wanted, forceTap: true }, tapped(0), false],
  ['max_age 0', { ...wanted, maxAgeSeconds: 0 }, tapped(0), false],
  ['max_age 60 after 59 s', { ...wanted, maxAgeSeconds: 60 }, tapped(59), true],
  ['max_age 60 after 60 s', { ...wanted, maxAgeSeconds: 60 }, tapped(60), false],
  ['its own person', { ...wanted, expectedPersonId: 'per_a' }, tapped(0), true],
  ['another person', { ...wanted, expectedPersonId: 'per_b' }, tapped(0), false],
])('a request for %s', (_, asked, session, enough) => {
  expect(isEnough(asked, session, NOW)).toBe(enough)
})

test.each([
  ['phr', [], 'phr'],
  ['phr', ['phrh'], 'phr'],
  ['phr', ['eidas3'], 'phr'],
  ['phr', ['eidas3', 'phr'], 'phr'],
  ['phrh', [], 'phrh'],
  ['phrh', ['phr'], 'phrh'],
  ['phrh', ['eidas3'], 'eidas3'],
  ['phrh', ['unknown', 'eidas3'], 'eidas3'],
  ['phrh', ['phrh', 'eidas3'], 'phrh'],
])('a %s key, asked for %j, is said to be %s', (actual, asked, acr) => {
  expect(answeredAcr(actual, asked, ['eidas3'])).toBe(acr)
})

test('only a key whose maker proved it is called hardware, and no PIN is claimed', () => {
  expect(amrOf('phrh')).toEqual(['hwk', 'user', 'mfa'])
  expect(amrOf('phr')).toEqual(['pop', 'user', 'mfa'])
})

test('an answer keeps the query that the redirect URI had, and cannot leave it', () => {
  const location = redirectLocation('https://rp.example/cb?a=1', { code: 'c', state: '"&x=#/../' })
  expect(location).toBe('https://rp.example/cb?a=1&code=c&state=%22%26x%3D%23%2F..%2F')
})

test('a posted answer is markup only where the page wrote it', () => {
  const { html } = formPostPage('https://rp.example/cb', { state: '"><script>alert(1)</script>' }, 'en')
  expect(html.match(/<script>/g)).toHaveLength(1)
  expect(html).not.toContain('alert(1)</script>')
})
