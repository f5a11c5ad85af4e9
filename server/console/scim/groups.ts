// /scim/v2/Groups: what is asked of groups.
import type { Context } from 'hono'
import { newToken } from '../../platform/tokens.ts'
import { GROUP_ATTRIBUTES } from './attributes.ts'
import { ScimFault } from './fault.ts'
import { groupFrom, groupResource, patchedGroup, replacedGroup } from './group.ts'
import { operationsFrom } from './patch.ts'
import type { GroupChange, ScimGroup } from './port.ts'
import {
  askedOf,
  bodyOf,
  byOf,
  changeFault,
  type Handlers,
  hasVersion,
  listResponse,
  notFound,
  pageless,
  queryOf,
  resourceResponse,
  shownOf,
  versionsOf,
} from './request.ts'
import type { ScimDeps } from './routes.ts'
import { idOf, notModified } from './users.ts'

/** Longest page where each group comes with its members. */
const PAGE_WITH_MEMBERS = 20

/** The handlers. `base` is `…/scim/v2`. */
export function groupHandlers({ scim, random }: Pick<ScimDeps, 'scim' | 'random'>, base: string): Handlers {
  async function answer(c: Context, status: 200 | 201, group: ScimGroup): Promise<Response> {
    const shown = shownOf(pageless(c))
    const members = shown.shows('members') ? await scim.membersOf([group.id]) : new Map()
    const resource = shown.of(groupResource(base, group, members.get(group.id) ?? []))
    return resourceResponse(status, resource, `${base}/Groups/${group.id}`, group.version)
  }

  async function change(c: Context, decide: (now: ScimGroup) => GroupChange): Promise<Response> {
    const outcome = await scim.changeGroup(idOf(c), versionsOf(c), decide, byOf(c))
    if (outcome.kind !== 'changed' && outcome.kind !== 'same') throw changeFault(outcome)
    return answer(c, 200, outcome.after)
  }

  return {
    list: async (c) => {
      const asked = await askedOf(c)
      const shown = shownOf(asked)
      const withMembers = shown.shows('members')
      const query = queryOf(asked, GROUP_ATTRIBUTES, withMembers ? PAGE_WITH_MEMBERS : undefined)
      const { total, items } = await scim.groups(query)
      const members = withMembers ? await scim.membersOf(items.map(({ id }) => id)) : new Map()
      const resources = items.map((group) => shown.of(groupResource(base, group, members.get(group.id) ?? [])))
      return listResponse(total, query.startIndex, resources)
    },

    create: async (c) => {
      const body = groupFrom(await bodyOf(c))
      const by = byOf(c)
      const id = newToken('group', random)
      const made = await scim.createGroup({ ...body, id, createdAt: by.now }, by)
      if (made.kind !== 'created') throw changeFault(made)
      const created = await scim.group(id)
      if (created === null) throw notFound()
      return answer(c, 201, created)
    },

    show: async (c) => {
      const group = await scim.group(idOf(c))
      if (group === null) throw notFound()
      if (hasVersion(c, group.version)) return notModified(group.version)
      return answer(c, 200, group)
    },

    replace: async (c) => {
      const body = groupFrom(await bodyOf(c))
      return change(c, () => replacedGroup(body))
    },

    patch: async (c) => {
      const operations = operationsFrom(await bodyOf(c))
      return change(c, (now) => patchedGroup(now, operations))
    },

    remove: async (c) => {
      const outcome = await scim.removeGroup(idOf(c), versionsOf(c), byOf(c))
      if (outcome === 'in-policy')
        throw new ScimFault(409, null, 'the policy in force names this group: apply one without it first')
      if (outcome !== 'removed') throw changeFault({ kind: outcome })
      return new Response(null, { status: 204 })
    },
  }
}
