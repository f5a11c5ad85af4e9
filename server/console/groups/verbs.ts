// Groups of people: what limits and key policies name.
import * as z from 'zod'
import { Refusal } from '../../errors/failure.ts'
import type { ListedGroup } from '../../people/directory.ts'
import { groupNameFrom } from '../../people/groups.ts'
import { newToken } from '../../platform/tokens.ts'
import { actorOf, isAct, secondOf } from '../actor.ts'
import type { ConsoleDeps } from '../deps.ts'
import { givesRoles } from '../people/rules.ts'
import { type Call, type Caller, verb } from '../verb.ts'
import { agreedOn, effectShown, weighed } from './loosening.ts'

const id = z.string().max(64)
const people = z.array(z.string().max(64)).min(1).max(200)
const move = z.strictObject({
  id,
  people,
  /** Of what loosens: why. */
  reason: z.string().trim().min(1).max(500).optional(),
  /** Of an act: what it loosens, for whom, from what to what. It is done only while it loosens nothing else. */
  loosens: z.array(effectShown).max(200).optional(),
})
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
    weight: (deps, input, call) => weightOf(deps, input, 'add', call),
    signed: (deps, input, call) => signed(deps, input, 'add', call),
    concerns: onlyOne,
    summary:
      'Puts up to 200 people into a group; those who are in it already stay as they are. Where somebody may read more by it, or enrol keys that were refused, it needs two administrators.',
    input: move,
    answer: z.object({ added: z.number() }),
    run: async (deps, input, call) => {
      const { id, people } = input
      const { displayName: name } = await existing(deps, id)
      await mayMove(deps, call.by, people)
      const event = moveEvent('group.member-added', name, input, call)
      const added = await deps.people.groups.addMembers(id, people, call.now, event, agreedOn(input, call))
      if (added === null) throw new Refusal(404, 'group-unknown')
      return { added }
    },
  }),
  verb({
    id: 'groups.remove-members',
    permission: 'people.write',
    weight: (deps, input, call) => weightOf(deps, input, 'remove', call),
    signed: (deps, input, call) => signed(deps, input, 'remove', call),
    concerns: onlyOne,
    summary:
      'Takes up to 200 people out of a group. Where somebody may read more by it, or enrol keys that were refused, it needs two administrators.',
    input: move,
    answer: z.object({ removed: z.number() }),
    run: async (deps, input, call) => {
      const { id, people } = input
      const { displayName: name } = await existing(deps, id)
      await mayMove(deps, call.by, people)
      const event = moveEvent('group.member-removed', name, input, call)
      const removed = await deps.people.groups.removeMembers(id, people, call.now, event, agreedOn(input, call))
      return { removed }
    },
  }),
] as const

type Asked = z.output<typeof move>

/** Of a move that loosens: whoever it is about does not sign it. */
function onlyOne({ people: [one, ...others] }: Asked): string | null {
  return one === undefined || others.length > 0 ? null : one
}

async function weightOf(deps: ConsoleDeps, asked: Asked, way: 'add' | 'remove', { by, now }: Call) {
  await existing(deps, asked.id)
  // What would be refused anyhow is not asked of two.
  await mayMove(deps, by, asked.people)
  const weight = weighed(asked, await deps.people.groups.loosens(asked.id, asked.people, way, now))
  if (weight === 'change' || onlyOne(asked) !== null) return weight
  // An act concerns one person at most: whoever could sign is moved by an act of their own.
  const username = await deps.people.directory.administratorAmong(asked.people)
  if (username !== null) throw new Refusal(409, 'administrators-one-by-one', username)
  return weight
}

async function signed(deps: ConsoleDeps, asked: Asked, way: 'add' | 'remove', { now }: Call): Promise<Asked> {
  const loosens = await deps.people.groups.loosens(asked.id, asked.people, way, now)
  return {
    ...asked,
    loosens: loosens.map(({ people, changes }) => ({
      people: [...people],
      changes: changes.map((one) => ({ ...one })),
    })),
  }
}

function moveEvent(action: string, name: string, { id: subject, reason }: Asked, { by }: Call) {
  const act = isAct(by) ? { reason: reason ?? null, second: secondOf(by) } : {}
  return (person: string) => ({ action, actor: actorOf(by), subject, detail: { person, name, ...act } })
}

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
