// Links that add keys: made, listed, withdrawn; and the desk, where the person sits beside the administrator.
import * as z from 'zod'
import { Refusal } from '../../errors/failure.ts'
import type { Person } from '../../people/port.ts'
import { DESK_SECONDS, issueTicket } from '../../people/tickets.ts'
import { actorOf } from '../actor.ts'
import type { ConsoleDeps } from '../deps.ts'
import { mayChange, mayDisarm } from '../people/rules.ts'
import { type Caller, verb } from '../verb.ts'
import { linkLetter } from './letter.ts'

export const personId = z.string().min(1).max(100)
const policies = z.enum(['any', 'device-bound', 'attested'])
const linkAnswer = z.object({
  id: z.string(),
  kind: z.enum(['enrol', 'self', 'desk']),
  created_by: z.string(),
  policy: policies.nullable(),
  uses_left: z.number(),
  created_at: z.string(),
  expires_at: z.string(),
})

/**
 * A person who may be given something: whoever has a link or a pass of an owner is one, so only owners give those. Throws `Refusal` 404
 * `person-unknown`, 403 `administrators-by-owners`, `tap-needed`, 409 `person-unavailable`.
 */
export async function availablePerson(
  deps: Pick<ConsoleDeps, 'enrolment'>,
  id: string,
  by: Pick<Caller, 'role' | 'permissions' | 'tokenId'>,
): Promise<Person> {
  const person = await deps.enrolment.people.byId(id)
  if (person === null) throw new Refusal(404, 'person-unknown')
  // With what it is given for an administrator, a stolen token would be one, and outlive itself.
  if (person.role !== 'person') refuseScripts(by)
  mayChange(by, person)
  if (person.suspendedAt !== null) throw new Refusal(409, 'person-unavailable')
  return person
}

/**
 * Refuses 403 `administrators-by-owners`: what an owner gave to somebody with a role is not taken back by whoever could not give it. One's
 * own is one's own to void.
 */
export async function mayTakeBack(
  deps: Pick<ConsoleDeps, 'enrolment'>,
  whose: string | null,
  by: Pick<Caller, 'role' | 'permissions' | 'personId' | 'tokenId'>,
): Promise<void> {
  const person = whose === null ? null : await deps.enrolment.people.byId(whose)
  if (person !== null) mayDisarm(by, person)
}

/** A script has no person beside it and no key to touch. Throws `Refusal` 403 `tap-needed`. */
export function refuseScripts(by: { readonly tokenId: string | null }): void {
  if (by.tokenId !== null) throw new Refusal(403, 'tap-needed')
}

export const linkVerbs = [
  verb({
    id: 'enrolment.issue',
    permission: 'keys.enrol',
    weight: 'change',
    summary:
      'Makes a link with which a person enrols one or two keys. It is answered once, to be shown or printed, or is sent by mail and not answered.',
    input: z.strictObject({
      person: personId,
      hours: z.number().int().min(1).max(336),
      uses: z.number().int().min(1).max(2).default(1),
      policy: policies.nullable().default(null),
      by: z.enum(['show', 'letter', 'mail']).default('show'),
    }),
    answer: z.object({
      id: z.string(),
      url: z.string().nullable(),
      sent_to: z.string().nullable(),
      uses: z.number(),
      expires_at: z.string(),
    }),
    run: async (deps, { person: id, hours, uses, policy, by: way }, { by }) => {
      const { enrolment } = deps
      const person = await availablePerson(deps, id, by)
      const to = way === 'mail' ? await enrolment.addressOf(person) : null
      if (way === 'mail' && !enrolment.sendsMail) throw new Refusal(409, 'no-mail-server')
      if (way === 'mail' && to === null) throw new Refusal(409, 'no-address')
      const issued = await issueTicket(
        { ...deps, enrolment: enrolment.tickets },
        {
          kind: 'enrol',
          personId: person.id,
          createdBy: actorOf(by),
          ttlSeconds: hours * 3600,
          usesLeft: uses,
          policy,
          by: way,
          within: async (tx, { url, expiresAt, hash }) => {
            if (to === null) return
            const letter = linkLetter(person, expiresAt, uses)
            const owed = await enrolment.mailLink({ to, personId: person.id, about: hash, letter, link: url }, tx)
            if (!owed) throw new Refusal(429, 'too-many-mails')
          },
        },
      )
      return {
        id: issued.hash,
        url: to === null ? issued.url : null,
        sent_to: to,
        uses,
        expires_at: issued.expiresAt.toISOString(),
      }
    },
  }),
  verb({
    id: 'enrolment.list',
    permission: 'keys.read',
    weight: 'read',
    summary: 'Lists the links of a person that still work. Never the links themselves.',
    input: z.strictObject({ person: personId }),
    answer: z.object({ items: z.array(linkAnswer), sends_mail: z.boolean(), address: z.string().nullable() }),
    run: async (deps, { person: id }, { now }) => {
      const person = await deps.enrolment.people.byId(id)
      if (person === null) throw new Refusal(404, 'person-unknown')
      const links = await deps.enrolment.links.open(id, now)
      return {
        items: links.map((link) => ({
          id: link.id,
          kind: link.kind,
          created_by: link.createdBy,
          policy: link.policy,
          uses_left: link.usesLeft,
          created_at: link.createdAt.toISOString(),
          expires_at: link.expiresAt.toISOString(),
        })),
        sends_mail: deps.enrolment.sendsMail,
        address: await deps.enrolment.addressOf(person),
      }
    },
  }),
  verb({
    id: 'enrolment.withdraw',
    permission: 'keys.enrol',
    weight: 'change',
    summary: 'Voids a link.',
    input: z.strictObject({ id: z.string().min(1).max(100) }),
    answer: z.object({}),
    run: async (deps, { id }, { by, now }) => {
      await mayTakeBack(deps, await deps.enrolment.links.personOf(id), by)
      const gone = await deps.enrolment.links.withdraw(id, now, (subject) => ({
        action: 'enrolment.withdrawn',
        actor: actorOf(by),
        subject,
        detail: {},
      }))
      if (!gone) throw new Refusal(404, 'ticket-unknown')
      return {}
    },
  }),
  verb({
    id: 'enrolment.desk',
    permission: 'keys.enrol',
    weight: 'change',
    summary:
      'Opens enrolment for a person who is there, in this very browser and for ten minutes. The audit log says who was with them.',
    input: z.strictObject({ person: personId }),
    answer: z.object({ url: z.string(), seconds: z.number() }),
    run: async (deps, { person: id }, { by }) => {
      refuseScripts(by)
      const person = await availablePerson(deps, id, by)
      const { url } = await issueTicket(
        { ...deps, enrolment: deps.enrolment.tickets },
        {
          kind: 'desk',
          personId: person.id,
          createdBy: by.personId,
          browserHash: deps.config.consoleUrl === null ? by.browserHash : null,
        },
      )
      return { url, seconds: DESK_SECONDS }
    },
  }),
] as const
