// How a new version comes into force: made from the one in force, whole, once, with its audit entry.
import canonicalize from 'canonicalize'
import type { Clock } from '../platform/clock.ts'
import { sha256 } from '../platform/crypto.ts'
import { decodePolicy } from './decode.ts'
import { type Difference, differences } from './diff.ts'
import { EVERYONE, type PolicyDocument, writePolicy } from './document.ts'
import type { PolicyStore, PolicyVersion } from './port.ts'
import { shippedPolicy } from './shipped.ts'

/** A version with its document decoded; number 0 is what ships. */
export interface PolicyAt {
  readonly number: number
  readonly document: PolicyDocument
  /** Null for what ships. */
  readonly version: PolicyVersion | null
}

export type ApplyResult =
  | { readonly state: 'applied'; readonly number: number; readonly changes: readonly Difference[] }
  | { readonly state: 'unchanged'; readonly number: number }
  /** Another version came into force since `from`. Nothing was changed. */
  | { readonly state: 'conflict'; readonly inForce: PolicyAt }
  | { readonly state: 'unknown-group' }

/** SHA-256, hex, of a written document's canonical JSON (RFC 8785). */
export function documentHash(written: unknown): string {
  return Buffer.from(sha256(canonicalize(written) ?? '')).toString('hex')
}

/** A kept version decoded. Throws when it is not what was applied, or this program cannot follow it. */
export function decodeVersion(version: PolicyVersion): PolicyAt {
  if (documentHash(version.document) !== version.sha256)
    throw new Error(`policy version ${version.number} is not what was applied`)
  const decoded = decodePolicy(version.document, { check: false })
  if (decoded.ok) return { number: version.number, document: decoded.document, version }
  const { path, got, wants } = decoded.mistakes[0] ?? { path: [], got: '', wants: '' }
  throw new Error(`policy version ${version.number} cannot be followed: ${path.join('.')}: got ${got}; wants ${wants}`)
}

/** What is in force, as the store has it. */
export async function policyNow(store: Pick<PolicyStore, 'latest'>): Promise<PolicyAt> {
  const latest = await store.latest()
  return latest ? decodeVersion(latest) : { number: 0, document: shippedPolicy(), version: null }
}

/**
 * Applies a document made from version `from`. Compare and set: when another version came meanwhile nothing changes, and that one is
 * returned. `kind` names the audit entry: `policy.applied`, `policy.emergency-on`, `policy.emergency-off`.
 */
export async function applyPolicy(
  deps: { readonly store: PolicyStore; readonly clock: Clock },
  input: {
    readonly from: number
    readonly document: PolicyDocument
    readonly by: string
    readonly reason: string
    readonly kind?: 'applied' | 'emergency-on' | 'emergency-off'
    /** The second administrator, of a version that loosens. */
    readonly second?: string | null
    /** Who the audit log names, where that says more than `by`: an API token. */
    readonly actor?: string
  },
): Promise<ApplyResult> {
  const { store, clock } = deps
  const inForce = await policyNow(store)
  if (inForce.number !== input.from) return { state: 'conflict', inForce }
  const changes = differences(inForce.document, input.document)
  if (changes.length === 0) return { state: 'unchanged', number: inForce.number }
  const document = writePolicy(input.document)
  const version: PolicyVersion = {
    number: input.from + 1,
    document,
    sha256: documentHash(document),
    appliedBy: input.by,
    appliedAt: new Date(clock.now()),
    reason: input.reason,
  }
  const added = await store.add(version, groupsIn(input.document), {
    action: `policy.${input.kind ?? 'applied'}`,
    actor: input.actor ?? input.by,
    subject: `policy/${version.number}`,
    detail: {
      sha256: version.sha256,
      madeFrom: input.from,
      ...(input.second == null ? {} : { second: input.second }),
      reason: input.reason,
      changes: changes.map(({ path }) => path),
      loosens: changes.filter(({ loosens }) => loosens).map(({ path }) => path),
    },
  })
  if (added === 'unknown-group') return { state: 'unknown-group' }
  if (added === 'conflict') return { state: 'conflict', inForce: await policyNow(store) }
  return { state: 'applied', number: version.number, changes }
}

/** Ids of the groups that a document names. */
export function groupsIn(document: PolicyDocument): string[] {
  const { limits, enforcement, exemptions, existing_logins: existing } = document
  const named = [...limits, ...enforcement, ...exemptions, ...existing].map(({ group }) => group)
  return [...new Set(named)].filter((group) => group !== undefined && group !== EVERYONE) as string[]
}
