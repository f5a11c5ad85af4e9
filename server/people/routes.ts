// The enrolment page's API: `/api/enrol/context`, `/options`, `/verify`.
import { type Context, Hono } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import * as z from 'zod'
import { Refusal } from '../errors/failure.ts'
import { jsonApi, readJson } from '../platform/json-api.ts'
import { isToken } from '../platform/tokens.ts'
import { browserCookie, browserHash, cookieName, cookieOptions } from '../sessions/browser.ts'
import { beginEnrolment, type EnrolmentDeps, enrolmentContext, finishEnrolment } from './enrolment.ts'
import { beginProof, PROOF_SECONDS, type ProofDeps, takeProof } from './proof.ts'
import { liveTicket, SECOND_KEY_SECONDS } from './tickets.ts'

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

export interface EnrolmentRouteDeps extends EnrolmentDeps {
  /** The network that a request comes from, as its person is told of it; left out where that is not seen. */
  readonly networkOf?: (c: Context) => string
}

/** Mounted at the root of id. Errors are `Refusal`s, answered by the app's one handler. */
export function enrolmentRoutes(deps: EnrolmentRouteDeps): Hono {
  const { config } = deps
  const cookie = cookieName('palier_enrolment', config.issuer)
  // The link itself, while its person is at the other provider: the answer comes back without it.
  const proving = cookieName('palier_proving', config.issuer)
  const routes = new Hono()
  routes.use('/api/enrol/*', jsonApi(config), browserCookie(deps))

  const presented = (c: Context, body: z.infer<typeof optionsBody>) => ({
    ticket: body.ticket,
    cookie: getCookie(c, cookie),
    browserHash: browserHash(c),
    network: deps.networkOf?.(c),
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
      ...(context.awaitsProof ? { awaits_proof: true } : {}),
    })
  })

  const { proof } = deps
  if (proof !== null) {
    routes.use('/enrol-proof', browserCookie(deps))
    routes.post('/api/enrol/proof', async (c) => {
      const body = await readJson(c, contextBody)
      const address = await beginProof(proof, await liveTicket(deps, presented(c, body)), browserHash(c))
      setCookie(c, proving, body.ticket, cookieOptions(config.issuer, PROOF_SECONDS))
      return c.json({ redirect: address })
    })
    routes.get('/enrol-proof', async (c) => c.redirect(await proved(c, deps, proof, getCookie(c, proving)), 303))
  }

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

/** The page to go back to, with what came of the proof where it came to nothing. */
async function proved(c: Context, deps: EnrolmentDeps, proof: ProofDeps, ticket: string | undefined): Promise<string> {
  c.header('Cache-Control', 'no-store')
  const { issuer } = deps.config
  deleteCookie(c, cookieName('palier_proving', issuer), { path: '/', secure: issuer.startsWith('https:') })
  if (ticket === undefined || !isToken('enrolmentTicket', ticket)) return '/enrol/gone?refused=proof-gone'
  const back = `/enrol/${ticket}`
  try {
    const live = await liveTicket(deps, { ticket, cookie: undefined, browserHash: browserHash(c) })
    const outcome = await takeProof(proof, new URL(c.req.url), live, browserHash(c))
    return outcome === 'proved' ? back : `${back}?refused=${outcome}`
  } catch (error) {
    // The page says itself why its link does not work.
    if (error instanceof Refusal) return back
    throw error
  }
}
