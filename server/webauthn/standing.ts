// How models of keys stand today, and what a change of the metadata does to the keys that are enrolled. Pure.
import { type AdmissionRule, admit, type GateReason, MINIMUM_CERTIFICATION } from './gate.ts'
import { type JudgedModel, judgeModel } from './model.ts'
import type { AuthenticatorModel, CutOffReason, EnrolledKey } from './port.ts'

/** A model as it stands at a moment. */
export interface Standing {
  readonly aaguid: string
  readonly description: string
  readonly judged: JudgedModel
  /** Allowed, hardware, certified and without a concern: what `attested` asks of a model. */
  readonly certified: boolean
  /** Why enrolled keys of the model stop working; null: they go on. */
  readonly cutOff: CutOffReason | null
}

/** A key, what it is of, and why it is in the list. */
export interface KeyWith<Reason> {
  readonly key: EnrolledKey
  readonly reasons: readonly Reason[]
}

/** What a change of the metadata, or of the list of allowed models, does. */
export interface Consequences {
  /** Keys that stop working, with everything that was opened with them. */
  readonly cutOff: readonly KeyWith<CutOffReason>[]
  /** Keys that were admitted as attested and would not be any more. They go on working. */
  readonly uncertified: readonly KeyWith<GateReason>[]
  /** People who would be left without a key. */
  readonly leftWithNone: readonly EnrolledKey['person'][]
}

/** What a model is allowed to be called about: the gate's conditions that hang on the model alone. */
const MODEL_ONLY: AdmissionRule = { policy: 'attested', aaguids: null, platformAllowed: true }

/** How each model stands, by AAGUID; entries that cannot be read are left out. */
export function standings(models: readonly AuthenticatorModel[], now: Date): ReadonlyMap<string, Standing> {
  const found = new Map<string, Standing>()
  for (const { aaguid, description, entry, allowed } of models) {
    const judged = judgeModel(entry, allowed, now)
    if (judged !== null) found.set(aaguid, { aaguid, description, judged, ...verdict(judged) })
  }
  return found
}

function verdict(judged: JudgedModel): Pick<Standing, 'certified' | 'cutOff'> {
  const { allowed, hardwareProtected, certification, concerns } = judged
  return {
    certified: allowed && hardwareProtected && certification >= MINIMUM_CERTIFICATION && concerns.length === 0,
    cutOff: concerns.includes('status-compromised')
      ? 'model-compromised'
      : concerns.includes('status-revoked')
        ? 'model-revoked'
        : null,
  }
}

/** Why keys of a model are no longer what `attested` asks, as far as the model alone says; empty: it is sound. */
export function modelReasons(aaguid: string, standing: Standing | undefined): readonly GateReason[] {
  const sound = {
    userVerified: true,
    crossOrigin: false,
    backupEligible: false,
    backedUp: false,
    format: 'packed',
    aaguid,
    certified: true,
    certificateAaguid: aaguid,
    chained: true,
    platform: false,
  }
  const admission = admit(sound, MODEL_ONLY, standing?.judged ?? null)
  return admission.ok ? [] : admission.reasons
}

/** Models whose enrolled keys have to be looked at: unsafe now, or worse or differently rooted than they were. */
export function modelsToLookAt(
  before: ReadonlyMap<string, Standing>,
  after: ReadonlyMap<string, Standing>,
): readonly string[] {
  const aaguids = new Set([...before.keys(), ...after.keys()])
  return [...aaguids].filter((aaguid) => {
    const [was, is] = [before.get(aaguid), after.get(aaguid)]
    if (is === undefined) return true
    if (is.cutOff !== null || !is.certified) return true
    return was === undefined || !sameRoots(was.judged.roots, is.judged.roots)
  })
}

function sameRoots(a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean {
  const known = new Set(b.map((root) => Buffer.from(root).toString('base64')))
  return a.every((root) => known.has(Buffer.from(root).toString('base64')))
}

/**
 * What happens to these keys, active keys of the models to look at. `chainHolds` says whether a key's attestation still leads to a root of its
 * model; it is asked only where the model alone gives no reason.
 */
export function consequences(
  keys: readonly EnrolledKey[],
  after: ReadonlyMap<string, Standing>,
  chainHolds: (key: EnrolledKey) => boolean,
): Consequences {
  const cutOff: KeyWith<CutOffReason>[] = []
  const uncertified: KeyWith<GateReason>[] = []
  for (const key of keys) {
    const standing = after.get(key.aaguid)
    if (standing?.cutOff != null) cutOff.push({ key, reasons: [standing.cutOff] })
    else if (key.attested) {
      const reasons = modelReasons(key.aaguid, standing)
      if (reasons.length > 0) uncertified.push({ key, reasons })
      else if (!chainHolds(key)) uncertified.push({ key, reasons: ['chain-broken'] })
    }
  }
  return { cutOff, uncertified, leftWithNone: leftWithNone(cutOff.map(({ key }) => key)) }
}

function leftWithNone(keys: readonly EnrolledKey[]): EnrolledKey['person'][] {
  const lost = new Map<string, number>()
  const people = new Map<string, EnrolledKey['person']>()
  for (const { person } of keys) {
    lost.set(person.id, (lost.get(person.id) ?? 0) + 1)
    people.set(person.id, person)
  }
  return [...people.values()].filter(({ id, keys: has }) => (lost.get(id) ?? 0) >= has)
}
