import { describe, expect, it } from 'vitest'
import { amountsOf, canonicalIntent, canonicalJson, type Intent } from '../../../server/stepup/intent.ts'
import { type Receipt, type ReceiptFault, receiptDigest, verifyReceipt } from '../../../server/stepup/receipt.ts'
import { type AssertionForgery, SoftwareAuthenticator } from '../../support/authenticator.ts'
import { genuineReceipt, sampleIntent } from '../../support/receipt.ts'

const genuine = genuineReceipt()
const other = genuineReceipt({ key: new SoftwareAuthenticator() })
const faultOf = async (receipt: unknown) => {
  const verdict = await verifyReceipt(receipt)
  return verdict.ok ? 'none' : verdict.fault
}
const withKey = (changed: Partial<Receipt['credential']>) => ({
  ...genuine,
  credential: { ...genuine.credential, ...changed },
})

/** The same bytes but for one bit. */
function flipped(text: string): string {
  const bytes = Buffer.from(text, 'base64url')
  bytes[bytes.length - 1] = (bytes.at(-1) as number) ^ 1
  return bytes.toString('base64url')
}

describe('a genuine receipt', () => {
  it('verifies, gives the intent, and is not changed by being written down', async () => {
    expect(await verifyReceipt(genuine)).toEqual({ ok: true, intent: sampleIntent })
    expect(await verifyReceipt(JSON.parse(JSON.stringify(genuine)))).toEqual({ ok: true, intent: sampleIntent })
  })

  it('of before there was more than one meter verifies as ever', async () => {
    const { meter, amounts, ...rest } = sampleIntent
    const earlier = { ...rest, max_events: 2_000 } as unknown as Intent
    expect(await verifyReceipt(genuineReceipt({ intent: earlier }))).toEqual({ ok: true, intent: earlier })
    expect(amountsOf(earlier)).toEqual(amounts)
    expect(meter).toBe('archive')
    // One that says both says neither.
    expect(await faultOf(genuineReceipt({ intent: { ...earlier, meter, amounts } }))).toBe('intent-malformed')
  })

  it('verifies for keys of every admitted kind', async () => {
    for (const format of ['none', 'packed-self'] as const)
      expect(await faultOf(genuineReceipt({ enrolment: { format } }))).toBe('none')
  })

  it('verifies where the RP id is a parent of the issuer', async () => {
    const origin = 'https://id.palier.example'
    const key = new SoftwareAuthenticator({ origin })
    const receipt = genuineReceipt({
      key,
      intent: { ...sampleIntent, iss: origin },
      enrolment: { rpId: 'palier.example' },
      tap: { rpId: 'palier.example' },
    })
    expect(await faultOf({ ...receipt, origin, rp_id: 'palier.example' })).toBe('none')
  })
})

describe('a forgery in one field is refused:', () => {
  const intent = (changed: object) => ({ ...genuine, intent: canonicalJson({ ...sampleIntent, ...changed }) })
  const forgeries: [string, unknown, ReceiptFault][] = [
    ['v', { ...genuine, v: 2 }, 'not-a-receipt'],
    ['typ', { ...genuine, typ: 'receipt' }, 'not-a-receipt'],
    ['rp_id', { ...genuine, rp_id: 'evil.example' }, 'wrong-rp-id'],
    ['origin', { ...genuine, origin: 'https://evil.example' }, 'wrong-origin'],
    [
      'origin, together with the issuer',
      { ...intent({ iss: 'https://localhost' }), origin: 'https://localhost' },
      'wrong-challenge',
    ],
    ['nonce', { ...genuine, nonce: flipped(genuine.nonce) }, 'wrong-challenge'],
    ['nonce, in bits that decode to nothing', { ...genuine, nonce: `${genuine.nonce.slice(0, -1)}d` }, 'not-a-receipt'],
    [
      'client_data_json, malformed',
      { ...genuine, client_data_json: flipped(genuine.client_data_json) },
      'not-a-receipt',
    ],
    ['authenticator_data', { ...genuine, authenticator_data: flipped(genuine.authenticator_data) }, 'bad-signature'],
    ['authenticator_data, cut', { ...genuine, authenticator_data: 'AAAA' }, 'not-a-receipt'],
    ['signature', { ...genuine, signature: flipped(genuine.signature) }, 'bad-signature'],
    ['signature, empty', { ...genuine, signature: '' }, 'not-a-receipt'],
    ['signature, of another key', { ...genuine, signature: other.signature }, 'bad-signature'],
    ['intent, more events', intent({ amounts: [{ meter: 'archive', units: 20_000 }] }), 'wrong-challenge'],
    ['intent, another room', intent({ rooms: [{ id: '!c:example.org', name: null }] }), 'wrong-challenge'],
    [
      'intent, another name of a room',
      intent({ rooms: [{ id: '!a:example.org', name: 'Le bar' }, sampleIntent.rooms[1]] }),
      'wrong-challenge',
    ],
    ['intent, another device', intent({ device: { ...sampleIntent.device, key: 'dev_2' } }), 'wrong-challenge'],
    [
      'intent, another network',
      intent({ asking: { client: 'Element/1.0', network: '198.51.100.0/24' } }),
      'wrong-challenge',
    ],
    ['intent, another person', intent({ sub: 'per_bob' }), 'wrong-challenge'],
    ['intent, later', intent({ exp: sampleIntent.exp + 1 }), 'wrong-challenge'],
    ['intent, another issuer', intent({ iss: 'https://evil.example' }), 'wrong-origin'],
    ['intent, no issuer', intent({ iss: 'id' }), 'intent-malformed'],
    [
      'intent, not canonical',
      { ...genuine, intent: JSON.stringify(JSON.parse(genuine.intent), null, 1) },
      'intent-not-canonical',
    ],
    ['intent, a key twice', { ...genuine, intent: genuine.intent.replace('{', '{"v":1,') }, 'intent-not-canonical'],
    ['intent, a field more', intent({ more: 1 }), 'intent-malformed'],
    ['intent, not JSON', { ...genuine, intent: '{' }, 'intent-malformed'],
    ['a field more', { ...genuine, more: 1 }, 'not-a-receipt'],
    ['credential.public_key', withKey({ public_key: other.credential.public_key }), 'key-not-of-enrolment'],
    ['credential.webauthn_id', withKey({ webauthn_id: other.credential.webauthn_id }), 'key-not-of-enrolment'],
    ['credential.aaguid', withKey({ aaguid: 'a11ce000-0000-4000-8000-0000000000aa' }), 'key-not-of-enrolment'],
    [
      'credential.attestation_object',
      withKey({ attestation_object: other.credential.attestation_object }),
      'key-not-of-enrolment',
    ],
    ['credential.attestation_object, not CBOR', withKey({ attestation_object: 'AAAA' }), 'key-not-of-enrolment'],
    [
      'credential.registration_client_data',
      withKey({ registration_client_data: genuine.client_data_json }),
      'key-not-of-enrolment',
    ],
    ['credential, all of another key', { ...genuine, credential: other.credential }, 'bad-signature'],
  ]
  for (const [what, receipt, fault] of forgeries)
    it(`${what} (${fault})`, async () => {
      expect(await faultOf(receipt)).toBe(fault)
    })

  it('the digest changes with every field, also with those that only the server vouches for', () => {
    const changed = [
      genuine,
      withKey({ id: 'key_2' }),
      withKey({ policy: 'attested' }),
      withKey({ enrolled_at: '2020' }),
      { ...genuine, nonce: 'AAAA' },
    ]
    expect(new Set(changed.map(receiptDigest)).size).toBe(changed.length)
    expect(receiptDigest(JSON.parse(JSON.stringify(genuine)) as Receipt)).toBe(receiptDigest(genuine))
  })
})

describe('a tap that was not one is refused:', () => {
  const taps: [string, AssertionForgery, ReceiptFault][] = [
    ['of the type of a registration', { type: 'webauthn.create' }, 'wrong-type'],
    ['over another challenge', { challenge: 'AAAA' }, 'wrong-challenge'],
    ['on another origin', { origin: 'https://evil.example' }, 'wrong-origin'],
    ['in a frame of another site', { crossOrigin: true }, 'cross-origin'],
    ['with a top origin', { topOrigin: 'https://evil.example' }, 'cross-origin'],
    ['for another RP id', { rpId: 'evil.example' }, 'wrong-rp-id'],
    ['without presence', { userPresent: false }, 'no-presence'],
    ['without verification', { userVerified: false }, 'no-verification'],
    ['signed by another key', { signWith: new SoftwareAuthenticator().privateKey }, 'bad-signature'],
  ]
  for (const [what, tap, fault] of taps)
    it(`${what} (${fault})`, async () => {
      expect(await faultOf(genuineReceipt({ tap }))).toBe(fault)
    })

  it('with a key enrolled for another relying party', async () => {
    expect(await faultOf(genuineReceipt({ enrolment: { rpId: 'evil.example' } }))).toBe('key-not-of-enrolment')
  })
})

it.each([null, 1, 'text', [], {}, { ...genuine, intent: 7 }, { ...genuine, credential: null }])(
  '%j is not a receipt',
  async (value) => {
    expect(await faultOf(value)).toBe('not-a-receipt')
  },
)

it('the intent is signed as bytes: the canonical text of it', () => {
  expect(genuine.intent).toBe(canonicalIntent(sampleIntent))
})
