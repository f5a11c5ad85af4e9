// Which entries of the audit log a list is of, newest first: by their numbers. What is asked for may be everywhere, nowhere, or a year
// back: neither going back through the log nor sorting all that match is quick for each of them.
import { and, type SQL, sql } from 'drizzle-orm'
import type { AuditFilter } from '../../server/console/audit/port.ts'
import type { Database } from '../client.ts'

/** So many are sorted at most. */
const SORTED_AT_MOST = 2_000

type Column = 'subject' | 'actor' | 'action'

/** What is asked for, as the values that are in the log. */
type Values = Partial<Readonly<Record<Column, readonly string[]>>>

/** Numbers of the newest entries that match, smaller than `before`; newest first. */
export async function findEntries(
  db: Database,
  filter: AuditFilter,
  before: number | null,
  limit: number,
): Promise<readonly number[]> {
  const [values, range] = await Promise.all([valuesOf(db, filter), rangeOf(db, filter)])
  if (range === null) return []
  const given = (['subject', 'actor', 'action'] as const).filter((column) => values[column] !== undefined)
  if (given.some((column) => values[column]?.length === 0)) return []
  const matches = [...conditions(filter, before, values), ...range]
  const isNarrowed = given.length > 1 || (given.length === 1 && range.length > 0)
  const few = isNarrowed ? await sorted(db, matches, limit) : null
  return few ?? newest(db, matches, given[0], values, limit)
}

function conditions({ from, until }: AuditFilter, before: number | null, values: Values): readonly SQL[] {
  return [
    ...Object.entries(values).map(([column, found]) => sql`${sql.identifier(column)} = ANY (${textArray(found)})`),
    ...(from === undefined ? [] : [sql`at >= ${from.toISOString()}::timestamptz`]),
    ...(until === undefined ? [] : [sql`at < ${until.toISOString()}::timestamptz`]),
    ...(before === null ? [] : [sql`sequence < ${before}`]),
  ]
}

/**
 * Numbers between which all entries of a time lie, as conditions; null: there are none. Later entries have later times but for clocks that
 * differ, so nothing is taken for granted: each thousand of entries is asked along an index whether any of it is of that time.
 */
export async function rangeOf(
  db: Database,
  { from, until }: Pick<AuditFilter, 'from' | 'until'>,
): Promise<readonly SQL[] | null> {
  if (from === undefined && until === undefined) return []
  const [last] = await db.execute<{ thousand: number | null }>(
    sql`SELECT (max(sequence) / 1000)::int AS thousand FROM audit_entries`,
  )
  const end = last?.thousand ?? null
  if (end === null) return null
  const seek = async (start: number, step: 1 | -1, inTime: SQL): Promise<number | null> => {
    const isThere = (thousand: SQL) =>
      sql`EXISTS (SELECT 1 FROM audit_entries e WHERE e.sequence / 1000 = ${thousand} AND e.at ${inTime})`
    const [found] = await db.execute<{ thousand: number }>(sql`
      WITH RECURSIVE looked (thousand, there) AS (
        SELECT ${start}::bigint, ${isThere(sql`${start}::bigint`)}
        UNION ALL SELECT thousand + ${step}::int, ${isThere(sql`thousand + ${step}::int`)} FROM looked
        WHERE NOT there AND thousand + ${step}::int BETWEEN 0 AND ${end}
      ) SELECT thousand::int AS thousand FROM looked WHERE there`)
    return found?.thousand ?? null
  }
  const [first, newest] = await Promise.all([
    from === undefined ? 0 : seek(0, 1, sql`>= ${from.toISOString()}::timestamptz`),
    until === undefined ? end : seek(end, -1, sql`< ${until.toISOString()}::timestamptz`),
  ])
  if (first === null || newest === null) return null
  return [
    ...(from === undefined ? [] : [sql`sequence >= ${first * 1000}`]),
    ...(until === undefined ? [] : [sql`sequence < ${(newest + 1) * 1000}`]),
  ]
}

/** All that match, sorted; null when they are more than can be. */
async function sorted(db: Database, matches: readonly SQL[], limit: number): Promise<readonly number[] | null> {
  const [found] = await db.execute<{ many: boolean; sequences: number[] }>(sql`
    WITH matching AS MATERIALIZED (SELECT sequence FROM audit_entries WHERE ${and(...matches)} LIMIT ${SORTED_AT_MOST + 1})
    SELECT (SELECT count(*) FROM matching) > ${SORTED_AT_MOST} AS many, (SELECT coalesce(json_agg(sequence ORDER BY sequence DESC), '[]')
      FROM (SELECT sequence FROM matching ORDER BY sequence DESC LIMIT ${limit}) newest) AS sequences`)
  return found === undefined || found.many ? null : found.sequences
}

/** The newest of each value along the index that is by value and number; of those the newest. Without values: back through the log. */
async function newest(
  db: Database,
  matches: readonly SQL[],
  by: Column | undefined,
  values: Values,
  limit: number,
): Promise<readonly number[]> {
  const source =
    by === undefined
      ? sql`audit_entries ${matches.length === 0 ? sql`` : sql`WHERE ${and(...matches)}`}`
      : sql`unnest(${textArray(values[by] ?? [])}) AS one (value) CROSS JOIN LATERAL (
          SELECT sequence FROM audit_entries e WHERE e.${sql.identifier(by)} = one.value AND ${and(...matches)}
          ORDER BY e.sequence DESC LIMIT ${limit}) newest`
  const rows = await db.execute<{ sequence: string }>(
    sql`SELECT sequence FROM ${source} ORDER BY sequence DESC LIMIT ${limit}`,
  )
  return rows.map(({ sequence }) => Number(sequence))
}

/** A subject or actor is named by id, or by the username of a person. A token's doings are its person's: `per_…/tok_…`. */
async function valuesOf(db: Database, { subject, actor, action }: AuditFilter): Promise<Values> {
  const [subjects, actors, ofTokens, actions] = await Promise.all([
    subject === undefined ? undefined : idsOf(db, subject),
    actor === undefined ? undefined : idsOf(db, actor),
    actor === undefined ? [] : inLog(db, 'actor', `${actor}/`),
    action === undefined ? undefined : inLog(db, 'action', action),
  ])
  return {
    ...(subjects && { subject: subjects }),
    ...(actors && { actor: [...actors, ...ofTokens] }),
    ...(actions && { action: actions }),
  }
}

async function idsOf(db: Database, name: string): Promise<readonly string[]> {
  const rows = await db.execute<{ id: string }>(sql`SELECT id FROM people WHERE username = ${name.toLowerCase()}`)
  return [...new Set([name, ...rows.map(({ id }) => id)])]
}

/** Each value in the log that begins so, once: from one to the next along its index, whatever number of entries have it. */
async function inLog(db: Database, column: Column, begins: string): Promise<readonly string[]> {
  const name = sql.identifier(column)
  const pattern = `${begins.replaceAll(/[\\%_]/g, '\\$&')}%`
  // Compared byte by byte, as the index is.
  const next = (after: SQL) => sql`(SELECT e.${name} FROM audit_entries e WHERE e.${name} LIKE ${pattern} AND ${after}
    ORDER BY e.${name} USING ~<~ LIMIT 1)`
  const rows = await db.execute<{ value: string }>(sql`
    WITH RECURSIVE found (value) AS (
      SELECT ${next(sql`true`)} UNION ALL SELECT ${next(sql`e.${name} ~>~ found.value`)} FROM found WHERE found.value IS NOT NULL
    ) SELECT value FROM found WHERE value IS NOT NULL`)
  return rows.map(({ value }) => value)
}

function textArray(values: readonly string[]): SQL {
  return sql`${`{${values.map((value) => `"${value.replaceAll(/["\\]/g, '\\$&')}"`).join(',')}}`}::text[]`
}
