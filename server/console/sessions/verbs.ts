// Sessions and devices: looked for, seen, ended one by one, of a person, of a group, of everyone.
import * as z from 'zod'
import { Refusal } from '../../errors/failure.ts'
import { shownText } from '../../platform/shown-text.ts'
import { actorOf } from '../actor.ts'
import { pageOf, readPlace } from '../keyset.ts'
import { mayCutOff } from '../people/rules.ts'
import { type Call, verb } from '../verb.ts'
import type { SessionRow } from './port.ts'

const NAME_CHARACTERS = 80
const CLIENT_CHARACTERS = 200

const id = z.string().min(1).max(100)
const text = z.string().min(1).max(200)
/** Why something is ended: kept in the audit log. */
const reason = z.string().trim().min(1).max(500)

export const sessionAnswer = z.object({
  kind: z.enum(['device', 'sign-in']),
  id: z.string(),
  person: z.object({ id: z.string(), username: z.string(), display_name: z.string() }),
  server_name: z.string().nullable(),
  user_id: z.string().nullable(),
  device_id: z.string().nullable(),
  name: z.string().nullable(),
  sid: z.string().nullable(),
  client: z.string(),
  network: z.string(),
  acr: z.string(),
  key: z.string(),
  created_at: z.string(),
  last_active_at: z.string().nullable(),
  last_tap_at: z.string(),
  expires_at: z.string(),
  ended_at: z.string().nullable(),
  ended_reason: z.string().nullable(),
})

/** A session as it is answered: what clients called themselves is made fit to show. */
export function sessionShown(row: SessionRow): z.input<typeof sessionAnswer> {
  const { person } = row
  return {
    kind: row.kind,
    id: row.id,
    person: { id: person.id, username: person.username, display_name: person.displayName },
    server_name: row.serverName,
    user_id: row.userId,
    device_id: row.deviceId === null ? null : shownText(row.deviceId, NAME_CHARACTERS),
    name: row.name === null ? null : shownText(row.name, NAME_CHARACTERS),
    sid: row.sid,
    client: shownText(row.client, CLIENT_CHARACTERS) ?? '',
    network: row.network,
    acr: row.acr,
    key: shownText(row.key, NAME_CHARACTERS) ?? '',
    created_at: row.createdAt.toISOString(),
    last_active_at: row.lastActiveAt?.toISOString() ?? null,
    last_tap_at: row.lastTapAt.toISOString(),
    expires_at: row.expiresAt.toISOString(),
    ended_at: row.endedAt?.toISOString() ?? null,
    ended_reason: row.endedReason,
  }
}

/** Who ended it and why, as the audit log has it. */
export function endedBy({ by }: Pick<Call, 'by'>, why: string) {
  return { actor: actorOf(by), detail: { why, ...(by.second && { second: by.second.personId }) } }
}

const reachAnswer = z.object({ people: z.number(), devices: z.number(), sign_ins: z.number() })
const endedAnswer = z.object({ devices: z.number(), sids: z.number() })
const endedManyAnswer = endedAnswer.extend({ people: z.number() })

/** Ended in the middle, the two who decide could neither see what came of it nor go on. */
const sparedOf = ({ by }: Pick<Call, 'by'>) => [by.personId, ...(by.second === null ? [] : [by.second.personId])]

export const sessionVerbs = [
  verb({
    id: 'sessions.search',
    permission: 'sessions.read',
    weight: 'read',
    summary:
      'Devices, or sign-ins at id, newest first: by person, name, network, client and server, live ones or ended ones too.',
    input: z.strictObject({
      kind: z.enum(['device', 'sign-in']).default('device'),
      state: z.enum(['live', 'all']).default('live'),
      q: text.optional(),
      person: id.optional(),
      server: text.optional(),
      network: text.optional(),
      client: text.optional(),
      after: z.string().max(200).optional(),
      limit: z.coerce.number().int().min(1).max(200).default(50),
    }),
    answer: z.object({ items: z.array(sessionAnswer), next: z.string().nullable() }),
    run: async ({ sessions }, { state, after, limit, kind, q, person, server, network, client }) => {
      const ask = { kind, q, person, server, network, client, live: state === 'live' }
      const found = await sessions.search({ ...ask, after: readPlace(after), limit: limit + 1 })
      const { items, next } = pageOf(found, limit, ({ createdAt, id }) => ({ at: createdAt, id }))
      return { items: items.map(sessionShown), next }
    },
  }),
  verb({
    id: 'sessions.show',
    permission: 'sessions.read',
    weight: 'read',
    summary: 'One device or sign-in: where it came from, what it authorized, and the devices of that.',
    input: z.strictObject({ kind: z.enum(['device', 'sign-in']), id }),
    answer: z.object({
      session: sessionAnswer,
      sign_in: sessionAnswer.nullable(),
      sids: z.array(
        z.object({ id: z.string(), client_id: z.string(), created_at: z.string(), ended_at: z.string().nullable() }),
      ),
      devices: z.array(sessionAnswer),
    }),
    run: async ({ sessions }, { kind, id }) => {
      const found = await sessions.show(kind, id)
      if (found === null) throw new Refusal(404, 'unknown-session')
      return {
        session: sessionShown(found.session),
        sign_in: found.signIn === null ? null : sessionShown(found.signIn),
        devices: found.devices.map(sessionShown),
        sids: found.sids.map(({ id, clientId, createdAt, endedAt }) => ({
          id,
          client_id: clientId,
          created_at: createdAt.toISOString(),
          ended_at: endedAt?.toISOString() ?? null,
        })),
      }
    },
  }),
  verb({
    id: 'sessions.reach',
    permission: 'sessions.read',
    weight: 'read',
    summary: 'How many people, devices and sign-ins are live, of a group or of everyone: what ending them would end.',
    input: z.strictObject({ group: id.optional() }),
    answer: reachAnswer,
    run: async ({ sessions }, { group }) => {
      const reach = await sessions.reach(group ?? null)
      if (reach === null) throw new Refusal(404, 'group-unknown')
      return { people: reach.people, devices: reach.devices, sign_ins: reach.signIns }
    },
  }),
  verb({
    id: 'sessions.end',
    permission: 'sessions.end',
    weight: 'change',
    summary:
      'Ends one device, one sign-in with all that came of it, or one authorization (sid). Every gateway refuses its tokens within a second.',
    input: z.strictObject({ kind: z.enum(['device', 'sign-in', 'sid']), id, reason }),
    answer: endedAnswer,
    run: async ({ sessions }, { kind, id, reason }, call) => {
      const whose = await sessions.whose(kind, id)
      if (whose === null) throw new Refusal(404, 'unknown-session')
      mayCutOff(call.by, whose)
      return sessions.end(kind, id, endedBy(call, reason))
    },
  }),
  verb({
    id: 'sessions.end-person',
    permission: 'sessions.end',
    weight: 'change',
    summary: 'Ends all sign-ins, authorizations and devices of a person, who can sign in again with a key.',
    input: z.strictObject({ person: id, reason }),
    answer: endedAnswer,
    run: async ({ sessions }, { person, reason }, call) => {
      const whose = await sessions.whose('person', person)
      if (whose === null) throw new Refusal(404, 'person-unknown')
      mayCutOff(call.by, whose)
      return sessions.end('person', person, endedBy(call, reason))
    },
  }),
  verb({
    id: 'sessions.end-group',
    permission: 'sessions.end-many',
    weight: 'grave',
    summary: 'Ends all sign-ins and devices of everyone in a group, but of the two administrators who decide it.',
    input: z.strictObject({ group: id, reason }),
    answer: endedManyAnswer,
    run: async ({ sessions }, { group, reason }, call) => {
      const ended = await sessions.endMany(group, sparedOf(call), endedBy(call, reason))
      if (ended === null) throw new Refusal(404, 'group-unknown')
      return ended
    },
  }),
  verb({
    id: 'sessions.end-everyone',
    permission: 'sessions.end-many',
    weight: 'grave',
    summary: 'Ends all sign-ins and devices of everyone, but of the two administrators who decide it. Services go on.',
    input: z.strictObject({ reason }),
    answer: endedManyAnswer,
    run: async ({ sessions }, { reason }, call) => {
      const ended = await sessions.endMany(null, sparedOf(call), endedBy(call, reason))
      if (ended === null) throw new Error('everyone is no group')
      return ended
    },
  }),
] as const
