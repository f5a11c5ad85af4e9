// What a person's key must be: what their groups ask for, the strictest of each. Pure.
import type { KeyPolicy } from '../config/config.ts'

/** From the mildest to the strictest. */
export const KEY_POLICIES = ['any', 'device-bound', 'attested'] as const satisfies readonly KeyPolicy[]

/** What one group asks of its people's keys. */
export interface GroupKeyPolicy {
  readonly policy: KeyPolicy
  /** The only models, by AAGUID in lower case; null: any that the policy admits. */
  readonly aaguids: readonly string[] | null
  /** Whether a key built into a computer or a phone will do. */
  readonly platformAllowed: boolean
  /** Keys that each person should have. */
  readonly minKeys: 1 | 2
}

/** What counts for one person. */
export interface KeyRule extends GroupKeyPolicy {
  /** `groups`: at least one of theirs says something. `setting`: none does, and PALIER_KEY_POLICY counts. */
  readonly from: 'groups' | 'setting'
}

/** The stricter of two policies. */
export function stricter(a: KeyPolicy, b: KeyPolicy): KeyPolicy {
  return KEY_POLICIES.indexOf(a) >= KEY_POLICIES.indexOf(b) ? a : b
}

/**
 * What applies to a person: of their groups' policies the strictest of each part, or the setting where no group says anything.
 * `atLeast` is what the enrolment link asks for, and can only make it stricter.
 */
export function keyRule(
  groups: readonly GroupKeyPolicy[],
  setting: KeyPolicy,
  atLeast: KeyPolicy | null = null,
): KeyRule {
  // The setting says nothing of built-in keys: the attested gate has never let them in, the others always have.
  const plain: KeyRule = {
    from: 'setting',
    policy: setting,
    aaguids: null,
    platformAllowed: setting !== 'attested',
    minKeys: 1,
  }
  const rule = groups.length === 0 ? plain : groups.map((group): KeyRule => ({ ...group, from: 'groups' })).reduce(both)
  return atLeast === null ? rule : { ...rule, policy: stricter(rule.policy, atLeast) }
}

function both(a: KeyRule, b: KeyRule): KeyRule {
  return {
    from: 'groups',
    policy: stricter(a.policy, b.policy),
    aaguids: inBoth(a.aaguids, b.aaguids),
    platformAllowed: a.platformAllowed && b.platformAllowed,
    minKeys: a.minKeys === 2 ? 2 : b.minKeys,
  }
}

/** Two lists that share no model admit none: stricter than either, and said so where groups are edited. */
function inBoth(a: readonly string[] | null, b: readonly string[] | null): readonly string[] | null {
  if (a === null || b === null) return a ?? b
  return a.filter((aaguid) => b.includes(aaguid))
}

/** An enrolled key, as far as a rule asks. */
export interface KeyUnderRule {
  readonly aaguid: string
  readonly backupEligible: boolean
  readonly platform: boolean
  /** Whether the maker proved it when it was enrolled, and its model is certified and sound today. */
  readonly certified: boolean
}

export type BelowReason = 'uncertified' | 'can-be-copied' | 'model-not-listed' | 'built-in'

/** Why an enrolled key is below a rule; empty: it is not. Keys go on working: this is what administrators are shown. */
export function belowRule(key: KeyUnderRule, rule: GroupKeyPolicy): readonly BelowReason[] {
  const reasons: BelowReason[] = []
  if (rule.policy === 'attested' && !key.certified) reasons.push('uncertified')
  if (rule.policy !== 'any' && key.backupEligible) reasons.push('can-be-copied')
  if (rule.aaguids !== null && !rule.aaguids.includes(key.aaguid)) reasons.push('model-not-listed')
  if (key.platform && !rule.platformAllowed) reasons.push('built-in')
  return reasons
}
