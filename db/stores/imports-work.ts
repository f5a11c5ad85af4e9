// The work of an import: some of its lines in one transaction, looked at again before they are done.
import { and, asc, eq, sql } from 'drizzle-orm'
import type { AuditEvent, AuditOfMany } from '../../server/audit/port.ts'
import { type Known, type PlannedLine, planLine } from '../../server/people/import-plan.ts'
import type { GroupRules } from '../../server/people/moves.ts'
import type { Random } from '../../server/platform/random.ts'
import { newToken } from '../../server/platform/tokens.ts'
import type { Transaction } from '../client.ts'
import { peopleImportLines, peopleImports } from '../schema/imports.ts'
import { type GroupRulesReader, takeGroupsLock } from './group-rules.ts'
import { knownFrom, lineFrom } from './imports-known.ts'

/** Lines of one transaction: short enough that nobody waits long for the audit chain, long enough to be quick. */
const BATCH = 250

type Import = typeof peopleImports.$inferSelect

interface Work {
  readonly tx: Transaction
  readonly of: Import
  readonly at: Date
  readonly random: Random
  readonly rules: GroupRules
  readonly events: AuditEvent[]
}

export interface WorkDeps {
  readonly audit: AuditOfMany
  readonly random: Random
  readonly rules: Pick<GroupRulesReader, 'rules'>
}

/** Does the next lines of the oldest import that nobody else has in hand. */
export async function workOn(tx: Transaction, at: Date, { audit, random, rules }: WorkDeps): Promise<'busy' | 'idle'> {
  const [of] = await tx
    .select()
    .from(peopleImports)
    .where(eq(peopleImports.state, 'applying'))
    .orderBy(asc(peopleImports.appliedAt))
    .limit(1)
    .for('update', { skipLocked: true })
  if (of === undefined) return 'idle'
  await takeGroupsLock(tx)
  const rows = await tx
    .select()
    .from(peopleImportLines)
    .where(and(eq(peopleImportLines.importId, of.id), eq(peopleImportLines.state, 'pending')))
    .orderBy(asc(peopleImportLines.line))
    .limit(BATCH)
  const work: Work = { tx, of, at, random, rules: await rules.rules(tx, at), events: [] }
  if (rows.length === 0) await finish(work)
  else await doLines(work, rows.map(lineFrom))
  await audit.appendAll(work.events, tx)
  return 'busy'
}

async function doLines(work: Work, planned: readonly PlannedLine[]): Promise<void> {
  const { tx, of } = work
  const known = await knownFrom(
    tx,
    {
      usernames: planned.map(({ username }) => username),
      emails: planned.flatMap(({ wanted }) => wanted.email ?? []),
      groups: planned.flatMap(({ wanted }) => wanted.groups),
    },
    work.rules,
    true,
  )
  const may = { mayWriteRoles: of.mayWriteRoles, makesGroups: of.newGroups.length > 0 }
  const isStill = (line: PlannedLine) =>
    samePlan(line, planLine(line.line, line.username, line.wanted, known, may)) &&
    line.wanted.groups.every((name) => known.groups.has(name) || of.newGroups.includes(name))
  const good = planned.filter(isStill)
  const groupIds = await groupsFor(work, good, known)
  const created = await create(
    work,
    good.filter(({ outcome }) => outcome === 'create'),
  )
  const updated = await update(
    work,
    good.filter(({ outcome }) => outcome === 'update'),
  )
  const done = new Map([...created, ...updated])
  await join(work, good, done, groupIds)
  const outcomes = planned.map(({ line, username }) => {
    const personId = done.get(username) ?? null
    return personId === null
      ? { line, person_id: null, state: 'passed-over', reason: 'line-changed-meanwhile' }
      : { line, person_id: personId, state: 'applied', reason: null }
  })
  await tx.execute(sql`
    UPDATE people_import_lines l SET state = r.state, reason = r.reason, person_id = coalesce(r.person_id, l.person_id)
    FROM jsonb_to_recordset(${JSON.stringify(outcomes)}::jsonb) AS r (line int, person_id text, state text, reason text)
    WHERE l.import_id = ${of.id} AND l.line = r.line AND l.state = 'pending'`)
}

/** Whether the same would be done to the same person as when it was looked at. */
function samePlan(before: PlannedLine, now: PlannedLine): boolean {
  const told = ({ outcome, personId, personVersion, changes }: PlannedLine) =>
    JSON.stringify([outcome, personId, personVersion, changes.map(({ field, from, to }) => [field, from, to])])
  return told(before) === told(now)
}

/** Ids of the groups that lines name, by name; those that are not there are made. */
async function groupsFor(
  work: Work,
  lines: readonly PlannedLine[],
  known: Known,
): Promise<ReadonlyMap<string, string>> {
  const { tx, at, random, events, of } = work
  // In order, so that two imports that make the same groups do not wait for each other both.
  const names = [...new Set(lines.flatMap(({ wanted }) => wanted.groups))].sort()
  if (names.length === 0) return new Map()
  const missing = names
    .filter((name) => !known.groups.has(name))
    .map((name) => ({ id: newToken('group', random), name }))
  const made = await tx.execute<{ id: string; display_name: string }>(sql`
    INSERT INTO groups (id, display_name, created_at)
    SELECT id, name, ${at.toISOString()}::timestamptz FROM jsonb_to_recordset(${JSON.stringify(missing)}::jsonb) AS r (id text, name text)
    ON CONFLICT DO NOTHING RETURNING id, display_name`)
  for (const { id, display_name: name } of made)
    events.push({
      action: 'group.created',
      actor: of.appliedBy ?? '',
      subject: id,
      detail: { name, externalId: null, import: of.id },
    })
  const rows = await tx.execute<{ id: string; display_name: string }>(sql`
    SELECT id, display_name FROM groups
    WHERE display_name IN (SELECT jsonb_array_elements_text(${JSON.stringify(names)}::jsonb)) ORDER BY id FOR KEY SHARE`)
  return new Map(rows.map(({ id, display_name }) => [display_name, id]))
}

/** Makes people; their ids by username. Who came in between is left out. */
async function create({ tx, of, at, random, events }: Work, lines: readonly PlannedLine[]) {
  const rows = lines.map(({ username, wanted }) => ({
    id: newToken('person', random),
    username,
    display_name: wanted.displayName ?? username,
    email: wanted.email,
    role: wanted.role ?? 'person',
  }))
  const made = await tx.execute<{ id: string; username: string; role: string }>(sql`
    INSERT INTO people (id, username, display_name, email, role, created_at)
    SELECT id, username, display_name, email, role, ${at.toISOString()}::timestamptz
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS r (id text, username text, display_name text, email text, role text)
    ON CONFLICT DO NOTHING RETURNING id, username, role`)
  const groups = new Map(lines.map(({ username, wanted }) => [username, wanted.groups]))
  for (const { id, username, role } of made) {
    const detail = { username, role, groups: groups.get(username) ?? [], import: of.id }
    events.push({ action: 'person.created', actor: of.appliedBy ?? '', subject: id, detail })
  }
  return made.map(({ id, username }) => [username, id] as const)
}

/** Changes people who are still at the version that was looked at; their ids by username. */
async function update({ tx, of, events }: Work, lines: readonly PlannedLine[]) {
  const rows = lines.map(({ personId, personVersion, wanted }) => ({
    id: personId,
    version: personVersion,
    display_name: wanted.displayName,
    email: wanted.email,
    role: wanted.role,
  }))
  const changed = await tx.execute<{ id: string; username: string }>(sql`
    UPDATE people p SET display_name = coalesce(r.display_name, p.display_name), email = coalesce(r.email, p.email),
      role = coalesce(r.role, p.role), version = p.version + 1
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS r (id text, version int, display_name text, email text, role text)
    WHERE p.id = r.id AND p.version = r.version AND p.deleted_at IS NULL RETURNING p.id, p.username`)
  const plans = new Map(lines.map((line) => [line.username, line]))
  for (const { id, username } of changed) {
    const { changes = [], wanted } = plans.get(username) ?? {}
    const actor = of.appliedBy ?? ''
    const role = changes.find(({ field }) => field === 'role')
    const fields = changes.map(({ field }) => field)
    const groups = fields.includes('groups') ? { groups: wanted?.groups ?? [] } : {}
    events.push({
      action: 'person.changed',
      actor,
      subject: id,
      detail: { username, fields, ...groups, import: of.id },
    })
    if (role) {
      const detail = { username, from: role.from, to: role.to, import: of.id }
      events.push({ action: 'person.role-set', actor, subject: id, detail })
    }
  }
  return changed.map(({ id, username }) => [username, id] as const)
}

async function join(
  { tx, at }: Work,
  lines: readonly PlannedLine[],
  done: ReadonlyMap<string, string>,
  groupIds: ReadonlyMap<string, string>,
): Promise<void> {
  const rows = lines.flatMap(({ username, wanted }) =>
    wanted.groups.map((name) => ({ group_id: groupIds.get(name), person_id: done.get(username) })),
  )
  await tx.execute(sql`
    INSERT INTO group_members (group_id, person_id, added_at)
    SELECT group_id, person_id, ${at.toISOString()}::timestamptz
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS r (group_id text, person_id text)
    WHERE group_id IS NOT NULL AND person_id IS NOT NULL ON CONFLICT DO NOTHING`)
}

async function finish({ tx, of, at, events }: Work): Promise<void> {
  await tx.update(peopleImports).set({ state: 'done', finishedAt: at }).where(eq(peopleImports.id, of.id))
  const rows = await tx
    .select({ state: peopleImportLines.state, count: sql<number>`count(*)::int` })
    .from(peopleImportLines)
    .where(eq(peopleImportLines.importId, of.id))
    .groupBy(peopleImportLines.state)
  const counts = Object.fromEntries(rows.map(({ state, count }) => [state, count]))
  events.push({ action: 'people.import-finished', actor: of.appliedBy ?? '', subject: of.id, detail: counts })
}
