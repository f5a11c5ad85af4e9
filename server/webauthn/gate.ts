// The enrolment gate: which keys a policy lets in. Pure; every reason is a sentence in docs/reference/key-policies.md.
import type { KeyPolicy } from '../config/config.ts'
import type { JudgedModel, StatusConcern } from './model.ts'
import type { Acr } from './port.ts'

/** What is known of a key that wants to enrol, its signatures already checked. */
export interface KeyFacts {
  readonly userVerified: boolean
  /** Whether clientDataJSON shows a framed or foreign page. */
  readonly crossOrigin: boolean
  readonly backupEligible: boolean
  readonly backedUp: boolean
  /** Attestation statement format. */
  readonly format: string
  readonly aaguid: string
  /** Whether the statement carries certificates; without, it is none or self-attestation. */
  readonly certified: boolean
  /** The AAGUID in the leaf certificate, or null. */
  readonly certificateAaguid: string | null
  /** Whether the certificates chain to a root of the model. */
  readonly chained: boolean
}

export type GateReason =
  | 'user-verification'
  | 'cross-origin'
  | 'format-unsupported'
  | 'backup-state'
  | 'backup-eligible'
  | 'format-not-packed'
  | 'not-certified'
  | 'model-unknown'
  | 'model-not-allowed'
  | 'chain-broken'
  | 'certificate-aaguid-missing'
  | 'certificate-aaguid-differs'
  | 'key-protection'
  | 'certification-level'
  | StatusConcern

export type Admission =
  | { readonly ok: true; readonly acr: Acr }
  | { readonly ok: false; readonly reasons: readonly GateReason[] }

/** Formats whose verification needs nothing from the network. */
const FORMATS = new Set(['none', 'packed', 'fido-u2f'])

/** FIDO Certified, level 1. */
export const MINIMUM_CERTIFICATION = 1

/** Whether a policy admits a key, with every reason why not. `model` is what the metadata says of the key's AAGUID, or null. */
export function admit(
  facts: KeyFacts,
  policy: KeyPolicy,
  model: JudgedModel | null,
  minimumCertification: number = MINIMUM_CERTIFICATION,
): Admission {
  const reasons: GateReason[] = [
    ...always(facts),
    ...(policy === 'any' ? [] : deviceBound(facts)),
    ...(policy === 'attested' ? attested(facts, model, minimumCertification) : []),
  ]
  return reasons.length > 0 ? { ok: false, reasons } : { ok: true, acr: policy === 'attested' ? 'phrh' : 'phr' }
}

function always(facts: KeyFacts): GateReason[] {
  const reasons: GateReason[] = []
  if (!facts.userVerified) reasons.push('user-verification')
  if (facts.crossOrigin) reasons.push('cross-origin')
  if (!FORMATS.has(facts.format)) reasons.push('format-unsupported')
  if (facts.backedUp && !facts.backupEligible) reasons.push('backup-state')
  return reasons
}

/** WebAuthn L3 §6.1.3: a single-device credential has BE=0, and so BS=0. */
function deviceBound(facts: KeyFacts): GateReason[] {
  return facts.backupEligible || facts.backedUp ? ['backup-eligible'] : []
}

function attested(facts: KeyFacts, model: JudgedModel | null, minimumCertification: number): GateReason[] {
  const reasons: GateReason[] = []
  // fido-u2f carries no AAGUID: the model cannot be told.
  if (facts.format !== 'packed') reasons.push('format-not-packed')
  if (!facts.certified) reasons.push('not-certified')
  else if (facts.certificateAaguid === null) reasons.push('certificate-aaguid-missing')
  else if (facts.certificateAaguid !== facts.aaguid) reasons.push('certificate-aaguid-differs')
  if (model === null) return [...reasons, 'model-unknown']
  if (facts.certified && !facts.chained) reasons.push('chain-broken')
  if (!model.allowed) reasons.push('model-not-allowed')
  if (!model.hardwareProtected) reasons.push('key-protection')
  if (model.certification < minimumCertification) reasons.push('certification-level')
  return [...reasons, ...model.concerns]
}
