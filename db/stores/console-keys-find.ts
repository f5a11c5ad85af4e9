// Which keys, or people without one, a list of the inventory is of: their ids, in the list's order, page by page.
// A plain query in the order of usernames looks through everybody when few match, and a query for those that match sorts all of them
// when many do. So those that match are looked for first, up to so many; where there are more, they are met soon on a walk.
import { and, or, type SQL, sql } from 'drizzle-orm'
import type { KeysAsk } from '../../server/console/keys/port.ts'
import type { Database } from '../client.ts'
import { filterAlternatives, type Looking } from './console-keys-filters.ts'
import { foldedLike } from './directory.ts'

/** So many are sorted at most. Of 150,000 keys a page of 51 of more than these is met within 4,000, wherever they lie evenly. */
const SORTED_AT_MOST = 2_000
/** People looked through at first on a walk; then four times as many, and again. */
const FIRST_STEP = 500

/** A row of the list: a key, or a person without one. */
export interface KeyPlace extends Record<string, unknown> {
  readonly person_id: string
  readonly username: string
  readonly key_id: string | null
}

interface Search extends Looking {
  readonly ask: KeysAsk
}

/** Implements the order and the filters of `KeysConsole.list`. */
export async function findKeyPlaces(db: Database, looking: Search): Promise<readonly KeyPlace[]> {
  const { ask } = looking
  const isOfEverybody = ask.filter === 'all' && !ask.q && !ask.person && !ask.group && !ask.model
  return (isOfEverybody ? null : await sorted(db, looking)) ?? walked(db, looking)
}

/** The page, when no more match than can be sorted; else null. Each way to match is a query of its own, with an index of its own. */
async function sorted(db: Database, looking: Search): Promise<readonly KeyPlace[] | null> {
  const { ask } = looking
  const ways = filterAlternatives(looking, 'sets').flatMap((way) => named(ask).map((name) => [...way, ...name]))
  if (ways.length === 0) return []
  const queries = ways.map(
    (way) => sql`(
      SELECT p.id AS person_id, p.username, ${keyId(ask)} AS key_id FROM people p ${joined(ask)}
      WHERE p.deleted_at IS NULL AND ${and(...way, ...within(ask), after(ask))} LIMIT ${SORTED_AT_MOST + 1})`,
  )
  const [found] = await db.execute<{ many: boolean; page: KeyPlace[] }>(sql`
    WITH matching AS MATERIALIZED (${sql.join(queries, sql` UNION ALL `)}),
      page AS (SELECT DISTINCT username, key_id, person_id FROM matching ORDER BY username, key_id LIMIT ${ask.limit})
    SELECT (SELECT count(*) FROM matching) > ${SORTED_AT_MOST} AS many,
      (SELECT coalesce(json_agg(page ORDER BY username, key_id), '[]') FROM page) AS page`)
  return found === undefined || found.many ? null : found.page
}

/** The page, met on a walk through the people by username. */
async function walked(db: Database, looking: Search): Promise<readonly KeyPlace[]> {
  const { ask } = looking
  const ways = filterAlternatives(looking, 'row by row')
  if (ways.length === 0) return []
  const matches = and(
    or(...ways.map((way) => and(...way))),
    or(...named(ask).map((name) => and(...name))),
    ...within(ask),
  )
  const places: KeyPlace[] = []
  let from = ask.after === null ? null : sql`username >= ${ask.after.username}`
  for (let step = FIRST_STEP; ; step *= 4) {
    const [found] = await db.execute<{ people: number; last: string | null; page: KeyPlace[] }>(sql`
      WITH step AS MATERIALIZED (
        SELECT id, username, search, suspended_at FROM people
        WHERE deleted_at IS NULL ${from === null ? sql`` : sql`AND ${from}`} ORDER BY username LIMIT ${step}
      ), page AS (
        SELECT p.id AS person_id, p.username, ${keyId(ask)} AS key_id FROM step p ${joined(ask)}
        WHERE ${and(matches, after(ask)) ?? sql`true`} ORDER BY p.username, key_id LIMIT ${ask.limit - places.length}
      )
      SELECT (SELECT count(*)::int FROM step) AS people, (SELECT max(username) FROM step) AS last,
        (SELECT coalesce(json_agg(page ORDER BY username, key_id), '[]') FROM page) AS page`)
    if (found === undefined) return places
    places.push(...found.page)
    if (places.length >= ask.limit || found.people < step || found.last === null) return places
    from = sql`username > ${found.last}`
  }
}

const isOfKeys = (ask: KeysAsk): boolean => ask.filter !== 'none'
const keyId = (ask: KeysAsk): SQL => (isOfKeys(ask) ? sql`c.id` : sql`NULL::text`)
const joined = (ask: KeysAsk): SQL =>
  isOfKeys(ask) ? sql`JOIN credentials c ON c.person_id = p.id AND c.kind <> 'temporary-pass'` : sql``

/** The ways in which what was searched for may be met: in a name, or as exactly a key's id or serial number. */
function named({ q, ...ask }: KeysAsk): readonly (readonly SQL[])[] {
  if (q === null) return [[]]
  const inName = [sql`p.search LIKE '%' || ${foldedLike(q)} || '%'`]
  return ask.filter === 'none' ? [inName] : [inName, [sql`c.id = ${q}`], [sql`c.serial = ${q}`]]
}

function within({ person, group, model, filter }: KeysAsk): SQL[] {
  const found: SQL[] = []
  if (person !== null) found.push(sql`p.id = ${person}`)
  if (group !== null)
    found.push(sql`EXISTS (SELECT 1 FROM group_members m WHERE m.person_id = p.id AND m.group_id = ${group})`)
  if (model !== null && filter !== 'none') found.push(sql`c.aaguid = ${model}`)
  return found
}

function after({ after: place, filter }: KeysAsk): SQL | undefined {
  if (place === null) return undefined
  // Of two conditions the first says no more than the second, and an index answers it.
  return filter === 'none'
    ? sql`p.username > ${place.username}`
    : sql`p.username >= ${place.username} AND (p.username, c.id) > (${place.username}, ${place.key})`
}
