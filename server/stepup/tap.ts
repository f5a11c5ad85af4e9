// One tap over an intent: the challenge that a key answers, and its answer in the form that receipts keep. The same for whatever
// is asked; what is signed differs only in the challenge.
import type { Config } from '../config/config.ts'
import { Refusal } from '../errors/failure.ts'
import { base64Url } from '../platform/encoding.ts'
import type { Random } from '../platform/random.ts'
import type { Asserted, AssertionService } from '../webauthn/assertion.ts'
import type { ReceiptCredentials } from './port.ts'
import type { Tap } from './receipt.ts'

/** How long one challenge can be answered. */
const CHALLENGE_LIVES_SECONDS = 5 * 60

export interface TapDeps {
  readonly config: Pick<Config, 'issuer' | 'rpId'>
  readonly random: Random
  readonly assertions: AssertionService
  readonly credentials: ReceiptCredentials
}

/** Who taps, in which browser, and what the tap is for: the hash of an approval, the id of a renewal, a release, an act. */
export interface Tapper {
  readonly subject: string
  readonly browserHash: string
  readonly personId: string
}

/** A challenge for one person in one browser. `challengeOf`: what a nonce of 32 bytes makes of the intent. */
export function beginTap(
  deps: Pick<TapDeps, 'random' | 'assertions'>,
  who: Tapper,
  challengeOf: (nonce: Uint8Array) => Uint8Array,
) {
  const nonce = deps.random.bytes(32)
  const challenge = challengeOf(nonce)
  return deps.assertions.begin({ kind: 'approval', ...who, challenge, nonce, ttlSeconds: CHALLENGE_LIVES_SECONDS })
}

/** Takes the answer to a challenge that `beginTap` gave to the same, once. Throws `Refusal` 403 `tap-refused`. */
export async function finishTap(
  deps: Pick<TapDeps, 'assertions' | 'credentials'>,
  who: Tapper,
  { ceremony, response }: { readonly ceremony: string; readonly response: unknown },
): Promise<{ readonly credentialId: string; readonly tap: Tap }> {
  const asserted = await deps.assertions.finish({ kind: 'approval', ...who, ceremony, response })
  if (!asserted.ok) throw new Refusal(403, 'tap-refused', asserted.reason)
  return { credentialId: asserted.credentialId, tap: await signedTap(deps, asserted) }
}

/** What a receipt keeps of a tap that was taken. */
async function signedTap(deps: Pick<TapDeps, 'credentials'>, asserted: Asserted): Promise<Tap> {
  if (asserted.nonce === null) throw new Error('an approval ceremony always carries a nonce')
  return {
    nonce: base64Url(asserted.nonce),
    client_data_json: asserted.clientDataJSON,
    authenticator_data: asserted.authenticatorData,
    signature: asserted.signature,
    credential: await deps.credentials.forReceipt(asserted.credentialId),
  }
}

/** Where taps are made, as receipts name it. */
export function tapOrigin({ config }: Pick<TapDeps, 'config'>): { rp_id: string; origin: string } {
  return { rp_id: config.rpId, origin: new URL(config.issuer).origin }
}
