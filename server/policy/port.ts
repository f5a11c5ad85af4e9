// What the rest of the server asks of policy: which thresholds apply to whom, now. Synchronous, from memory.
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
