// Whether keys that were refused would be let in, when a group's policy of keys changes or somebody changes groups. Pure. What asks
// for less takes two administrators. Fewer keys a person is nothing looser: two are what the console works towards, not a lock.
import type { KeyPolicy } from '../config/config.ts'
import { type GroupKeyPolicy, KEY_POLICIES, keyRule } from './rule.ts'

/** Whether a rule lets in any key that the other refuses. */
export function admitsMore(before: GroupKeyPolicy, after: GroupKeyPolicy): boolean {
  if (KEY_POLICIES.indexOf(after.policy) < KEY_POLICIES.indexOf(before.policy)) return true
  if (after.platformAllowed && !before.platformAllowed) return true
  if (before.aaguids === null) return false
  const listed = new Set(before.aaguids)
  return after.aaguids === null || after.aaguids.some((aaguid) => !listed.has(aaguid))
}

/**
 * Whether anybody in a group may enrol more once its policy is another one (null: it has none), whatever other groups they are in.
 * `setting` counts for those of whom no group asks anything.
 */
export function groupAsksLess(
  before: GroupKeyPolicy | null,
  after: GroupKeyPolicy | null,
  setting: KeyPolicy,
): boolean {
  const alone = (policy: GroupKeyPolicy | null) => keyRule(policy === null ? [] : [policy], setting)
  if (admitsMore(alone(before), alone(after))) return true
  // Beside other groups, one without a policy asks nothing.
  return before !== null && admitsMore(before, after ?? NOTHING_ASKED)
}

const NOTHING_ASKED: GroupKeyPolicy = { policy: 'any', aaguids: null, platformAllowed: true, minKeys: 1 }
