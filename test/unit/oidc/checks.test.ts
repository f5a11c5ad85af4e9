// Check × request: what each check says of a sound request with one thing changed.
import { describe, expect, test } from 'vitest'
import { grantedScope } from '../../../server/oidc/checks/scope.ts'
import { checkAuthorize } from '../../../server/oidc/checks.ts'
import { type Parameters, parseParameters } from '../../../server/oidc/parameters.ts'
import type { Client } from '../../../server/oidc/port.ts'

const CLIENT: Client = {
  clientId: 'rp',
  name: 'A party',
  secret: null,
  redirectUris: ['https://rp.example/cb'],
  postLogoutRedirectUris: [],
  backchannelLogoutUri: null,
  serverName: null,
}
const HOMESERVER = { ...CLIENT, serverName: 'example.org' }
const SOUND = {
  response_type: 'code',
  scope: 'openid profile',
  state: 's',
  nonce: 'n',
  code_challenge_method: 'S256',
  code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
}
const LONG = 'x'.repeat(2049)

function changed(change: Record<string, string | null>): Parameters {
  return new Map(Object.entries({ ...SOUND, ...change }).filter((pair): pair is [string, string] => pair[1] !== null))
}

test('a sound request passes, of a homeserver too', () => {
  expect(checkAuthorize(changed({}), CLIENT)).toBeNull()
  expect(checkAuthorize(changed({}), HOMESERVER)).toBeNull()
})

test.each<[Record<string, string | null>, string]>([
  [{ request: 'eyJ' }, 'request_not_supported'],
  [{ request_uri: 'https://rp.example/r' }, 'request_uri_not_supported'],
  [{ registration: '{}' }, 'registration_not_supported'],
  [{ response_type: null }, 'invalid_request'],
  [{ response_type: 'token' }, 'unsupported_response_type'],
  [{ response_type: 'code id_token' }, 'unsupported_response_type'],
  [{ response_type: 'none' }, 'unsupported_response_type'],
  [{ response_mode: 'fragment' }, 'invalid_request'],
  [{ scope: null }, 'invalid_scope'],
  [{ scope: 'profile' }, 'invalid_scope'],
  [{ scope: 'openidx' }, 'invalid_scope'],
  [{ code_challenge: null }, 'invalid_request'],
  [{ code_challenge_method: null }, 'invalid_request'],
  [{ code_challenge_method: 'plain' }, 'invalid_request'],
  [{ code_challenge_method: 's256' }, 'invalid_request'],
  [{ code_challenge: 'short' }, 'invalid_request'],
  [{ code_challenge: `${SOUND.code_challenge}=` }, 'invalid_request'],
  [{ prompt: 'none login' }, 'invalid_request'],
  [{ prompt: 'create' }, 'invalid_request'],
  [{ max_age: '-1' }, 'invalid_request'],
  [{ max_age: '1.5' }, 'invalid_request'],
  [{ max_age: '1e3' }, 'invalid_request'],
  [{ max_age: '9999999999' }, 'invalid_request'],
  [{ state: LONG }, 'invalid_request'],
  [{ nonce: LONG }, 'invalid_request'],
  [{ login_hint: LONG }, 'invalid_request'],
  [{ acr_values: LONG }, 'invalid_request'],
])('%j is refused as %s', (change, error) => {
  expect(checkAuthorize(changed(change), CLIENT)?.error).toBe(error)
})

test.each([
  { prompt: 'none' },
  { prompt: 'login consent' },
  { max_age: '0' },
  { max_age: '999999999' },
  { response_mode: 'form_post' },
  { state: null },
  { nonce: null },
  { display: 'popup' },
  { ui_locales: 'fr en' },
  { claims_locales: 'fr' },
  { invented: 'x' },
  { claims: '{"id_token":{"acr":{"essential":true}}}' },
])('%j passes', (change) => {
  expect(checkAuthorize(changed(change as Record<string, string | null>), CLIENT)).toBeNull()
})

test('a homeserver needs a state', () => {
  expect(checkAuthorize(changed({ state: null }), HOMESERVER)?.error).toBe('invalid_request')
})

test('what is not known of a scope is not granted', () => {
  expect(grantedScope(changed({ scope: 'email openid admin  profile' }))).toBe('openid profile')
})

describe('parameters', () => {
  test.each([
    ['a=1&a=1', 'duplicated'],
    ['a=1&b=2&a=', 'duplicated'],
    [`a=${'x'.repeat(9000)}`, 'oversized'],
    ['x'.repeat(17_000), 'oversized'],
    [Array.from({ length: 61 }, (_, n) => `p${n}=1`).join('&'), 'oversized'],
    ['a=%00', 'malformed'],
    ['a=b%0d%0aSet-Cookie:x', 'malformed'],
    ['a=%ff', 'malformed'],
  ])('%.40s is %s', (text, reason) => {
    expect(parseParameters(text)).toMatchObject({ ok: false, reason })
  })

  test('none of two values of a name is kept, and an empty one counts as absent', () => {
    expect(parseParameters('a=1&a=2&b=').parameters).toEqual(new Map())
    expect(parseParameters('b=').ok).toBe(true)
  })
})
