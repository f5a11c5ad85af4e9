// The enrolment page's API: `/api/enrol/context`, `/options`, `/verify`.
import { type Context, Hono } from 'hono'
import { getCookie, setCookie } from 'hono/cookie'
import * as z from 'zod'
import { jsonApi, readJson } from '../platform/json-api.ts'
import { browserCookie, browserHash, cookieName, cookieOptions } from '../sessions/browser.ts'
import { beginEnrolment, type EnrolmentDeps, enrolmentContext, finishEnrolment } from './enrolment.ts'
import { SECOND_KEY_SECONDS } from './tickets.ts'

const ticket = z.string().max(200)
const person = { username: z.string().max(200).optional(), display_name: z.string().max(400).optional() }

const contextBody = z.object({ ticket })
const optionsBody = z.object({ ticket, ...person })
const verifyBody = z.object({
  ticket,
  ceremony: z.string().max(200),
  response: z.unknown(),
  name: z.string().max(400),
  ...person,
})

/** Mounted at the root of id. Errors are `Refusal`s, answered by the app's one handler. */
export function enrolmentRoutes(deps: EnrolmentDeps): Hono {
  const { config } = deps
  const cookie = cookieName('palier_enrolment', config.issuer)
  const routes = new Hono()
  routes.use('/api/enrol/*', jsonApi(config), browserCookie(deps))

  const presented = (c: Context, body: z.infer<typeof optionsBody>) => ({
    ticket: body.ticket,
    cookie: getCookie(c, cookie),
    browserHash: browserHash(c),
    username: body.username,
    displayName: body.display_name,
  })

  routes.post('/api/enrol/context', async (c) => {
    const context = await enrolmentContext(deps, presented(c, await readJson(c, contextBody)))
    return c.json({
      kind: context.kind,
      ...(context.person === null
        ? {}
        : { person: { username: context.person.username, display_name: context.person.displayName } }),
      policy: context.policy,
      platform_allowed: context.platformAllowed,
      min_keys: context.minKeys,
      keys: context.keys,
      uses_left: context.usesLeft,
      expires_at: context.expiresAt.toISOString(),
    })
  })

  routes.post('/api/enrol/options', async (c) =>
    c.json(await beginEnrolment(deps, presented(c, await readJson(c, optionsBody)))),
  )

  routes.post('/api/enrol/verify', async (c) => {
    const body = await readJson(c, verifyBody)
    const { ceremony, response, name } = body
    const enrolled = await finishEnrolment(deps, { ...presented(c, body), ceremony, response, name })
    if (enrolled.cookie !== null)
      setCookie(c, cookie, enrolled.cookie, cookieOptions(config.issuer, SECOND_KEY_SECONDS))
    return c.json({ credential: enrolled.credential, keys: enrolled.keys })
  })

  return routes
}
