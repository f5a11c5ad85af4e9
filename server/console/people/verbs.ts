// Making, changing, suspending and deleting people, and their roles.
import * as z from 'zod'
import { Refusal } from '../../errors/failure.ts'
import { type DirectoryPerson, emailFrom, type NotCreated, type PersonPatch } from '../../people/directory.ts'
import { displayNameFrom, isUsername } from '../../people/username.ts'
import { newToken } from '../../platform/tokens.ts'
import { actorOf } from '../actor.ts'
import type { ConsoleDeps } from '../deps.ts'
import { type Call, verb } from '../verb.ts'
import { existing } from './lists.ts'
import { mayChange, notDeleted, notYourself, ownersByTwo } from './rules.ts'
import { personShown, ROLES, shownPerson } from './shown.ts'

const id = z.string().max(64)
const version = z.int().min(1)
const reason = z.string().trim().min(1).max(500)
/** Empty text means none. */
const externalId = z.string().trim().max(200).nullable()
const email = z.string().max(300).nullable()

export const peopleVerbs = [
  verb({
    id: 'people.create',
    permission: 'people.write',
    weight: 'change',
    summary:
      'Makes a person. The username becomes the localpart of their Matrix user id, and is never given to anybody else.',
    input: z.strictObject({
      username: z.string().max(100),
      display_name: z.string().max(200).optional(),
      email: email.optional(),
      external_id: externalId.optional(),
      groups: z.array(z.string().max(64)).max(100).default([]),
    }),
    answer: personShown,
    run: async (deps, input, { by, now }) => {
      const { username } = input
      if (!isUsername(username)) throw new Refusal(422, 'username-invalid')
      const person: DirectoryPerson = {
        id: newToken('person', deps.random),
        username,
        displayName: nameOf(input.display_name || username),
        role: 'person',
        email: addressOf(input.email),
        externalId: input.external_id || null,
        createdAt: now,
        suspendedAt: null,
        deletedAt: null,
        version: 1,
      }
      const detail = { username, role: person.role, groups: input.groups }
      const event = { action: 'person.created', actor: actorOf(by), subject: person.id, detail }
      const failure = await deps.people.directory.create(person, input.groups, event)
      if (failure !== null) throw new Refusal(NOT_CREATED[failure], failure, username)
      return shownPerson(person)
    },
  }),
  verb({
    id: 'people.edit',
    permission: 'people.write',
    weight: 'change',
    summary:
      'Changes the display name, the e-mail address or the directory’s id of a person, as they were at a version.',
    input: z.strictObject({
      id,
      version,
      display_name: z.string().max(200).optional(),
      email: email.optional(),
      external_id: externalId.optional(),
    }),
    answer: personShown,
    run: async (deps, input, call) => {
      const person = await changeable(deps, input.id, call)
      const patch: PersonPatch = {
        ...(input.display_name === undefined ? {} : { displayName: nameOf(input.display_name) }),
        ...(input.email === undefined ? {} : { email: addressOf(input.email) }),
        ...(input.external_id === undefined ? {} : { externalId: input.external_id || null }),
      }
      return changed(deps, person, input.version, patch, call, 'person.changed', { fields: fieldsOf(person, patch) })
    },
  }),
  verb({
    id: 'people.set-role',
    permission: 'roles.write',
    // With two, so that no one owner adds accomplices or is left alone with what needs two.
    weight: async (deps, input) =>
      input.role === 'owner' || (await existing(deps, input.id)).role === 'owner' ? 'grave' : 'change',
    // Whoever gains by it signs nothing of it. Whoever stops being an owner may: with two of them there would be no way otherwise.
    concerns: ({ id, role }) => (role === 'owner' ? id : null),
    summary: 'Gives a person a role. Making somebody an owner, or an owner something else, needs two administrators.',
    input: z.strictObject({ id, version, role: z.enum(ROLES), reason }),
    answer: personShown,
    run: async (deps, { role, reason, ...input }, call) => {
      const person = await changeable(deps, input.id, call)
      if (person.role === role) return shownPerson(person)
      if (role === 'owner' || person.role === 'owner') ownersByTwo(call.by, await secondOf(deps, call))
      return changed(deps, person, input.version, { role }, call, 'person.role-set', {
        from: person.role,
        to: role,
        reason,
      })
    },
  }),
  verb({
    id: 'people.suspend',
    permission: 'people.write',
    weight: 'change',
    summary: 'Ends all that a person is signed in to, within a second, and lets them in no more.',
    input: z.strictObject({ id, reason }),
    answer: personShown,
    run: async (deps, { id, reason }, call) => {
      const person = await changeable(deps, id, call)
      notYourself(call.by, person)
      await deps.people.people.setSuspended(id, call.now, event('person.suspended', person, call, { reason }))
      // Also when nothing changed: a suspension cut short before its sessions ended is completed by asking again.
      await deps.people.revoker.revoke('person', id, 'person-suspended')
      return shownPerson(await existing(deps, id))
    },
  }),
  verb({
    id: 'people.resume',
    permission: 'people.write',
    weight: 'change',
    summary: 'Lets a suspended person in again, with the keys that they have.',
    input: z.strictObject({ id }),
    answer: personShown,
    run: async (deps, { id }, call) => {
      const person = await changeable(deps, id, call)
      await deps.people.people.setSuspended(id, null, event('person.resumed', person, call, {}))
      return shownPerson(await existing(deps, id))
    },
  }),
  verb({
    id: 'people.delete',
    permission: 'people.write',
    weight: async (deps, input) => ((await existing(deps, input.id)).role === 'owner' ? 'grave' : 'change'),
    summary:
      'Deletes a person: name, e-mail address and groups are cleared, keys revoked, links voided, sessions ended. The username stays taken; audit entries, receipts and incidents stay. An owner needs two administrators.',
    input: z.strictObject({ id, version, reason }),
    answer: personShown,
    run: async (deps, { id, version, reason }, call) => {
      const person = await existing(deps, id)
      mayChange(call.by, person)
      notYourself(call.by, person)
      if (person.role === 'owner') ownersByTwo(call.by, await secondOf(deps, call))
      const gone = event('person.deleted', person, call, { reason })
      const removed = person.deletedAt === null && (await deps.people.directory.remove(id, version, call.now, gone))
      if (!removed && person.deletedAt === null) throw await conflict(deps, id)
      // Also when they were deleted before: what was cut short is completed by asking again.
      await deps.people.revoker.revoke('person', id, 'person-deleted')
      return shownPerson(await existing(deps, id))
    },
  }),
] as const

const NOT_CREATED: Readonly<Record<NotCreated, 409 | 422>> = {
  'username-taken': 409,
  'username-was-deleted': 409,
  'external-id-taken': 409,
  'group-unknown': 422,
  'groups-need-two': 409,
}

async function changeable(deps: ConsoleDeps, id: string, { by }: Call): Promise<DirectoryPerson> {
  const person = await existing(deps, id)
  notDeleted(person)
  mayChange(by, person)
  return person
}

const secondOf = async (deps: ConsoleDeps, { by }: Call) =>
  by.second === null ? null : existing(deps, by.second.personId)

async function changed(
  deps: ConsoleDeps,
  person: DirectoryPerson,
  version: number,
  patch: PersonPatch,
  call: Call,
  action: string,
  detail: Readonly<Record<string, unknown>>,
) {
  const outcome = await deps.people.directory.change(person.id, version, patch, event(action, person, call, detail))
  if (outcome === 'external-id-taken') throw new Refusal(409, outcome)
  if (outcome === 'moved') throw await conflict(deps, person.id)
  return shownPerson(await existing(deps, person.id))
}

/** 409 `edited-meanwhile` with the person as they are now. */
async function conflict(deps: ConsoleDeps, id: string): Promise<Refusal> {
  const now = await existing(deps, id)
  notDeleted(now)
  return new Refusal(409, 'edited-meanwhile', `${id} is at version ${now.version}`, { current: shownPerson(now) })
}

function event(action: string, person: DirectoryPerson, { by }: Call, detail: Readonly<Record<string, unknown>>) {
  const second = by.second === null ? {} : { second: by.second.personId }
  return { action, actor: actorOf(by), subject: person.id, detail: { username: person.username, ...detail, ...second } }
}

/** Which fields a patch changes. Not to what: the log outlives the person's data. */
function fieldsOf(person: DirectoryPerson, patch: PersonPatch): readonly string[] {
  return (Object.keys(patch) as (keyof PersonPatch)[]).filter((field) => patch[field] !== person[field])
}

function nameOf(text: string): string {
  const name = displayNameFrom(text)
  if (name === null) throw new Refusal(422, 'display-name-invalid')
  return name
}

function addressOf(text: string | null | undefined): string | null {
  if (text === null || text === undefined || text.trim() === '') return null
  const address = emailFrom(text)
  if (address === null) throw new Refusal(422, 'email-invalid')
  return address
}
