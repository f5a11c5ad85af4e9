// What the rest of the server asks of policy: which thresholds apply to whom, now. Synchronous, from memory.
import type { AuditEvent } from '../audit/port.ts'
import type { MeteringPolicy } from './defaults.ts'

/** Whether thresholds withhold, or only say in the log what they would have withheld. */
export type Enforcement = 'enforce' | 'observe'

/** Who is asking, as far as policy tells people apart. */
export interface PolicySubject {
  readonly personId: string
  /** Ids of the groups of people that the person is a member of (`grp_…`). */
  readonly groups: readonly string[]
  /** Full Matrix user id. */
  readonly userId: string
  /** The client as the gateway names it (the family that `User-Agent` tells). */
  readonly client: string
}

/** What applies to one request. */
export interface Applied {
  /** Windows have the same lengths and sub-buckets for everybody; limits may differ. */
  readonly metering: MeteringPolicy
  readonly enforce: Enforcement
  /** Set when an exemption holds: counted and logged, never withheld. */
  readonly exempt: { readonly reason: string } | null
  /** The number of the policy version this comes from; 0 is the thresholds as they ship. */
  readonly version: number
}

export interface PolicyInForce {
  for(subject: PolicySubject): Applied
  /** The thresholds for those whom no rule concerns. */
  base(): MeteringPolicy
}

/** The same for everybody, for ever: the thresholds given and nothing else. */
export function constantPolicy(metering: MeteringPolicy, enforce: Enforcement): PolicyInForce {
  const applied: Applied = { metering, enforce, exempt: null, version: 0 }
  return { for: () => applied, base: () => metering }
}

/** Enforcement off for a while: what two administrators released together (server/stepup/release.ts). */
export interface Outage {
  /** `rel_…`, the release that both tapped for. */
  readonly release: string
  readonly untilMs: number
  /** Ids of the two. */
  readonly by: readonly [string, string]
  readonly reason: string
}

/** A version as it is kept. */
export interface PolicyVersion {
  /** From 1. */
  readonly number: number
  /** The written document (server/policy/document.ts); groups by id. */
  readonly document: unknown
  /** SHA-256, hex, of the document's canonical JSON. */
  readonly sha256: string
  readonly appliedBy: string
  readonly appliedAt: Date
  readonly reason: string
}

export interface PolicyStore {
  /**
   * What is in force now, in one query: the newest version's number (0: none yet), the version itself when it is another
   * than `known`, and the outage that holds by the database's clock.
   */
  now(
    known: number,
    serverName: string,
  ): Promise<{ readonly number: number; readonly version: PolicyVersion | null; readonly outage: Outage | null }>
  latest(): Promise<PolicyVersion | null>
  get(number: number): Promise<PolicyVersion | null>
  /** The newest first; `before`: only those of lower numbers. */
  history(limit: number, before?: number): Promise<readonly PolicyVersion[]>
  /**
   * Adds a version, if and only if its number is the next one (one INSERT … WHERE) and every group it names is there, with its
   * audit entry in the same transaction. Versions are never changed.
   */
  add(
    version: PolicyVersion,
    groups: readonly string[],
    audit: AuditEvent,
  ): Promise<'added' | 'conflict' | 'unknown-group'>
}
