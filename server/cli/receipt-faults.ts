// What is wrong with a tap, in words.
import type { ReceiptFault } from '../stepup/receipt.ts'

export const FAULTS: Readonly<Record<ReceiptFault, string>> = {
  'not-a-receipt': 'it is not a receipt of Palier',
  'intent-not-canonical': 'its intent is not in canonical form (RFC 8785): it was changed after the tap',
  'intent-malformed': 'its intent does not have the form of an intent',
  'wrong-type': 'what was signed is not an assertion (type webauthn.get)',
  'wrong-challenge': 'the key signed another intent than the one in the file',
  'wrong-origin': 'the tap was made on another origin than the one named',
  'cross-origin': 'the tap was made inside a frame of another site',
  'wrong-rp-id': 'the key answered for another relying party',
  'no-presence': 'nobody touched the key',
  'no-verification': 'the key did not verify its holder (PIN or fingerprint)',
  'bad-signature': "the signature is not the enrolled key's",
  'key-not-of-enrolment': 'the key is not the one in the enrolment record',
}
