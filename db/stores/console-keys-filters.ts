// What each filter of the inventory asks of a person (`p`) and their key (`c`).
import { and, or, type SQL, sql } from 'drizzle-orm'
import type { KeyFilter, KeysAsk, ModelsToday } from '../../server/console/keys/port.ts'
import { CUT_OFF_REASONS } from '../../server/webauthn/port.ts'
import type { GroupKeyPolicy } from '../../server/webauthn/rule.ts'

/** What a list of keys is looked for by. */
export interface Looking {
  readonly ask: Pick<KeysAsk, 'filter' | 'person' | 'before'>
  readonly today: ModelsToday
  readonly setting: GroupKeyPolicy['policy']
  /** What each group asks of its people's keys. */
  readonly policies: readonly (GroupKeyPolicy & { readonly groupId: string })[]
}

/** `sets`: what is asked about everybody is gathered once. `row by row`: it is looked up for each of the few people at hand. */
export type Asked = 'sets' | 'row by row'

/** A key that was not revoked, of `c`. */
export const isActive = sql`(c.revoked_at IS NULL AND c.kind <> 'temporary-pass')`
const isNotSuspended = sql`p.suspended_at IS NULL`

/** The ways to match a filter: whoever meets all conditions of one of them does. */
export function filterAlternatives(looking: Looking, asked: Asked): readonly (readonly SQL[])[] {
  const { filter, person } = looking.ask
  // All of one person's keys are shown with those that were revoked.
  return person !== null && filter === 'all' ? [[]] : BY_FILTER[filter](looking, asked)
}

const BY_FILTER: Readonly<Record<KeyFilter, (looking: Looking, asked: Asked) => readonly (readonly SQL[])[]>> = {
  all: () => [[isActive]],
  none: () => [
    [
      isNotSuspended,
      sql`NOT EXISTS (SELECT 1 FROM credentials k WHERE k.person_id = p.id AND k.revoked_at IS NULL AND k.kind <> 'temporary-pass')`,
    ],
  ],
  one: (_looking, asked) => [[isActive, isNotSuspended, hasOneKey(asked)]],
  uncertified: ({ today }) => [[isActive, isUncertified(today)]],
  // Cut off with its model; or about to be.
  compromised: ({ today }) => [
    [sql`c.revoked_reason = ANY (${textArray(CUT_OFF_REASONS)})`],
    ...(today.unsafe.length === 0 ? [] : [[isActive, sql`c.aaguid = ANY (${textArray(today.unsafe)})`]]),
  ],
  below: (looking, asked) => belowAlternatives(looking, asked).map((below) => [isActive, isNotSuspended, ...below]),
  'never-used': () => [[isActive, sql`c.last_used_at IS NULL`]],
  unused: ({ ask }) => {
    const before = sql`${(ask.before ?? new Date(0)).toISOString()}::timestamptz`
    return [
      [isActive, sql`c.last_used_at < ${before}`],
      [isActive, sql`c.last_used_at IS NULL AND c.created_at < ${before}`],
    ]
  },
  revoked: () => [[sql`c.revoked_at IS NOT NULL`]],
}

/** Whether no maker proved `c` when it was enrolled, or its model is not certified and sound today. */
export const isUncertified = ({ certified }: ModelsToday) =>
  sql`NOT (c.acr = 'phrh' AND c.aaguid = ANY (${textArray(certified)}))`

/** Of a person who has a key, and is in one of the groups where such are given. */
function hasOneKey(asked: Asked, groups?: readonly string[]): SQL {
  const among =
    groups &&
    sql`AND k.person_id IN (SELECT m.person_id FROM group_members m WHERE m.group_id = ANY (${textArray(groups)}))`
  return asked === 'sets'
    ? sql`p.id IN (SELECT k.person_id FROM credentials k WHERE k.revoked_at IS NULL AND k.kind <> 'temporary-pass' ${among ?? sql``}
        GROUP BY k.person_id HAVING count(*) = 1)`
    : sql`(SELECT count(*) FROM (SELECT 1 FROM credentials k WHERE k.person_id = p.id AND k.revoked_at IS NULL
        AND k.kind <> 'temporary-pass' LIMIT 2) AS two) = 1`
}

/**
 * belowRule (server/webauthn/rule.ts) for each of the person's groups; a key below one of them is below the strictest of all. Groups that
 * ask for the same are asked about together.
 */
function belowAlternatives({ today, setting, policies }: Looking, asked: Asked): SQL[][] {
  const alike = new Map<string, { readonly below: SQL; readonly groups: string[] }>()
  for (const { groupId, ...policy } of policies) {
    const below = isBelow(policy, today)
    if (below === null) continue
    const { minKeys: _minKeys, ...rule } = policy
    const key = JSON.stringify(rule)
    const found = alike.get(key) ?? { below, groups: [] }
    found.groups.push(groupId)
    alike.set(key, found)
  }
  const found = [...alike.values()].map(({ below, groups }) => [below, isIn(groups)])
  const asksForTwo = policies.filter(({ minKeys }) => minKeys > 1).map(({ groupId }) => groupId)
  if (asksForTwo.length > 0) found.push([hasOneKey(asked, asksForTwo), isIn(asksForTwo)])
  const bySetting = isBelowSetting(setting, today)
  if (bySetting !== null)
    found.push([
      bySetting,
      ...(policies.length === 0 ? [] : [sql`NOT ${isIn(policies.map(({ groupId }) => groupId))}`]),
    ])
  return found
}

/** Null: no key is below it. */
function isBelow(
  { policy, aaguids, platformAllowed }: Omit<GroupKeyPolicy, 'minKeys'>,
  today: ModelsToday,
): SQL | null {
  const reasons: SQL[] = []
  if (policy === 'attested') reasons.push(isUncertified(today))
  if (policy !== 'any') reasons.push(sql`c.backup_eligible`)
  if (aaguids !== null) reasons.push(sql`NOT (c.aaguid = ANY (${textArray(aaguids)}))`)
  if (!platformAllowed) reasons.push(sql`c.kind = 'platform'`)
  return or(...reasons) ?? null
}

function isBelowSetting(setting: GroupKeyPolicy['policy'], today: ModelsToday): SQL | null {
  return isBelow({ policy: setting, aaguids: null, platformAllowed: setting !== 'attested' }, today)
}

function isIn(groups: readonly string[]): SQL {
  return sql`EXISTS (SELECT 1 FROM group_members m WHERE m.person_id = p.id AND m.group_id = ANY (${textArray(groups)}))`
}

/** How many keys match one of the ways to match the filter, as a query that answers `n`. */
export function counted(looking: Looking): SQL {
  const ways = filterAlternatives(looking, 'sets')
  if (ways.length === 0) return sql`SELECT 0 AS n`
  const queries = ways.map(
    (way) => sql`SELECT c.id FROM people p JOIN credentials c ON c.person_id = p.id AND c.kind <> 'temporary-pass'
      WHERE p.deleted_at IS NULL AND ${and(...way)}`,
  )
  return sql`SELECT count(*)::int AS n FROM (${sql.join(queries, sql` UNION `)}) AS matching`
}

function textArray(values: readonly string[]): SQL {
  return sql`${`{${values.map((value) => `"${value.replaceAll(/["\\]/g, '\\$&')}"`).join(',')}}`}::text[]`
}
