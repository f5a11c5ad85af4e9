// Importing the metadata BLOB: checked, compared with what is enrolled, stored whole or not at all; and what follows for enrolled keys.
import type { AuditEvent } from '../audit/port.ts'
import type { Clock } from '../platform/clock.ts'
import { sha256 } from '../platform/crypto.ts'
import { base64Url } from '../platform/encoding.ts'
import { type Blob, type BlobFailure, FIDO_SIGNER_NAMES, readBlob } from './blob.ts'
import { chainsToRoot } from './chain.ts'
import type {
  AuthenticatorModel,
  EnrolledKey,
  MetadataChange,
  MetadataChangeFailure,
  MetadataChanges,
  MetadataImport,
  MetadataStore,
} from './port.ts'
import { metadataRoots, readRegistration } from './simplewebauthn.ts'
import { type Consequences, consequences, modelsToLookAt, type Standing, standings } from './standing.ts'

export interface MetadataDeps {
  readonly clock: Clock
  readonly metadata: MetadataStore
  readonly changes: MetadataChanges
}

export interface BlobInput {
  /** The BLOB as downloaded: a JWT. */
  readonly jwt: string
  /** PEM roots to trust in FIDO's place; null trusts FIDO's. */
  readonly roots: readonly string[] | null
  /** The only models the attested policy allows from now on; null keeps the choice made before. */
  readonly allow: readonly string[] | null
}

/** A change, looked at and not yet made. */
export interface Planned {
  readonly consequences: Consequences
  /** Stands for exactly these consequences: a change made under another one is refused. */
  readonly shown: string
}

export interface PlannedImport extends Planned {
  readonly ok: true
  readonly blob: Pick<Blob, 'number' | 'nextUpdate' | 'unreadable'>
  readonly models: readonly AuthenticatorModel[]
  /** Models that no import had before. */
  readonly added: number
  /** Models that are gone. */
  readonly removed: number
  readonly after: ReadonlyMap<string, Standing>
  readonly imported: MetadataImport
}

export type ImportFailure = {
  readonly ok: false
  readonly reason: BlobFailure | 'allow-unknown'
  readonly detail?: string
}

/** Verifies a BLOB and says what it would do. Stores nothing. */
export async function planImport(
  deps: Pick<MetadataDeps, 'clock' | 'metadata'>,
  input: BlobInput,
): Promise<PlannedImport | ImportFailure> {
  const { metadata } = deps
  const now = new Date(deps.clock.now())
  const latest = await metadata.latestImport()
  const read = await readBlob(input.jwt.trim(), {
    roots: input.roots ?? metadataRoots(),
    signerNames: input.roots === null ? FIDO_SIGNER_NAMES : [],
    latestNumber: latest?.number ?? null,
    now,
  })
  if (!read.ok) return read
  const { number, nextUpdate, entries, unreadable } = read.blob
  const unknown = (input.allow ?? []).filter((aaguid) => !entries.has(aaguid.toLowerCase()))
  if (unknown.length > 0) return { ok: false, reason: 'allow-unknown', detail: unknown.join(', ') }
  const before = await metadata.allModels()
  const { isAllowed, newAllowed } = allowance(input.allow, before, latest)
  const models = [...entries].map(
    ([aaguid, entry]): AuthenticatorModel => ({ aaguid, ...entry, allowed: isAllowed(aaguid) }),
  )
  const known = new Set(before.map(({ aaguid }) => aaguid))
  const after = standings(models, now)
  return {
    ok: true,
    blob: { number, nextUpdate, unreadable },
    models,
    added: models.filter(({ aaguid }) => !known.has(aaguid)).length,
    removed: before.filter(({ aaguid }) => !entries.has(aaguid)).length,
    after,
    imported: { number, nextUpdate, importedAt: now, entries: models.length, newAllowed },
    ...(await planned(metadata, standings(before, now), after, now)),
  }
}

/** Makes a planned import. `who` is recorded. */
export async function applyImport(
  { changes }: Pick<MetadataDeps, 'changes'>,
  plan: PlannedImport,
  who: { readonly actor: string; readonly reason: string | null },
): Promise<{ readonly ok: true } | { readonly ok: false; readonly reason: MetadataChangeFailure }> {
  const { models, imported } = plan
  const audit: AuditEvent = {
    action: 'metadata.imported',
    actor: who.actor,
    subject: `metadata/${imported.number}`,
    detail: {
      next_update: imported.nextUpdate,
      models: models.length,
      allowed: models.filter(({ allowed }) => allowed).length,
      cut_off: plan.consequences.cutOff.length,
      ...(who.reason === null ? {} : { reason: who.reason }),
    },
  }
  return changes.apply({
    ...changeOf(plan.consequences, plan.after),
    blob: { models, imported },
    at: imported.importedAt,
    actor: who.actor,
    audit,
  })
}

/** What allowing or forbidding models would do. */
export async function planAllowance(
  { clock, metadata }: Pick<MetadataDeps, 'clock' | 'metadata'>,
  aaguids: readonly string[],
  allowed: boolean,
): Promise<Planned> {
  const now = new Date(clock.now())
  const before = await metadata.allModels()
  const after = before.map((model) => (aaguids.includes(model.aaguid) ? { ...model, allowed } : model))
  const [was, is] = [standings(before, now), standings(after, now)]
  const keys = (await metadata.keysOfModels(aaguids)).filter(({ aaguid }) => is.get(aaguid)?.cutOff === null)
  return { consequences: consequences(keys, is, () => true), shown: fingerprint(was, aaguids, keys) }
}

/**
 * Cuts off whatever is enrolled of a model that is unsafe today: a status takes effect on its date, whether or not anything is imported then.
 * Returns how many keys stopped working. Throws nothing for a last owner: they are left until another one has a key.
 */
export async function cutOffUnsafe({ clock, metadata, changes }: MetadataDeps): Promise<number> {
  const now = new Date(clock.now())
  const models = await metadata.allModels()
  const current = standings(models, now)
  const unsafe = [...current.values()].filter(({ cutOff }) => cutOff !== null).map(({ aaguid }) => aaguid)
  const keys = await metadata.keysOfModels(unsafe)
  if (keys.length === 0) return 0
  const found = consequences(keys, current, () => true)
  const change = { ...changeOf(found, current), blob: null, at: now, actor: 'system', audit: null }
  return (await changes.apply(change)).ok ? found.cutOff.length : 0
}

function changeOf(
  found: Consequences,
  after: ReadonlyMap<string, Standing>,
): Pick<MetadataChange, 'cutOff' | 'nameOf' | 'allow'> {
  return {
    allow: null,
    cutOff: found.cutOff.flatMap(({ key, reasons: [reason] }) => (reason === undefined ? [] : [{ key, reason }])),
    nameOf: (aaguid) => after.get(aaguid)?.description ?? aaguid,
  }
}

async function planned(
  metadata: MetadataStore,
  before: ReadonlyMap<string, Standing>,
  after: ReadonlyMap<string, Standing>,
  now: Date,
): Promise<Planned> {
  const aaguids = modelsToLookAt(before, after)
  const keys = await metadata.keysOfModels(aaguids)
  const unchained = await withoutChain(metadata, keys, after, now)
  const found = consequences(keys, after, ({ id }) => !unchained.has(id))
  return {
    consequences: found,
    shown: fingerprint(
      after,
      aaguids,
      found.cutOff.map(({ key }) => key),
    ),
  }
}

/** Attested keys of sound models whose certificates lead to none of the model's roots any more. */
async function withoutChain(
  metadata: MetadataStore,
  keys: readonly EnrolledKey[],
  after: ReadonlyMap<string, Standing>,
  now: Date,
): Promise<ReadonlySet<string>> {
  const broken = new Set<string>()
  for (const { id, aaguid, attested } of keys) {
    const standing = after.get(aaguid)
    if (!attested || !standing?.certified) continue
    const attestation = await metadata.attestationOf(id)
    const registration = attestation === null ? null : readRegistration(attestation)
    if (registration !== null && !chainsToRoot(registration.certificates, standing.judged.roots, now)) broken.add(id)
  }
  return broken
}

/** Order does not matter; which keys stop and why does. */
function fingerprint(
  after: ReadonlyMap<string, Standing>,
  aaguids: readonly string[],
  keys: readonly EnrolledKey[],
): string {
  const models = [...aaguids].toSorted().map((aaguid) => `${aaguid} ${after.get(aaguid)?.cutOff ?? '-'}`)
  const ids = keys.map(({ id }) => id).toSorted()
  return base64Url(sha256([...models, ...ids].join('\n')))
}

/**
 * A list given now is the whole list from now on. Else each model stays as it was, and one that no import had before is as the import before
 * says; without any choice ever, every model is allowed and the gate's other conditions decide.
 */
function allowance(
  allow: readonly string[] | null,
  before: readonly AuthenticatorModel[],
  latest: MetadataImport | null,
): { readonly isAllowed: (aaguid: string) => boolean; readonly newAllowed: boolean } {
  if (allow !== null) {
    const listed = new Set(allow.map((aaguid) => aaguid.toLowerCase()))
    return { isAllowed: (aaguid) => listed.has(aaguid), newAllowed: false }
  }
  const was = new Map(before.map(({ aaguid, allowed }) => [aaguid, allowed]))
  const newAllowed = latest?.newAllowed ?? !before.some(({ allowed }) => !allowed)
  return { isAllowed: (aaguid) => was.get(aaguid) ?? newAllowed, newAllowed }
}
