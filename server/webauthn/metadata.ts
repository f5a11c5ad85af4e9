// Importing the metadata BLOB: checked, compared with what is enrolled, stored whole or not at all.
import type { Clock } from '../platform/clock.ts'
import { type BlobFailure, FIDO_SIGNER_NAMES, readBlob } from './blob.ts'
import type { AdmissionRule, GateReason } from './gate.ts'
import type { AuthenticatorModel, MetadataStore, StoredRegistration } from './port.ts'
import { judgeRegistration } from './registration.ts'
import { metadataRoots, readRegistration } from './simplewebauthn.ts'

export interface MetadataImportInput {
  /** The BLOB as downloaded: a JWT. */
  readonly jwt: string
  /** PEM roots to trust in FIDO's place; null trusts FIDO's. */
  readonly roots: readonly string[] | null
  /** The only models the attested policy allows from now on; null keeps the choice made before. */
  readonly allow: readonly string[] | null
  /** Check and compare, and store nothing. */
  readonly dryRun: boolean
}

/** An enrolled key that the attested policy would not admit under the new metadata. */
export interface Affected {
  readonly key: Pick<StoredRegistration, 'credentialId' | 'username' | 'name'>
  readonly reasons: readonly GateReason[]
}

export type MetadataImportResult =
  | {
      readonly ok: true
      readonly number: number
      readonly nextUpdate: string
      readonly models: number
      readonly allowed: number
      /** Entries that name an AAGUID and could not be read. */
      readonly unreadable: number
      readonly affected: readonly Affected[]
    }
  | { readonly ok: false; readonly reason: BlobFailure | 'allow-unknown'; readonly detail?: string }

/** Verifies a BLOB and replaces the stored models by its own. */
export async function importMetadata(
  deps: { readonly clock: Clock; readonly metadata: MetadataStore },
  input: MetadataImportInput,
): Promise<MetadataImportResult> {
  const { metadata } = deps
  const now = new Date(deps.clock.now())
  const read = await readBlob(input.jwt.trim(), {
    roots: input.roots ?? metadataRoots(),
    signerNames: input.roots === null ? FIDO_SIGNER_NAMES : [],
    latestNumber: (await metadata.latestImport())?.number ?? null,
    now,
  })
  if (!read.ok) return read
  const { number, nextUpdate, entries, unreadable } = read.blob
  const unknown = (input.allow ?? []).filter((aaguid) => !entries.has(aaguid.toLowerCase()))
  if (unknown.length > 0) return { ok: false, reason: 'allow-unknown', detail: unknown.join(', ') }
  const isAllowed = allowance(input.allow, await metadata.allModels())
  const models = [...entries].map(
    ([aaguid, entry]): AuthenticatorModel => ({ aaguid, ...entry, allowed: isAllowed(aaguid) }),
  )
  const affected = judgeAgain(await metadata.attestedRegistrations(), models, now)
  const imported = { number, nextUpdate, importedAt: now, entries: models.length }
  if (!input.dryRun && !(await metadata.replaceAll(models, imported))) return { ok: false, reason: 'not-newer' }
  const allowed = models.filter((model) => model.allowed).length
  return { ok: true, number, nextUpdate, models: models.length, allowed, unreadable, affected }
}

/** A list given now, else the one in force; without any, every model is allowed and the gate's other conditions decide. */
function allowance(
  allow: readonly string[] | null,
  before: readonly AuthenticatorModel[],
): (aaguid: string) => boolean {
  const listed =
    allow?.map((aaguid) => aaguid.toLowerCase()) ??
    (before.some((model) => !model.allowed)
      ? before.filter((model) => model.allowed).map((model) => model.aaguid)
      : null)
  if (listed === null) return () => true
  const set = new Set(listed)
  return (aaguid) => set.has(aaguid)
}

const ATTESTED: AdmissionRule = { policy: 'attested', aaguids: null, platformAllowed: true }

function judgeAgain(
  registrations: readonly StoredRegistration[],
  models: readonly AuthenticatorModel[],
  now: Date,
): Affected[] {
  const byAaguid = new Map(models.map((model) => [model.aaguid, model]))
  const affected: Affected[] = []
  for (const stored of registrations) {
    const registration = readRegistration(stored.attestationObject)
    if (registration === null) continue
    const model = byAaguid.get(registration.aaguid) ?? null
    const said = { attachment: null, transports: [] }
    const { admission } = judgeRegistration(registration, ATTESTED, model, now, said)
    if (!admission.ok) affected.push({ key: stored, reasons: admission.reasons })
  }
  return affected
}
