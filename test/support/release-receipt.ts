// A genuine receipt of two administrators, made by keys in software, and the sample intent it is about.
import { base64Url, fromBase64Url } from '../../server/platform/encoding.ts'
import { canonicalReleaseIntent, type ExportIntent, releaseChallenge } from '../../server/stepup/release-intent.ts'
import type { AdministratorTap, ReleaseReceipt } from '../../server/stepup/release-receipt.ts'
import { enrolledKey } from '../../server/webauthn/signature.ts'
import { type AssertionForgery, SoftwareAuthenticator } from './authenticator.ts'

export const sampleExport: ExportIntent = {
  v: 1,
  typ: 'export-release',
  jti: 'rel_AAAAAAAAAAAAAAAAAAAAAA',
  iss: 'http://localhost:8080',
  server_name: 'example.org',
  subject: { person: 'per_camille', username: 'camille', user_id: '@camille:example.org' },
  device: {
    key: 'dev_1',
    id: 'PHONE',
    name: 'Element',
    client: 'Element/1.0',
    network: '192.0.2.0/24',
    signed_in_at: 1_780_000_000,
  },
  network: '192.0.2.0/24',
  rooms: ['!a:example.org', '!b:example.org'],
  dates: { from: 1_770_000_000, until: 1_775_000_000 },
  max_events: 50_000,
  lives_seconds: 86_400,
  reason: 'Enquête 2026-117',
  iat: 1_780_000_100,
  exp: 1_780_086_500,
}

/** What an administrator downloads once both have tapped. */
export function genuineReleaseReceipt(
  changed: {
    intent?: ExportIntent
    keys?: readonly [SoftwareAuthenticator, SoftwareAuthenticator]
    second?: AssertionForgery
  } = {},
): ReleaseReceipt {
  const intent = canonicalReleaseIntent(changed.intent ?? sampleExport)
  const [first, second] = changed.keys ?? [new SoftwareAuthenticator(), new SoftwareAuthenticator()]
  return {
    v: 1,
    typ: 'palier-two-person-receipt',
    rp_id: 'localhost',
    origin: 'http://localhost:8080',
    intent,
    taps: [tapOf('ada', first, intent, 1), tapOf('blaise', second, intent, 2, changed.second)],
  }
}

function tapOf(
  username: string,
  key: SoftwareAuthenticator,
  intent: string,
  fill: number,
  forge?: AssertionForgery,
): AdministratorTap {
  const registered = key.register({
    challenge: 'AAAA',
    rp: { id: 'localhost' },
    user: { id: base64Url(new TextEncoder().encode(`per_${username}`)) },
  })
  const nonce = new Uint8Array(32).fill(fill)
  const challenge = base64Url(releaseChallenge(nonce, 'export-release', intent))
  const tapped = key.assert({ challenge, rpId: 'localhost' }, forge)
  const enrolled = enrolledKey(fromBase64Url(registered.response.attestationObject) ?? new Uint8Array())
  if (enrolled === null) throw new Error('the key in software did not register')
  return {
    person: `per_${username}`,
    username,
    nonce: base64Url(nonce),
    client_data_json: tapped.response.clientDataJSON,
    authenticator_data: tapped.response.authenticatorData,
    signature: tapped.response.signature,
    credential: {
      id: `key_${username}`,
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
