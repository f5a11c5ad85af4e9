// Finding people: the list, one person, and the list as a file.
import * as z from 'zod'
import { Refusal } from '../../errors/failure.ts'
import { type DirectoryPerson, KEY_COUNTS, PERSON_STATES } from '../../people/directory.ts'
import { actorOf } from '../actor.ts'
import type { ConsoleDeps } from '../deps.ts'
import { verb } from '../verb.ts'
import { peopleCsv } from './export.ts'
import { groupNamed, personShown, ROLES, shownGroup, shownPerson } from './shown.ts'

/** How far a list's total is counted: a thousand and "more" say the same to who reads it. */
const TOTAL_AT_MOST = 1001

const filters = {
  q: z.string().max(200).optional(),
  role: z.enum([...ROLES, 'administrator']).optional(),
  group: z.string().max(64).optional(),
  keys: z.enum(KEY_COUNTS).optional(),
  state: z.enum(PERSON_STATES).optional(),
}

export const peopleListVerbs = [
  verb({
    id: 'people.list',
    permission: 'people.read',
    weight: 'read',
    summary:
      'Lists people by username: those who match a search, hold a role, are in a group, have so many keys, stand so.',
    input: z.strictObject({
      ...filters,
      after: z.string().max(64).optional(),
      limit: z.coerce.number().int().min(1).max(200).default(50),
    }),
    answer: z.object({
      items: z.array(z.object({ ...personShown.shape, keys: z.number() })),
      next: z.string().nullable(),
      /** On the first page: how many match, counted up to 1,001. */
      total: z.number().nullable(),
    }),
    run: async (deps, { after, limit, ...filter }) => {
      const { directory } = deps.people
      const found = await directory.list({ ...filter, after, limit: limit + 1 })
      const isAll = found.length <= limit
      const total = after !== undefined ? null : isAll ? found.length : await directory.count(filter, TOTAL_AT_MOST)
      const items = found.slice(0, limit).map((person) => ({ ...shownPerson(person), keys: person.keys }))
      return { items, next: found.length > limit ? (items.at(-1)?.username ?? null) : null, total }
    },
  }),
  verb({
    id: 'people.show',
    permission: 'people.read',
    weight: 'read',
    summary: 'Shows one person, with their groups.',
    input: z.strictObject({ id: z.string().max(64) }),
    answer: z.object({ ...personShown.shape, groups: z.array(groupNamed) }),
    run: async (deps, { id }) => {
      const person = await existing(deps, id)
      return { ...shownPerson(person), groups: (await deps.people.directory.groupsOf(id)).map(shownGroup) }
    },
  }),
  verb({
    id: 'people.export',
    permission: 'people.read',
    weight: 'read',
    summary: 'The people who match, as a CSV file that an import takes back. Written to the audit log.',
    input: z.strictObject(filters),
    answer: null,
    run: async (deps, filter, { by }) => {
      const asked = Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined))
      await deps.people.audit.append({
        action: 'people.exported',
        actor: actorOf(by),
        subject: 'people',
        detail: asked,
      })
      return new Response(peopleCsv(deps.people.directory, filter), {
        headers: {
          'Content-Type': 'text/csv; charset=utf-8',
          'Content-Disposition': 'attachment; filename="palier-people.csv"',
          'Cache-Control': 'no-store',
        },
      })
    },
  }),
] as const

/** The person of that id. Refuses 404 `person-unknown`. */
export async function existing(deps: Pick<ConsoleDeps, 'people'>, id: string): Promise<DirectoryPerson> {
  const person = await deps.people.directory.find(id)
  if (person === null) throw new Refusal(404, 'person-unknown')
  return person
}
