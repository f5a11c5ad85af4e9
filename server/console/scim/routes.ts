// SCIM 2.0 (RFC 7643, RFC 7644): a directory keeps people and groups here. Mounted at /scim/v2, with a bearer token and no cookie.
import { type Context, Hono, type MiddlewareHandler } from 'hono'
import type { Config } from '../../config/config.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Log } from '../../platform/log.ts'
import type { Random } from '../../platform/random.ts'
import { hashToken, isToken } from '../../platform/tokens.ts'
import { actorOf } from '../actor.ts'
import type { ApiTokenStore } from '../port.ts'
import { faultResponse, ScimFault } from './fault.ts'
import { groupHandlers } from './groups.ts'
import type { By, ScimEnds, ScimStore } from './port.ts'
import { resourceTypes, schemas, serviceProviderConfig } from './schemas.ts'
import { userHandlers } from './users.ts'

export interface ScimDeps {
  readonly config: Pick<Config, 'issuer'> & Partial<Pick<Config, 'proof'>>
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly tokens: ApiTokenStore
  readonly scim: ScimStore
  readonly ends: ScimEnds
}

declare module 'hono' {
  interface ContextVariableMap {
    palierScimBy?: By
  }
}

const PATH = '/scim/v2'

/** Mounts `/scim/v2/*`. */
export function scimRoutes(deps: ScimDeps): Hono {
  const base = `${deps.config.issuer}${PATH}`
  const app = new Hono()
  app.onError((error, c) => failed(deps, error, c))
  app.use(`${PATH}/*`, authenticated(deps))
  const [users, groups] = [userHandlers(deps, base), groupHandlers(deps, base)]
  for (const [path, handlers] of [
    ['Users', users],
    ['Groups', groups],
  ] as const) {
    app.get(`${PATH}/${path}`, handlers.list)
    app.post(`${PATH}/${path}`, handlers.create)
    app.get(`${PATH}/${path}/:id`, handlers.show)
    app.put(`${PATH}/${path}/:id`, handlers.replace)
    app.patch(`${PATH}/${path}/:id`, handlers.patch)
    app.delete(`${PATH}/${path}/:id`, handlers.remove)
    app.post(`${PATH}/${path}/.search`, handlers.list)
  }
  app.get(`${PATH}/ServiceProviderConfig`, (c) => unfiltered(c, () => serviceProviderConfig(base)))
  described(app, 'ResourceTypes', resourceTypes(base))
  described(app, 'Schemas', schemas(base))
  for (const path of ['Users', 'Groups', 'ServiceProviderConfig', 'ResourceTypes', 'Schemas']) {
    app.all(`${PATH}/${path}`, methodRefused)
    app.all(`${PATH}/${path}/:id`, methodRefused)
  }
  app.all(`${PATH}/*`, () => {
    throw new ScimFault(404, null, 'there is nothing at this address')
  })
  return app
}

function methodRefused(): never {
  throw new ScimFault(405, null, 'this is not done at this address')
}

function described(app: Hono, path: string, all: readonly Record<string, unknown>[]): void {
  app.get(`${PATH}/${path}`, (c) =>
    unfiltered(c, () => ({
      schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'],
      totalResults: all.length,
      startIndex: 1,
      itemsPerPage: all.length,
      Resources: all,
    })),
  )
  app.get(`${PATH}/${path}/:id`, (c) =>
    unfiltered(c, () => {
      const wanted = c.req.param('id').toLowerCase()
      const found = all.find(({ id }) => String(id).toLowerCase() === wanted)
      if (!found) throw new ScimFault(404, null, 'there is none of that id')
      return found
    }),
  )
}

// RFC 7644 §4: a filter on these is refused.
function unfiltered(c: Context, answer: () => Record<string, unknown>): Response {
  if (c.req.query('filter') !== undefined) throw new ScimFault(403, null, 'this is not filtered')
  return Response.json(answer(), { headers: { 'Content-Type': 'application/scim+json' } })
}

function authenticated({ tokens, clock }: ScimDeps): MiddlewareHandler {
  return async (c, next) => {
    const token = /^Bearer +(\S+)$/i.exec(c.req.header('Authorization') ?? '')?.[1] ?? ''
    const now = new Date(clock.now())
    const found = isToken('consoleToken', token) ? await tokens.findLive(hashToken(token), now) : null
    if (found === null) throw new ScimFault(401, null, 'wants a bearer token that holds: make one in the console')
    if (!found.permissions.includes('scim.write'))
      throw new ScimFault(403, null, 'this token has not the permission scim.write')
    c.set('palierScimBy', { actor: actorOf({ personId: found.personId, tokenId: found.id }), now })
    return next()
  }
}

function failed({ log }: ScimDeps, error: Error, c: Context): Response {
  const where = { method: c.req.method, path: c.req.routePath }
  if (error instanceof ScimFault) {
    const { status, scimType, message } = error
    log.info('scim.refused', { ...where, status, reason: scimType ?? String(status), detail: message })
    return faultResponse(error)
  }
  log.error('request.failed', { ...where, error: error.message, stack: error.stack })
  return faultResponse(new ScimFault(500, null, 'this failed here; the log says why'))
}
