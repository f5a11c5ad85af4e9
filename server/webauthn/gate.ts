// The enrolment gate: which keys a policy lets in. Pure; every reason is a sentence in docs/reference/key-policies.md.
import type { JudgedModel, StatusConcern } from './model.ts'
import type { Acr } from './port.ts'
import type { GroupKeyPolicy } from './rule.ts'

/** What the gate asks of a key: see rule.ts for how it comes about. */
export type AdmissionRule = Pick<GroupKeyPolicy, 'policy' | 'aaguids' | 'platformAllowed'>

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
  /** Whether it is built into a computer or a phone. */
  readonly platform: boolean
}

export type GateReason =
  | 'user-verification'
  | 'cross-origin'
  | 'format-unsupported'
  | 'backup-state'
  | 'backup-eligible'
  | 'platform-not-allowed'
  | 'model-not-listed'
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
const FORMATS = new Set(['none', 'packed', 'fido-u2f', 'tpm'])

/** FIDO Certified, level 1. */
export const MINIMUM_CERTIFICATION = 1

/** Whether a rule admits a key, with every reason why not. `model` is what the metadata says of the key's AAGUID, or null. */
export function admit(
  facts: KeyFacts,
  rule: AdmissionRule,
  model: JudgedModel | null,
  minimumCertification: number = MINIMUM_CERTIFICATION,
): Admission {
  const { policy } = rule
  const reasons: GateReason[] = [
    ...always(facts),
    ...(policy === 'any' ? [] : deviceBound(facts)),
    ...listed(facts, rule),
    ...unsafe(model),
    ...(policy === 'attested' ? attested(facts, model, minimumCertification) : []),
  ]
  return reasons.length > 0 ? { ok: false, reasons } : { ok: true, acr: policy === 'attested' ? 'phrh' : 'phr' }
}

/** What a browser and a key say of where the key is: its word, unless the metadata knows the proved model better. */
export function isBuiltIn(
  said: { readonly format: string; readonly attachment: string | null; readonly transports: readonly string[] },
  proved: Pick<JudgedModel, 'builtIn'> | null,
): boolean {
  if (proved !== null && proved.builtIn !== null) return proved.builtIn
  return said.format === 'tpm' || said.attachment === 'platform' || said.transports.includes('internal')
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

function listed(facts: KeyFacts, rule: AdmissionRule): GateReason[] {
  const reasons: GateReason[] = []
  if (facts.platform && !rule.platformAllowed) reasons.push('platform-not-allowed')
  if (rule.aaguids !== null && !rule.aaguids.includes(facts.aaguid)) reasons.push('model-not-listed')
  return reasons
}

/** A model that says of itself that it is one of those: it would be cut off as soon as it was in. */
function unsafe(model: JudgedModel | null): GateReason[] {
  return (model?.concerns ?? []).filter((concern) => concern !== 'status-retired')
}

function attested(facts: KeyFacts, model: JudgedModel | null, minimumCertification: number): GateReason[] {
  const reasons: GateReason[] = []
  // fido-u2f carries no AAGUID: the model cannot be told. A TPM's statement signs it, its certificate need not name it (WebAuthn L3 §8.3.1).
  const isTpm = facts.format === 'tpm'
  if (facts.format !== 'packed' && !isTpm) reasons.push('format-not-packed')
  if (!facts.certified) reasons.push('not-certified')
  else if (facts.certificateAaguid === null) reasons.push(...(isTpm ? [] : ['certificate-aaguid-missing' as const]))
  else if (facts.certificateAaguid !== facts.aaguid) reasons.push('certificate-aaguid-differs')
  if (model === null) return [...reasons, 'model-unknown']
  if (facts.certified && !facts.chained) reasons.push('chain-broken')
  if (!model.allowed) reasons.push('model-not-allowed')
  if (!model.hardwareProtected) reasons.push('key-protection')
  if (model.certification < minimumCertification) reasons.push('certification-level')
  if (model.concerns.includes('status-retired')) reasons.push('status-retired')
  return reasons
}
