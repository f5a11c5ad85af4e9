// /scim/v2/Users: what is asked of people.

import type { Context } from 'hono'
import { newToken } from '../../platform/tokens.ts'
import { USER_ATTRIBUTES } from './attributes.ts'
import { ScimFault } from './fault.ts'
import { operationsFrom } from './patch.ts'
import type { ScimUser, UserDraft } from './port.ts'
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
import { patched, replaced, userFrom, userResource } from './user.ts'

/** The handlers. `base` is `…/scim/v2`. */
export function userHandlers(
  deps: Pick<ScimDeps, 'config' | 'scim' | 'ends' | 'random' | 'log'>,
  base: string,
): Handlers {
  const { scim, ends, random, log } = deps
  const provesByExternalId = deps.config.proof?.claim === 'sub'

  async function answer(c: Context, user: ScimUser): Promise<Response> {
    const shown = shownOf(pageless(c))
    const groups = shown.shows('groups') ? await scim.groupsOf([user.id]) : new Map()
    const resource = shown.of(userResource(base, user, groups.get(user.id) ?? []))
    return resourceResponse(200, resource, `${base}/Users/${user.id}`, user.version)
  }

  async function change(c: Context, decide: (now: ScimUser) => UserDraft): Promise<Response> {
    const by = byOf(c)
    const outcome = await scim.changeUser(
      idOf(c),
      versionsOf(c),
      (now) => allowed(now, decide(now), provesByExternalId),
      by,
    )
    if (outcome.kind !== 'changed' && outcome.kind !== 'same') throw changeFault(outcome)
    // Also when it was so already: a suspension that was cut short before its sessions ended is completed by asking again.
    if (!outcome.after.active) await ends.suspended(outcome.after.id)
    if (outcome.kind === 'changed')
      log.info('scim.user_changed', { person: outcome.after.id, active: outcome.after.active })
    return answer(c, outcome.after)
  }

  return {
    list: async (c) => {
      const asked = await askedOf(c)
      const query = queryOf(asked, USER_ATTRIBUTES)
      const shown = shownOf(asked)
      const { total, items } = await scim.users(query)
      const groups = shown.shows('groups') ? await scim.groupsOf(items.map(({ id }) => id)) : new Map()
      const resources = items.map((user) => shown.of(userResource(base, user, groups.get(user.id) ?? [])))
      return listResponse(total, query.startIndex, resources)
    },

    create: async (c) => {
      const { userName, ...said } = userFrom(await bodyOf(c))
      const { actor, now } = byOf(c)
      const user = {
        ...said,
        id: newToken('person', random),
        userName,
        displayName: said.displayName ?? userName,
        active: said.active ?? true,
        createdAt: now,
      }
      const detail = { username: userName, role: 'person', active: user.active, externalId: user.externalId }
      const made = await scim.createUser(user, { action: 'person.created', actor, subject: user.id, detail })
      if (typeof made === 'string') throw changeFault({ kind: made })
      // Whoever is new is in no group.
      const resource = shownOf(pageless(c)).of(userResource(base, made, []))
      return resourceResponse(201, resource, `${base}/Users/${made.id}`, made.version)
    },

    show: async (c) => {
      const user = await scim.user(idOf(c))
      if (user === null) throw notFound()
      if (hasVersion(c, user.version)) return notModified(user.version)
      return answer(c, user)
    },

    replace: async (c) => {
      const body = userFrom(await bodyOf(c))
      return change(c, (now) => replaced(now, body))
    },

    patch: async (c) => {
      const operations = operationsFrom(await bodyOf(c))
      return change(c, (now) => patched(now, operations))
    },

    remove: async (c) => {
      const outcome = await ends.deleted(idOf(c), versionsOf(c), byOf(c))
      if (outcome !== 'deleted') throw changeFault({ kind: outcome })
      return new Response(null, { status: 204 })
    },
  }
}

// Whoever could change where an administrator's enrolment links go could become one; whoever could suspend all of them but one would
// be watched by nobody.
function allowed(now: ScimUser, draft: UserDraft, provesByExternalId: boolean): UserDraft {
  // Another provider's answer may be compared with the external id. Where it is not, a directory gives the first one: it has to know its people.
  const isOther = draft.externalId !== now.externalId && (now.externalId !== null || provesByExternalId)
  const reaches = draft.email !== now.email || draft.active !== now.active || isOther
  if (now.isAdministrator && reaches) throw changeFault({ kind: 'administrator' })
  return draft
}

/** The id in the path; one that no row can have is none. Throws `ScimFault` 404. */
export function idOf(c: Context): string {
  const id = c.req.param('id') ?? ''
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(id)) throw new ScimFault(404, null, 'there is none of that id')
  return id
}

/** The client has it already. */
export function notModified(version: number): Response {
  return new Response(null, { status: 304, headers: { ETag: `W/"${version}"` } })
}
