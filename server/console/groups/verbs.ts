// Groups of people: what limits and key policies name.
import * as z from 'zod'
import { Refusal } from '../../errors/failure.ts'
import type { ListedGroup } from '../../people/directory.ts'
import { groupNameFrom } from '../../people/groups.ts'
import { newToken } from '../../platform/tokens.ts'
import { actorOf } from '../actor.ts'
import type { ConsoleDeps } from '../deps.ts'
import { givesRoles } from '../people/rules.ts'
import { type Caller, verb } from '../verb.ts'

const id = z.string().max(64)
const people = z.array(z.string().max(64)).min(1).max(200)
const page = {
  q: z.string().max(200).optional(),
  after: z.string().max(100).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
}

const shown = z.object({
  id: z.string(),
  name: z.string(),
  external_id: z.string().nullable(),
  members: z.number(),
  created_at: z.string(),
  version: z.number(),
})

export const groupVerbs = [
  verb({
    id: 'groups.list',
    permission: 'people.read',
    weight: 'read',
    summary: 'Lists groups by name, with how many members each has.',
    input: z.strictObject(page),
    answer: z.object({ items: z.array(shown), next: z.string().nullable() }),
    run: async (deps, { q, after, limit }) => {
      const found = await deps.people.groups.list({ q, after, limit: limit + 1 })
      const items = found.slice(0, limit).map(shownGroup)
      return { items, next: found.length > limit ? (items.at(-1)?.name ?? null) : null }
    },
  }),
  verb({
    id: 'groups.show',
    permission: 'people.read',
    weight: 'read',
    summary: 'Shows one group.',
    input: z.strictObject({ id }),
    answer: shown,
    run: async (deps, input) => shownGroup(await existing(deps, input.id)),
  }),
  verb({
    id: 'groups.members',
    permission: 'people.read',
    weight: 'read',
    summary: 'Lists the members of a group by username.',
    input: z.strictObject({ id, ...page }),
    answer: z.object({
      items: z.array(
        z.object({
          id: z.string(),
          username: z.string(),
          display_name: z.string(),
          suspended_at: z.string().nullable(),
          added_at: z.string(),
        }),
      ),
      next: z.string().nullable(),
    }),
    run: async (deps, { id, q, after, limit }) => {
      const found = await deps.people.groups.members(id, { q, after, limit: limit + 1 })
      const items = found.slice(0, limit).map((member) => ({
        id: member.id,
        username: member.username,
        display_name: member.displayName,
        suspended_at: member.suspendedAt?.toISOString() ?? null,
        added_at: member.addedAt.toISOString(),
      }))
      return { items, next: found.length > limit ? (items.at(-1)?.username ?? null) : null }
    },
  }),
  verb({
    id: 'groups.create',
    permission: 'people.write',
    weight: 'change',
    summary: 'Makes a group.',
    input: z.strictObject({ name: z.string().max(200), external_id: z.string().trim().max(200).nullable().optional() }),
    answer: shown,
    run: async (deps, input, { by, now }) => {
      const displayName = nameOf(input.name)
      const group = {
        id: newToken('group', deps.random),
        displayName,
        externalId: input.external_id || null,
        createdAt: now,
      }
      const detail = { name: displayName, externalId: group.externalId }
      const event = { action: 'group.created', actor: actorOf(by), subject: group.id, detail }
      if (!(await deps.people.groups.changes.create(group, event))) throw new Refusal(409, 'group-name-taken')
      return shownGroup({ ...group, members: 0, version: 1 })
    },
  }),
  verb({
    id: 'groups.rename',
    permission: 'people.write',
    weight: 'change',
    summary: 'Gives a group, as it was at a version, another name. Rules that name it go on to.',
    input: z.strictObject({ id, version: z.int().min(1), name: z.string().max(200) }),
    answer: shown,
    run: async (deps, { id, version, name }, { by }) => {
      const group = await existing(deps, id)
      const displayName = nameOf(name)
      const detail = { from: group.displayName, name: displayName }
      const event = { action: 'group.renamed', actor: actorOf(by), subject: id, detail }
      const outcome = await deps.people.groups.rename(id, version, displayName, event)
      if (outcome === 'name-taken') throw new Refusal(409, 'group-name-taken')
      const now = await existing(deps, id)
      if (outcome === 'moved')
        throw new Refusal(409, 'edited-meanwhile', `${id} is at version ${now.version}`, { current: shownGroup(now) })
      return shownGroup(now)
    },
  }),
  verb({
    id: 'groups.delete',
    permission: 'people.write',
    weight: 'change',
    summary:
      'Takes a group away, its members stay. Refused while the policy in force names it, or it has a rule for keys.',
    input: z.strictObject({ id }),
    answer: z.object({ id: z.string() }),
    run: async (deps, { id }, { by }) => {
      const group = await existing(deps, id)
      const detail = { name: group.displayName, members: group.members }
      const event = { action: 'group.removed', actor: actorOf(by), subject: id, detail }
      const outcome = await deps.people.groups.changes.remove(id, event)
      if (outcome === 'in-policy') throw new Refusal(409, 'group-in-policy', group.displayName)
      return { id }
    },
  }),
  verb({
    id: 'groups.add-members',
    permission: 'people.write',
    weight: 'change',
    summary: 'Puts up to 200 people into a group; those who are in it already stay as they are.',
    input: z.strictObject({ id, people }),
    answer: z.object({ added: z.number() }),
    run: async (deps, { id, people }, { by, now }) => {
      const { displayName: name } = await existing(deps, id)
      await mayMove(deps, by, people)
      const added = await deps.people.groups.addMembers(id, people, now, (person) => ({
        action: 'group.member-added',
        actor: actorOf(by),
        subject: id,
        detail: { person, name },
      }))
      if (added === null) throw new Refusal(404, 'group-unknown')
      return { added }
    },
  }),
  verb({
    id: 'groups.remove-members',
    permission: 'people.write',
    weight: 'change',
    summary: 'Takes up to 200 people out of a group.',
    input: z.strictObject({ id, people }),
    answer: z.object({ removed: z.number() }),
    run: async (deps, { id, people }, { by }) => {
      const { displayName: name } = await existing(deps, id)
      await mayMove(deps, by, people)
      const removed = await deps.people.groups.removeMembers(id, people, (person) => ({
        action: 'group.member-removed',
        actor: actorOf(by),
        subject: id,
        detail: { person, name },
      }))
      return { removed }
    },
  }),
] as const

async function existing(deps: ConsoleDeps, id: string): Promise<ListedGroup> {
  const group = await deps.people.groups.find(id)
  if (group === null) throw new Refusal(404, 'group-unknown')
  return group
}

/** Refuses 403 `administrators-by-owners`: a group decides limits, and no enroller gives themselves wider ones. */
async function mayMove(
  deps: ConsoleDeps,
  by: Pick<Caller, 'role' | 'permissions'>,
  people: readonly string[],
): Promise<void> {
  if (givesRoles(by)) return
  const username = await deps.people.directory.administratorAmong(people)
  if (username !== null) throw new Refusal(403, 'administrators-by-owners', `${username} has a role`)
}

function nameOf(text: string): string {
  const name = groupNameFrom(text)
  if (name === null) throw new Refusal(422, 'group-name-invalid')
  return name
}

function shownGroup(group: ListedGroup): z.input<typeof shown> {
  return {
    id: group.id,
    name: group.displayName,
    external_id: group.externalId,
    members: group.members,
    created_at: group.createdAt.toISOString(),
    version: group.version,
  }
}
