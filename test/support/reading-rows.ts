// Rows of reading as a gateway writes them, where a test is not about writing them.
import type { Database } from '../../db/client.ts'
import { readings } from '../../db/schema/readings.ts'
import { meterStore } from '../../db/stores/metering.ts'
import type { ReadingRow } from '../../server/gateway/reading-row.ts'
import { defaultPolicy } from '../../server/policy/defaults.ts'
import type { TestDevice } from './people.ts'
import { PLAIN_SPENDING } from './spending.ts'

/** A page of messages that was within the budget. */
export const readingRow = (over: Partial<ReadingRow>): ReadingRow => ({
  at: new Date().toISOString(),
  server_name: 'example.org',
  person_id: 'per_1',
  device_id: 'dev_1',
  network: '192.0.2.0/24',
  client: 'test',
  groups: null,
  route: 'rooms.messages',
  decision: 'released',
  reason: 'within-budget',
  would_be: null,
  source: 'window',
  meter: 'archive',
  policy_version: 0,
  answers: 1,
  parts: [],
  asked: null,
  asked_rooms: null,
  rooms_total: 1,
  live: 0,
  state: 0,
  withheld: 0,
  allowance_id: null,
  from_at: null,
  to_at: null,
  ...over,
})

/** So many messages of the archive, charged now and on a line of `at`. */
export async function readBy(
  db: Database,
  { id, person }: TestDevice,
  { events, at = new Date() }: { events: number; at?: Date },
): Promise<void> {
  const spent = await meterStore(db, defaultPolicy).spend({
    serverName: 'example.org',
    personId: person.id,
    device: id,
    streams: { archive: { hashes: [], bare: events } },
    ...PLAIN_SPENDING,
  })
  if (spent.state !== 'paid') throw new Error(spent.state)
  await db.insert(readings).values({
    at,
    serverName: 'example.org',
    personId: person.id,
    deviceId: id,
    network: '192.0.2.0/24',
    client: 'Element',
    route: 'messages',
    decision: 'released',
    reason: 'within',
    policyVersion: 0,
    answers: 1,
    parts: [],
    roomsTotal: 1,
    live: 0,
    state: 0,
    withheld: 0,
  })
}
