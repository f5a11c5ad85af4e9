// Bindings between what a client began, what id answered and what a browser brings back.
import { and, eq, gt, isNotNull, isNull, lt, or, sql } from 'drizzle-orm'
import { BINDING_SECONDS, type BindingStore, type Completed } from '../../server/gateway/binding-port.ts'
import type { AuthorizationBindings } from '../../server/oidc/port.ts'
import type { Database } from '../client.ts'
import { bindings } from '../schema/bindings.ts'
import { devices } from '../schema/sessions.ts'

const FRESH = gt(bindings.expiresAt, sql`now()`)
const EXPIRY = sql`now() + make_interval(secs => ${BINDING_SECONDS})`

/** See server/gateway/binding-port.ts. */
export function bindingsStore(db: Database): BindingStore {
  const openable = (hash: string, network: string, browserHash: string) =>
    and(
      eq(bindings.hash, hash),
      eq(bindings.purpose, 'uia'),
      eq(bindings.network, network),
      isNull(bindings.completedAt),
      FRESH,
      or(isNull(bindings.browserHash), eq(bindings.browserHash, browserHash)),
    )
  const forTarget = (hash: string, device: string, targetHash: string) =>
    and(
      eq(bindings.hash, hash),
      eq(bindings.purpose, 'uia'),
      eq(bindings.deviceId, device),
      eq(bindings.targetHash, targetHash),
      FRESH,
    )

  return {
    async beginLogin(binding) {
      await sweep(db)
      await db.insert(bindings).values({ ...binding, purpose: 'login', createdAt: sql`now()`, expiresAt: EXPIRY })
    },

    async beginUia({ device, ...binding }) {
      await sweep(db)
      await db
        .insert(bindings)
        .values({ ...binding, purpose: 'uia', deviceId: device, createdAt: sql`now()`, expiresAt: EXPIRY })
        .onConflictDoNothing()
      const [same] = await db
        .select({ hash: bindings.hash })
        .from(bindings)
        .where(forTarget(binding.hash, device, binding.targetHash))
      return same !== undefined
    },

    async mayOpenUia(hash, network, browserHash) {
      const [row] = await db
        .select({ hash: bindings.hash })
        .from(bindings)
        .where(openable(hash, network, browserHash))
      return row !== undefined
    },

    async openUia(hash, network, browserHash, stateHash) {
      const opened = await db
        .update(bindings)
        .set({ browserHash, stateHash, codeHash: null, sid: null })
        .where(openable(hash, network, browserHash))
        .returning({ hash: bindings.hash })
      return opened.length === 1
    },

    async complete(stateHash, codeHash, browserHash) {
      const [row] = await db
        .update(bindings)
        .set({ completedAt: sql`now()` })
        .where(
          and(
            eq(bindings.stateHash, stateHash),
            eq(bindings.codeHash, codeHash),
            eq(bindings.browserHash, browserHash),
            isNull(bindings.completedAt),
            FRESH,
          ),
        )
        .returning()
      return row ? completed(row) : null
    },

    async uiaState(hash, device, targetHash) {
      const [row] = await db
        .select()
        .from(bindings)
        .where(forTarget(hash, device, targetHash))
      if (!row) return 'unknown'
      if (row.usedAt) return 'used'
      return row.completedAt ? 'confirmed' : 'waiting'
    },

    async useUia(hash, device, targetHash) {
      const used = await db
        .update(bindings)
        .set({ usedAt: sql`now()` })
        .where(and(forTarget(hash, device, targetHash), isNotNull(bindings.completedAt), isNull(bindings.usedAt)))
        .returning({ hash: bindings.hash })
      return used.length === 1
    },
  }
}

function completed(row: typeof bindings.$inferSelect): Completed | null {
  const { hash, sid, redirectUrl, network, client } = row
  if (row.purpose === 'uia')
    return { purpose: 'uia', hash, action: row.action ?? '', actionSubject: row.actionSubject ?? '' }
  return sid === null || redirectUrl === null ? null : { purpose: 'login', hash, sid, redirectUrl, network, client }
}

async function sweep(db: Database): Promise<void> {
  await db.delete(bindings).where(
    sql`${bindings.hash} IN (SELECT ${bindings.hash} FROM ${bindings} WHERE ${lt(bindings.expiresAt, sql`now()`)}
      ORDER BY ${bindings.expiresAt} LIMIT 100 FOR UPDATE SKIP LOCKED)`,
  )
}

/** What id asks of the same rows: see server/oidc/port.ts. */
export function authorizationBindingsStore(db: Database): AuthorizationBindings {
  const waiting = (stateHash: string) =>
    and(eq(bindings.stateHash, stateHash), isNull(bindings.codeHash), isNull(bindings.completedAt), FRESH)
  return {
    async findByStateHash(hash) {
      const [row] = await db
        .select({
          purpose: bindings.purpose,
          action: bindings.action,
          actionSubject: bindings.actionSubject,
          deviceId: bindings.deviceId,
          expectedPersonId: devices.personId,
          network: bindings.network,
        })
        .from(bindings)
        .leftJoin(devices, eq(devices.id, bindings.deviceId))
        .where(waiting(hash))
      return row ?? null
    },
    async attachCode(stateHash, codeHash, sid) {
      const attached = await db
        .update(bindings)
        .set({ codeHash, sid })
        .where(waiting(stateHash))
        .returning({ hash: bindings.hash })
      return attached.length === 1
    },
  }
}
