// A real Synapse with a past: where its Python is, an application service that may write with `?ts=`, and the rooms of old messages that
// it writes.
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stringify } from 'yaml'
import type { LocalSynapse } from '../../server/sample/synapse/run.ts'

/** The Python that `npm start -- --synapse` installs Synapse for, and whether it has done so. */
const OWN_PYTHON = fileURLToPath(new URL('../../.synapse/venv/bin/python', import.meta.url))
export const LOCAL_SYNAPSE = existsSync(OWN_PYTHON)
export const PYTHON = process.env['PALIER_TEST_SYNAPSE_PYTHON'] ?? OWN_PYTHON

const FAST = { per_second: 10_000, burst_count: 10_000 }
/** Synapse's own limits are not what is looked at. */
export const UNLIMITED = {
  rc_message: FAST,
  rc_registration: FAST,
  rc_joins: { local: FAST, remote: FAST },
  rc_joins_per_room: FAST,
  rc_invites: { per_room: FAST, per_user: FAST, per_issuer: FAST },
}

export const SEEDER = 'application-service-of-the-tests'
const OLDEST_MS = 40 * 86_400_000
const BETWEEN_MS = 60_000

export interface SeededRoom {
  readonly room: string
  /** Its messages. */
  readonly ids: ReadonlySet<string>
}

/** Writes the seeder's registration into Synapse's folder; resolves to what `applicationServices` takes. */
export function registerSeeder(folder: string): string {
  const registration = join(folder, 'seeder.yaml')
  writeFileSync(
    registration,
    stringify({
      id: 'seeder',
      url: null,
      as_token: SEEDER,
      hs_token: `${SEEDER}-hs`,
      sender_localpart: 'seeder',
      rate_limited: false,
      namespaces: { users: [{ exclusive: true, regex: '@seeder.*' }], rooms: [], aliases: [] },
    }),
  )
  return registration
}

/** Makes public rooms whose messages, a minute apart, are all older than any live window; as many in each. */
export async function seedRooms(
  synapse: LocalSynapse,
  { rooms: count, messages, atOnce }: { rooms: number; messages: number; atOnce: number },
): Promise<SeededRoom[]> {
  await ask(synapse, 'POST', '/register', { type: 'm.login.application_service', username: 'seeder' })
  const rooms: string[] = []
  for (let index = 0; index < count; index++) {
    const name = `Archives ${index + 1}`
    rooms.push((await ask(synapse, 'POST', '/createRoom', { preset: 'public_chat', name })).room_id)
  }
  const firstMs = Date.now() - OLDEST_MS
  return sendDated(synapse, rooms, { messages, firstMs, lastMs: firstMs + messages * count * BETWEEN_MS, atOnce })
}

/** Sends messages into rooms that were seeded, as many into each, dated evenly from `firstMs` to before `lastMs`. */
export async function sendDated(
  synapse: LocalSynapse,
  rooms: readonly string[],
  { messages, firstMs, lastMs, atOnce }: { messages: number; firstMs: number; lastMs: number; atOnce: number },
): Promise<SeededRoom[]> {
  const seeded = rooms.map((room) => ({ room, ids: new Set<string>() }))
  const total = messages * rooms.length
  let next = 0
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (next < total) {
        const number = next++
        const { room, ids } = seeded[number % rooms.length] as { room: string; ids: Set<string> }
        const ts = firstMs + Math.floor((number * (lastMs - firstMs)) / total)
        const path = `/rooms/${encodeURIComponent(room)}/send/m.room.message/${ts}-${number}?ts=${ts}`
        ids.add((await ask(synapse, 'PUT', path, { msgtype: 'm.text', body: `message ${number}` })).event_id)
      }
    }),
  )
  return seeded
}

async function ask(
  synapse: LocalSynapse,
  method: string,
  path: string,
  body: unknown,
): Promise<{ room_id: string; event_id: string }> {
  const response = await fetch(`${synapse.url}/_matrix/client/v3${path}`, {
    method,
    headers: { authorization: `Bearer ${SEEDER}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!response.ok) throw new Error(`seeding: ${method} ${path}: ${response.status} ${await response.text()}`)
  return (await response.json()) as { room_id: string; event_id: string }
}
