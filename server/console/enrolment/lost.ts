// A key is lost: it is revoked, with all that it opened; then a pass for the time until there is another.
import * as z from 'zod'
import { Refusal } from '../../errors/failure.ts'
import { issuePass, PASS_MAX_HOURS } from '../../people/passes.ts'
import { shownText } from '../../platform/shown-text.ts'
import { actorOf } from '../actor.ts'
import { mayDisarm } from '../people/rules.ts'
import { verb } from '../verb.ts'
import { availablePerson, mayTakeBack, personId, refuseScripts } from './links.ts'

const KEYS_AT_MOST = 50
const NAME_CHARACTERS = 80

const passAnswer = z.object({
  id: z.string(),
  issued_by: z.string(),
  created_at: z.string(),
  expires_at: z.string(),
  used_at: z.string().nullable(),
})

export const lostVerbs = [
  verb({
    id: 'lost.show',
    permission: 'keys.read',
    weight: 'read',
    summary: 'The keys that a person has now, and their temporary passes: what is chosen from when one is lost.',
    input: z.strictObject({ person: personId }),
    answer: z.object({
      person: z.object({ id: z.string(), username: z.string(), display_name: z.string(), suspended: z.boolean() }),
      keys: z.array(
        z.object({
          id: z.string(),
          name: z.string(),
          aaguid: z.string(),
          serial: z.string().nullable(),
          created_at: z.string(),
          last_used_at: z.string().nullable(),
        }),
      ),
      passes: z.array(passAnswer),
    }),
    run: async (deps, { person: id }, { now }) => {
      const { enrolment } = deps
      const person = await enrolment.people.byId(id)
      if (person === null) throw new Refusal(404, 'person-unknown')
      const [keys, passes] = await Promise.all([enrolment.lost.keys(id), enrolment.passes.live(id, now)])
      return {
        person: {
          id: person.id,
          username: person.username,
          display_name: person.displayName,
          suspended: person.suspendedAt !== null,
        },
        keys: keys.map((key) => ({
          id: key.id,
          name: shownText(key.name, NAME_CHARACTERS) ?? '',
          aaguid: key.aaguid,
          serial: key.serial,
          created_at: key.createdAt.toISOString(),
          last_used_at: key.lastUsedAt?.toISOString() ?? null,
        })),
        passes: passes.map((pass) => ({
          id: pass.id,
          issued_by: pass.issuedBy,
          created_at: pass.createdAt.toISOString(),
          expires_at: pass.expiresAt.toISOString(),
          used_at: pass.usedAt?.toISOString() ?? null,
        })),
      }
    },
  }),
  verb({
    id: 'lost.revoke',
    permission: 'keys.revoke',
    weight: 'change',
    summary:
      'Revokes lost keys of a person (`keys` left out: all of them, and everything that the person is signed in to), with all that they opened, everywhere, within a second.',
    input: z.strictObject({ person: personId, keys: z.array(z.string().max(100)).min(1).max(KEYS_AT_MOST).optional() }),
    answer: z.object({ keys: z.array(z.string()), devices: z.number(), sids: z.number() }),
    run: async (deps, { person: id, keys: chosen }, { by, now }) => {
      const { enrolment } = deps
      const person = await enrolment.people.byId(id)
      if (person === null) throw new Refusal(404, 'person-unknown')
      mayDisarm(by, person)
      const revoked = await enrolment.lost.revoke(id, chosen ?? null, 'lost', now, (key) => ({
        action: 'key.revoked',
        actor: actorOf(by),
        subject: key.id,
        detail: { person: id, username: person.username, key: key.name, reason: 'lost' },
      }))
      if (chosen !== undefined && revoked.length === 0) throw new Refusal(404, 'unknown-key')
      let [devices, sids] = [0, 0]
      const ended = async (...what: Parameters<typeof enrolment.revoker.revoke>) => {
        const all = await enrolment.revoker.revoke(...what)
        devices += all.devices.length
        sids += all.sids.length
      }
      for (const key of revoked) await ended('credential', key, 'credential-revoked')
      // With the bag, the laptop in it is gone too.
      if (chosen === undefined) await ended('person', id, 'credential-revoked')
      return { keys: [...revoked], devices, sids }
    },
  }),
  verb({
    id: 'pass.issue',
    permission: 'keys.enrol',
    weight: 'change',
    summary:
      'Issues a temporary pass: a code, answered once and good once, with which a person who has no key at hand gets new messages for some hours, and nothing else.',
    input: z.strictObject({ person: personId, hours: z.number().int().min(1).max(PASS_MAX_HOURS) }),
    answer: z.object({ id: z.string(), code: z.string(), expires_at: z.string() }),
    run: async (deps, { person: id, hours }, { by }) => {
      refuseScripts(by)
      const person = await availablePerson(deps, id, by)
      const { passes } = deps.enrolment
      const pass = await issuePass({ ...deps, passes }, { personId: person.id, by: by.personId, hours })
      return { id: pass.id, code: pass.code, expires_at: pass.expiresAt.toISOString() }
    },
  }),
  verb({
    id: 'pass.revoke',
    permission: 'keys.revoke',
    weight: 'change',
    summary: 'Ends a temporary pass and all that it opened, within a second.',
    input: z.strictObject({ id: z.string().min(1).max(100) }),
    answer: z.object({ devices: z.number(), sids: z.number() }),
    run: async (deps, { id }, { by, now }) => {
      const { enrolment } = deps
      await mayTakeBack(deps, await enrolment.passes.personOf(id), by)
      const pass = await enrolment.passes.end(id, now, (subject) => ({
        action: 'pass.revoked',
        actor: actorOf(by),
        subject,
        detail: { pass: id },
      }))
      if (!pass) throw new Refusal(404, 'unknown-pass')
      const { devices, sids } = await enrolment.revoker.revoke('credential', id, 'revoked')
      return { devices: devices.length, sids: sids.length }
    },
  }),
] as const
