// Pseudonyms opened to two, a person's lines taken away, and who looked at whom.
import { and, desc, eq, gt, or, sql } from 'drizzle-orm'
import type { Audit } from '../../server/audit/port.ts'
import type { PrivacyConsole, Revealed } from '../../server/console/privacy/port.ts'
import { lastUsed } from '../../server/platform/last-used.ts'
import type { Sealer } from '../../server/platform/seal.ts'
import { sealPlace } from '../../server/platform/seal-columns.ts'
import type { Database } from '../client.ts'
import { personHabits } from '../schema/detection.ts'
import { approvals } from '../schema/metering.ts'
import { people } from '../schema/people.ts'
import { readingReveals, readingRooms, readings } from '../schema/readings.ts'
import { personExport } from './person-export.ts'

const HOUR_MS = 3_600_000
/** Pairs of who looked and at whom that are remembered: a repetition within the hour is no new entry. */
const LOOKS = 10_000

export interface ConsolePrivacyDeps {
  readonly audit: Pick<Audit, 'append'>
  readonly sealer: Pick<Sealer, 'open'>
}

/** See server/console/privacy/port.ts. */
export function consolePrivacy(db: Database, { audit, sealer }: ConsolePrivacyDeps): PrivacyConsole {
  const looks = lastUsed<string, number>(LOOKS)
  return {
    export: personExport(db),

    async knowsRoom(pseudonym) {
      const found = await db.select().from(readingRooms).where(eq(readingRooms.pseudonym, pseudonym))
      return found.length > 0
    },

    reveal: ({ id, room, first, second, reason, at }) =>
      db.transaction(async (tx) => {
        const [known] = await tx.select().from(readingRooms).where(eq(readingRooms.pseudonym, room)).for('share')
        if (known === undefined) return false
        await tx.insert(readingReveals).values({ id, pseudonym: room, firstId: first, secondId: second, reason, at })
        await audit.append(
          { action: 'privacy.room-revealed', actor: first, subject: room, detail: { reveal: id, second, reason } },
          tx,
        )
        return true
      }),

    async revealedTo(personId, now) {
      const found = await db
        .select({ reveal: readingReveals, sealed: readingRooms.room })
        .from(readingReveals)
        .innerJoin(readingRooms, eq(readingRooms.pseudonym, readingReveals.pseudonym))
        .where(
          and(
            gt(readingReveals.at, new Date(now.getTime() - HOUR_MS)),
            or(eq(readingReveals.firstId, personId), eq(readingReveals.secondId, personId)),
          ),
        )
        .orderBy(desc(readingReveals.at))
      return Promise.all(
        found.map(async ({ reveal, sealed }): Promise<Revealed> => {
          const { pseudonym: room, firstId: first, secondId: second, reason, at } = reveal
          const roomId = sealer.open('room', sealPlace('reading_rooms', room), sealed)
          return { room, roomId, name: await nameOf(db, roomId), reason, first, second, at }
        }),
      )
    },

    async exported({ actor }, personId) {
      await audit.append({ action: 'privacy.exported', actor, subject: personId, detail: {} })
    },

    erase: ({ personId, actor, second, reason }) =>
      db.transaction(async (tx) => {
        const [person] = await tx.select({ id: people.id }).from(people).where(eq(people.id, personId))
        if (person === undefined) return null
        const [gone] = await tx.execute<{ lines: number; habits: number }>(sql`
          WITH lines AS (DELETE FROM ${readings} WHERE ${readings.personId} = ${personId} RETURNING 1),
            habits AS (DELETE FROM ${personHabits} WHERE ${personHabits.personId} = ${personId} RETURNING 1)
          SELECT (SELECT count(*) FROM lines)::float8 AS lines, (SELECT count(*) FROM habits)::float8 AS habits`)
        const erased = { lines: gone?.lines ?? 0, habits: gone?.habits ?? 0 }
        await audit.append(
          { action: 'privacy.erased', actor, subject: personId, detail: { second, reason, ...erased } },
          tx,
        )
        return erased
      }),

    async looked({ actor, personId }, whom, now) {
      const pair = `${personId} ${whom}`
      const before = looks.get(pair)
      if (before !== undefined && now.getTime() - before < HOUR_MS) return
      await audit.append({ action: 'privacy.looked', actor, subject: whom, detail: {} })
      looks.set(pair, now.getTime())
    },
  }
}

// Prompts name rooms to those who are asked; of the pending and decided ones the last that named this room says how.
async function nameOf(db: Database, roomId: string): Promise<string | null> {
  const [last] = await db
    .select({
      name: sql<
        string | null
      >`(SELECT room ->> 'name' FROM jsonb_array_elements(${approvals.intent}::jsonb -> 'rooms') room
      WHERE room ->> 'id' = ${roomId} LIMIT 1)`,
    })
    .from(approvals)
    .where(sql`${approvals.intent} LIKE ${`%${JSON.stringify(roomId).replace(/[%_\\]/g, '\\$&')}%`}`)
    .orderBy(desc(approvals.createdAt))
    .limit(1)
  return last?.name ?? null
}
