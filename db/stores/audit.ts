// The audit chain in Postgres.
import { asc, gt, sql } from 'drizzle-orm'
import type { AuditEntry, AuditHead, AuditStore } from '../../server/audit/port.ts'
import type { Database, Transaction } from '../client.ts'
import { auditEntries } from '../schema/audit.ts'

const BEFORE_THE_FIRST: AuditHead = { sequence: 0, hash: '0'.repeat(64) }
/** Entries of one transaction at most, when many are waiting. */
const GATHERED_MAX = 200

type Build = (head: AuditHead) => AuditEntry

interface Waiting {
  readonly build: Build
  readonly resolve: (entry: AuditEntry) => void
  readonly reject: (error: unknown) => void
}

/**
 * `gathers`: entries that stand alone and come at the same time are written together. Not on Workers, where a request may not wait
 * for another's work.
 */
/**
 * `gathers`: entries that stand alone and come at the same time are written together. Not on Workers, where a request may not wait
 * for another's work.
 */
export function auditStore(db: Database, { gathers = false } = {}): AuditStore {
  const own = async (tx: Transaction, build: Build) => (await appendIn(tx, [build]))[0] as AuditEntry
  const alone = gathers ? gatheredAppends(db) : (build: Build) => db.transaction((tx) => own(tx, build))
  return {
    append: (build, tx) => (tx ? own(tx, build) : alone(build)),
    appendAll: async (builds, tx) => {
      // Postgres takes 65,535 values a statement.
      for (let from = 0; from < builds.length; from += 1000) await appendIn(tx, builds.slice(from, from + 1000))
    },
    page: (afterSequence, limit) =>
      db
        .select()
        .from(auditEntries)
        .where(gt(auditEntries.sequence, afterSequence))
        .orderBy(asc(auditEntries.sequence))
        .limit(limit),
  }
}

/**
 * Entries that stand alone: while one transaction is under way, those that come meanwhile wait and then go in together, since what takes
 * time is the wait for the disk. Each resolves when it is on the disk.
 */
function gatheredAppends(db: Database): (build: Build) => Promise<AuditEntry> {
  let waiting: Waiting[] = []
  let underWay = false

  const alone = ({ build, resolve, reject }: Waiting) =>
    db.transaction((tx) => appendIn(tx, [build])).then(([entry]) => resolve(entry as AuditEntry), reject)

  async function flush(): Promise<void> {
    const now = waiting.slice(0, GATHERED_MAX)
    waiting = waiting.slice(GATHERED_MAX)
    try {
      const entries = await db.transaction((tx) =>
        appendIn(
          tx,
          now.map(({ build }) => build),
        ),
      )
      for (const [index, { resolve }] of now.entries()) resolve(entries[index] as AuditEntry)
    } catch (error) {
      // One of them may be at fault: the others are not to fail with it.
      if (now.length === 1) now[0]?.reject(error)
      else for (const one of now) await alone(one)
    }
  }

  async function run(): Promise<void> {
    underWay = true
    while (waiting.length > 0) await flush()
    underWay = false
  }

  return (build) =>
    new Promise((resolve, reject) => {
      waiting.push({ build, resolve, reject })
      if (!underWay) void run()
    })
}

// Under a stricter isolation level than READ COMMITTED two appends would collide on the primary key.
async function appendIn(tx: Transaction, builds: readonly Build[]): Promise<AuditEntry[]> {
  const [row] = await tx.execute<{ sequence: string; hash: string }>(sql`select * from palier_audit_head()`)
  const last = row && { sequence: Number(row.sequence), hash: row.hash }
  let head = last ?? BEFORE_THE_FIRST
  const entries = builds.map((build) => {
    const entry = build(head)
    head = { sequence: entry.sequence, hash: entry.hash }
    return entry
  })
  await tx.insert(auditEntries).values(entries.map((entry) => ({ ...entry, detail: { ...entry.detail } })))
  return entries
}
