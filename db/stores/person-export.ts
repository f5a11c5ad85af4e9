// Everything that is kept of one person, as one JSON document, in pieces: no secret, no sealed value, no key material but public keys.
import { and, asc, eq, inArray, or, sql } from 'drizzle-orm'
import type { PersonExport } from '../../server/console/privacy/port.ts'
import { base64Url } from '../../server/platform/encoding.ts'
import type { Database } from '../client.ts'
import { auditEntries } from '../schema/audit.ts'
import { personHabits } from '../schema/detection.ts'
import { groupMembers, groups } from '../schema/groups.ts'
import { allowances, approvals, incidents, meters } from '../schema/metering.ts'
import { credentials, people } from '../schema/people.ts'
import { readings } from '../schema/readings.ts'
import { devices, idSessions } from '../schema/sessions.ts'
import { alerts } from '../schema/watch.ts'

const FORMAT = 'palier/person/v1'
/** Lines of reading, and entries of the audit log, in memory at a time. */
const PAGE = 1_000

/** See server/console/privacy/port.ts. */
export function personExport(db: Database): PersonExport {
  return {
    async pieces(personId, of) {
      const [person] = await db.select().from(people).where(eq(people.id, personId))
      return person === undefined ? null : written(db, person, of === 'own')
    },
  }
}

type Person = typeof people.$inferSelect

async function* written(db: Database, { search: _, ...account }: Person, isOwn: boolean): AsyncIterable<string> {
  const { id } = account
  yield `{"format":${JSON.stringify(FORMAT)},"account":${JSON.stringify(account)}`
  for (const [name, read] of SECTIONS) yield `,${JSON.stringify(name)}:${JSON.stringify(await read(db, id, isOwn))}`
  yield* list('readings', (after) => readingsPage(db, id, after))
  yield* list('audit', (after) => auditPage(db, id, after))
  yield '}\n'
}

type Section = (db: Database, id: string, isOwn: boolean) => Promise<readonly object[]>

const SECTIONS: readonly (readonly [string, Section])[] = [
  [
    'groups',
    (db, id) =>
      db
        .select({ id: groups.id, name: groups.displayName, since: groupMembers.addedAt })
        .from(groupMembers)
        .innerJoin(groups, eq(groups.id, groupMembers.groupId))
        .where(eq(groupMembers.personId, id)),
  ],
  ['keys', keys],
  [
    'sign_ins',
    async (db, id) => {
      const found = await db
        .select()
        .from(idSessions)
        .where(eq(idSessions.personId, id))
        .orderBy(asc(idSessions.createdAt))
      // The hash is what the cookie is checked against.
      return found.map(({ hash: _, ...rest }) => rest)
    },
  ],
  [
    'devices',
    async (db, id) => {
      const found = await db.select().from(devices).where(eq(devices.personId, id)).orderBy(asc(devices.createdAt))
      return found.map(({ homeserverToken: _, upstreamLogoutAttempts: _a, upstreamLogoutAt: _b, ...rest }) => rest)
    },
  ],
  ['approvals', prompts],
  [
    'allowances',
    async (db, id, isOwn) => {
      const found = await db
        .select()
        .from(allowances)
        .where(eq(allowances.personId, id))
        .orderBy(asc(allowances.createdAt))
      return isOwn ? found : found.map(({ rooms, ...rest }) => ({ ...rest, roomsTotal: rooms.length }))
    },
  ],
  ['meters', (db, id) => db.select().from(meters).where(eq(meters.personId, id))],
  ['habits', (db, id) => db.select().from(personHabits).where(eq(personHabits.personId, id))],
  ['alerts', (db, id) => db.select().from(alerts).where(eq(alerts.personId, id)).orderBy(asc(alerts.raisedAt))],
  [
    'incidents',
    (db, id) => db.select().from(incidents).where(eq(incidents.personId, id)).orderBy(asc(incidents.createdAt)),
  ],
]

async function keys(db: Database, id: string): Promise<readonly object[]> {
  const found = await db
    .select()
    .from(credentials)
    .where(eq(credentials.personId, id))
    .orderBy(asc(credentials.createdAt))
  return found.map(({ publicKey, attestationObject, registrationClientData, ...rest }) => ({
    ...rest,
    publicKey: base64Url(publicKey),
    attestationObject: base64Url(attestationObject),
    registrationClientData: base64Url(registrationClientData),
  }))
}

// To others than the person, rooms stay unnamed: so the receipt, which has what was signed word by word, is not among it.
async function prompts(db: Database, id: string, isOwn: boolean): Promise<readonly object[]> {
  const found = await db.select().from(approvals).where(eq(approvals.personId, id)).orderBy(asc(approvals.createdAt))
  return found.map(({ sealedToken: _, mergeKey: _m, intent, receipt, ...rest }) => {
    const signed = parsed(intent)
    if (isOwn) return { ...rest, intent: signed, receipt }
    const { rooms, ...other } = signed
    return {
      ...rest,
      intent: { ...other, rooms_total: Array.isArray(rooms) ? rooms.length : 0 },
      has_receipt: receipt !== null,
    }
  })
}

interface Numbered {
  readonly place: number
  readonly row: object
}

async function* list(name: string, page: (after: number) => Promise<readonly Numbered[]>): AsyncIterable<string> {
  yield `,${JSON.stringify(name)}:[`
  let after = 0
  let isFirst = true
  for (;;) {
    const rows = await page(after)
    if (rows.length > 0) yield `${isFirst ? '' : ','}${rows.map(({ row }) => JSON.stringify(row)).join(',')}`
    isFirst = isFirst && rows.length === 0
    if (rows.length < PAGE) break
    after = rows.at(-1)?.place ?? after
  }
  yield ']'
}

async function readingsPage(db: Database, personId: string, after: number): Promise<readonly Numbered[]> {
  const rows = await db
    .select()
    .from(readings)
    .where(and(eq(readings.personId, personId), sql`${readings.id} > ${after}`))
    .orderBy(asc(readings.id))
    .limit(PAGE)
  return rows.map(({ id, personId: _, serverName: _s, ...row }) => ({ place: id, row }))
}

// What was done to the person or to what is theirs, and what they did.
async function auditPage(db: Database, personId: string, after: number): Promise<readonly Numbered[]> {
  const theirs = await subjectsOf(db, personId)
  const rows = await db
    .select()
    .from(auditEntries)
    .where(
      and(
        or(inArray(auditEntries.subject, theirs), eq(auditEntries.actor, personId)),
        sql`${auditEntries.sequence} > ${after}`,
      ),
    )
    .orderBy(asc(auditEntries.sequence))
    .limit(PAGE)
  return rows.map((row) => ({ place: row.sequence, row }))
}

async function subjectsOf(db: Database, personId: string): Promise<string[]> {
  const ids = await Promise.all([
    db.select({ id: devices.id }).from(devices).where(eq(devices.personId, personId)),
    db.select({ id: credentials.id }).from(credentials).where(eq(credentials.personId, personId)),
  ])
  return [personId, ...ids.flat().map(({ id }) => id)]
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}
