// Serves the verbs: who calls, may they, is their tap young enough, is what they sent well formed; then the verb runs.
import { type Context, Hono } from 'hono'
import type * as z from 'zod'
import { consoleOrigin } from '../config/config.ts'
import { Refusal } from '../errors/failure.ts'
import { readBoundedText } from '../platform/body.ts'
import { isStorable } from '../platform/storable.ts'
import { hashToken, isToken } from '../platform/tokens.ts'
import { browserHash } from '../sessions/browser.ts'
import { signedIn } from '../sessions/id-session.ts'
import type { ConsoleDeps } from './deps.ts'
import { openApi } from './openapi.ts'
import {
  ADMINISTRATOR_ROLES,
  type AdministratorRole,
  holds,
  type Permission,
  TOKEN_PERMISSIONS,
} from './permissions.ts'
import type { Acts, ApiTokenStore } from './port.ts'
import type { Call, Caller, Verb } from './verb.ts'
import { VERBS } from './verbs.ts'

/** How young a tap must be to change something. */
export const FRESH_TAP_SECONDS = 5 * 60
/** Largest body where a verb names no other. */
const BODY_MAX_BYTES = 64 * 1024

export interface ConsoleRouteDeps extends ConsoleDeps {
  readonly tokens: ApiTokenStore
  readonly acts: Acts
}

interface Authenticated {
  readonly by: Caller
  readonly tappedAt: Date | null
  readonly permissions: readonly Permission[] | null
}

/** Mounts `/api/console/*`. Cookies and the JSON guard must run before it; a bearer token needs neither. */
export function consoleRoutes(deps: ConsoleRouteDeps, verbs: readonly Verb[] = VERBS): Hono {
  const app = new Hono()
  for (const verb of verbs) {
    const path = `/api/console/${verb.id.replace('.', '/')}`
    const isRead = verb.weight === 'read'
    app.on(isRead ? 'GET' : 'POST', path, (c) => serve(c, deps, verb))
  }
  app.get('/api/console/openapi.json', async (c) => {
    await authenticated(c, deps)
    return c.json(openApi(verbs, consoleOrigin(deps.config)))
  })
  return app
}

async function serve(c: Context, deps: ConsoleRouteDeps, verb: Verb): Promise<Response> {
  const who = await authenticated(c, deps)
  if (!isAllowed(who, verb)) throw new Refusal(403, 'not-permitted', `${verb.id} needs ${verb.permission}`)
  const now = new Date(deps.clock.now())
  const stillAllowed = () => isStillAllowed(c, deps, verb)
  const call: Call = { by: who.by, now, signal: c.req.raw.signal, stillAllowed }
  const input = await inputOf(c, verb)
  const weight = typeof verb.weight === 'function' ? await verb.weight(deps, input, call) : verb.weight
  const needsTap = weight === 'change' || weight === 'grave'
  if (needsTap && who.tappedAt !== null && isStale(who.tappedAt, now)) throw new Refusal(401, 'fresh-tap-required')
  if (weight === 'grave') {
    const reason = typeof input['reason'] === 'string' ? input['reason'] : ''
    const concerns = (await verb.concerns?.(input, deps)) ?? null
    const signed = verb.signed === undefined ? input : await verb.signed(deps, input, call)
    return c.json(await deps.acts.request(who.by, { verb: verb.id, input: signed, reason, concerns }), 202)
  }
  const result = await verb.run(deps, input, call)
  if (result instanceof Response) return result
  return c.json(verb.answer?.parse(result) as object)
}

function isAllowed({ by, permissions }: Authenticated, { permission }: Verb): boolean {
  return holds(by.role, permission) && (permissions?.includes(permission) ?? true)
}

/** For an answer that goes on: whether who asked for it would get it now. */
async function isStillAllowed(c: Context, deps: ConsoleRouteDeps, verb: Verb): Promise<boolean> {
  try {
    return isAllowed(await authenticated(c, deps, true), verb)
  } catch (error) {
    if (error instanceof Refusal) return false
    throw error
  }
}

function isStale(tappedAt: Date, now: Date): boolean {
  return now.getTime() - tappedAt.getTime() > FRESH_TAP_SECONDS * 1000
}

async function authenticated(c: Context, deps: ConsoleRouteDeps, anew = false): Promise<Authenticated> {
  const header = c.req.header('Authorization')
  if (header !== undefined) {
    const token = /^Bearer +(\S+)$/i.exec(header)?.[1] ?? ''
    const found = isToken('consoleToken', token)
      ? await deps.tokens.findLive(hashToken(token), new Date(deps.clock.now()))
      : null
    if (found === null) throw new Refusal(401, 'invalid-token')
    const { id, personId, username, role } = found
    const permissions = found.permissions.filter((one) => TOKEN_PERMISSIONS.includes(one))
    return {
      by: { personId, username, role, permissions, tokenId: id, browserHash: null, second: null },
      tappedAt: null,
      permissions,
    }
  }
  const session = await signedIn(c, anew)
  const role = ADMINISTRATOR_ROLES.find((one) => one === session.person.role)
  if (role === undefined) throw new Refusal(403, 'administrators-only')
  return {
    by: {
      personId: session.personId,
      username: session.person.username,
      role: role satisfies AdministratorRole,
      permissions: null,
      tokenId: null,
      browserHash: browserHash(c),
      second: null,
    },
    tappedAt: session.authTime,
    permissions: null,
  }
}

async function inputOf(c: Context, verb: Verb): Promise<Readonly<Record<string, unknown>>> {
  const sent = verb.weight === 'read' ? c.req.query() : await bodyOf(c, verb)
  if (!isStorable(sent)) throw new Refusal(400, 'bad-request', 'a text that cannot be kept')
  const parsed = verb.input.safeParse(sent)
  if (parsed.success) return parsed.data
  const fault = faultOf(parsed.error)
  throw new Refusal(400, 'bad-request', `${fault.field}: ${fault.message}`, { errors: [fault] })
}

async function bodyOf(c: Context, verb: Verb): Promise<unknown> {
  const text = await readBoundedText(c.req.raw, verb.maxBodyBytes ?? BODY_MAX_BYTES)
  if (text === null) throw new Refusal(413, 'body-too-large')
  try {
    return JSON.parse(text)
  } catch {
    throw new Refusal(400, 'bad-request', 'the body is not JSON')
  }
}

function faultOf(error: z.ZodError): { readonly field: string; readonly message: string } {
  const [issue] = error.issues
  return { field: issue?.path.map(String).join('.') || '(body)', message: issue?.message ?? 'invalid' }
}
