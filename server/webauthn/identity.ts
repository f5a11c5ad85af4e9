// Which very key this is, as far as its attestation proves it: what a key that was sent by post is told by.
import { sha256 } from '../platform/crypto.ts'
import { chainsToRoot } from './chain.ts'
import { judgeModel } from './model.ts'
import type { AuthenticatorModels } from './port.ts'
import type { Registration } from './simplewebauthn.ts'

/** Serial and batch are null unless the attestation leads to a root of the key's model: anybody can write a certificate. */
export interface KeyIdentity {
  readonly aaguid: string
  /** As printed on keys, without leading zeros. */
  readonly serial: string | null
  /** SHA-256, hex, of the attestation certificate. */
  readonly batch: string | null
}

/** What a registration proves of which key it is, by the metadata of now. */
export async function keyIdentity(
  models: AuthenticatorModels,
  registration: Registration,
  now: Date,
): Promise<KeyIdentity> {
  const { aaguid, certificates, certificateAaguid, certificateSerial } = registration
  const [leaf] = certificates
  const stored = leaf === undefined ? null : await models.modelOf(aaguid)
  const model = stored === null ? null : judgeModel(stored.entry, stored.allowed, now)
  const proved = model !== null && certificateAaguid === aaguid && chainsToRoot(certificates, model.roots, now)
  if (leaf === undefined || !proved) return { aaguid, serial: null, batch: null }
  return { aaguid, serial: certificateSerial, batch: Buffer.from(sha256(leaf)).toString('hex') }
}
