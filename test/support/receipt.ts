// A genuine receipt, made by a key in software, and the sample intent it is about.
import { sha256 } from '../../server/platform/crypto.ts'
import { base64Url, fromBase64Url } from '../../server/platform/encoding.ts'
import { canonicalIntent, type Intent, intentChallenge } from '../../server/stepup/intent.ts'
import type { Receipt } from '../../server/stepup/receipt.ts'
import { enrolledKey } from '../../server/webauthn/signature.ts'
import { type AssertionForgery, type RegistrationForgery, SoftwareAuthenticator } from './authenticator.ts'

export const sampleIntent: Intent = {
  v: 1,
  typ: 'history-release',
  jti: base64Url(sha256('approval')),
  iss: 'http://localhost:8080',
  sub: 'per_anne',
  sid: 'sid_1',
  server_name: 'example.org',
  user_id: '@anne:example.org',
  device: {
    key: 'dev_1',
    id: 'PHONE',
    name: 'Element',
    client: 'Element/1.0',
    network: '192.0.2.0/24',
    signed_in_at: 1_780_000_000,
  },
  asking: { client: 'Element/1.0', network: '192.0.2.0/24' },
  rooms: [
    { id: '!a:example.org', name: 'Le bureau' },
    { id: '!b:example.org', name: null },
  ],
  direction: 'backward',
  reason: 'archive-exhausted',
  meter: 'archive',
  amounts: [{ meter: 'archive', units: 2000 }],
  lives_seconds: 28_800,
  iat: 1_780_000_100,
  exp: 1_780_001_000,
}

/** What a person downloads after a tap. */
export function genuineReceipt(
  changed: {
    intent?: Intent
    key?: SoftwareAuthenticator
    tap?: AssertionForgery
    enrolment?: RegistrationForgery
  } = {},
): Receipt {
  const key = changed.key ?? new SoftwareAuthenticator()
  const registered = key.register(
    { challenge: 'AAAA', rp: { id: 'localhost' }, user: { id: base64Url(new TextEncoder().encode('per_anne')) } },
    changed.enrolment,
  )
  const intent = canonicalIntent(changed.intent ?? sampleIntent)
  const nonce = new Uint8Array(32).fill(7)
  const tapped = key.assert({ challenge: base64Url(intentChallenge(nonce, intent)), rpId: 'localhost' }, changed.tap)
  const enrolled = enrolledKey(fromBase64Url(registered.response.attestationObject) ?? new Uint8Array())
  if (enrolled === null) throw new Error('the key in software did not register')
  return {
    v: 1,
    typ: 'palier-receipt',
    rp_id: 'localhost',
    origin: 'http://localhost:8080',
    intent,
    nonce: base64Url(nonce),
    client_data_json: tapped.response.clientDataJSON,
    authenticator_data: tapped.response.authenticatorData,
    signature: tapped.response.signature,
    credential: {
      id: 'key_1',
      webauthn_id: base64Url(key.credentialId),
      public_key: base64Url(enrolled.publicKey),
      aaguid: enrolled.aaguid,
      policy: 'any',
      enrolled_at: '2026-07-01T09:00:00.000Z',
      attestation_object: registered.response.attestationObject,
      registration_client_data: registered.response.clientDataJSON,
    },
  }
}
