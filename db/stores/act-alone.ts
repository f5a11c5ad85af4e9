// Whether an owner is the only one, and is so not by their own doing.
import { and, eq, exists, gt, inArray, isNull, ne, or, sql } from 'drizzle-orm'
import type { FirstTap } from '../../server/stepup/act-port.ts'
import type { Database, Transaction } from '../client.ts'
import { credentials, people } from '../schema/people.ts'

/** For so long an owner who was suspended, or lost their last key, is one that there is: whoever did it is not alone by it. */
const STILL_OWNER_MS = 7 * 24 * 3_600_000

/** How many owners could sign now: in good standing, with a key. */
export async function ownersWithKey(db: Database): Promise<number> {
  return (await standing(db, ['owner'])).length
}

/** The tapper is the only owner with a key, and was so before, and nobody else who may sign it has one. */
export async function isAlone(tx: Transaction, input: FirstTap, concerns: string | null): Promise<boolean> {
  const able = await standing(tx, ['owner', ...input.roles])
  const owners = able.filter(({ role }) => role === 'owner')
  const others = able.filter(({ id, role }) => id !== input.personId && id !== concerns && input.roles.includes(role))
  if (owners.length !== 1 || owners[0]?.id !== input.personId || others.length > 0) return false
  return !(await wasLeftAlone(tx, input))
}

/** Whether there was another owner until lately: one owner alone can suspend the others, and revoke their keys. */
async function wasLeftAlone(tx: Transaction, { personId, at }: FirstTap): Promise<boolean> {
  const since = new Date(at.getTime() - STILL_OWNER_MS)
  const disarmed = tx
    .select({ one: sql`1` })
    .from(credentials)
    .where(
      and(
        eq(credentials.personId, people.id),
        ne(credentials.kind, 'temporary-pass'),
        gt(credentials.revokedAt, since),
      ),
    )
  const gone = await tx
    .select({ id: people.id })
    .from(people)
    .where(
      and(
        eq(people.role, 'owner'),
        ne(people.id, personId),
        isNull(people.deletedAt),
        or(gt(people.suspendedAt, since), exists(disarmed)),
      ),
    )
    .limit(1)
  return gone.length > 0
}

/** People of those roles in good standing who have a key; a temporary pass is none. */
function standing(from: Database | Transaction, roles: readonly string[]) {
  const key = from
    .select({ one: sql`1` })
    .from(credentials)
    .where(
      and(eq(credentials.personId, people.id), isNull(credentials.revokedAt), ne(credentials.kind, 'temporary-pass')),
    )
  return from
    .select({ id: people.id, role: people.role })
    .from(people)
    .where(
      and(
        inArray(people.role, [...roles] as (typeof people.role.enumValues)[number][]),
        isNull(people.suspendedAt),
        isNull(people.deletedAt),
        exists(key),
      ),
    )
}
