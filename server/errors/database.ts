// What the database itself refuses for a reason of ours.
import { Refusal } from './failure.ts'

/** Of the trigger that keeps an owner (db/migrations/0007_triggers_and_locks.sql). */
const LAST_OWNER = 'PL001'

/**
 * 409 `last-owner` where the database refused to lose the last owner who can sign in, else null. Whatever changes a person or a key may
 * be refused so: every application turns it into its own wire form.
 */
export function refusedByDatabase(error: unknown): Refusal | null {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if ('code' in at && at.code === LAST_OWNER) return new Refusal(409, 'last-owner', at.message)
  }
  return null
}
