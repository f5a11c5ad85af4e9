// Signing in: one tap. The page asks what it is for, begins a ceremony, and brings the assertion back.
import { type Context, Hono } from 'hono'
import { z } from 'zod'
import type { Config } from '../config/config.ts'
import { Refusal } from '../errors/failure.ts'
import { problemHandler } from '../errors/problem.ts'
import type { Clock } from '../platform/clock.ts'
import { jsonApi, readJson } from '../platform/json-api.ts'
import { type Locale, localeOf } from '../platform/locale.ts'
import type { Log } from '../platform/log.ts'
import type { Random } from '../platform/random.ts'
import { browserCookie, browserHash, forgetBrowserAtClose } from '../sessions/browser.ts'
import {
  type Bounds,
  clearSessionCookie,
  currentSession,
  type IdSession,
  type IdSessionStore,
  sessionCookie,
  startSession,
} from '../sessions/id-session.ts'
import { TEMPORARY_ACR, TEMPORARY_AMR } from '../sessions/port.ts'
import type { AssertionService } from '../webauthn/assertion.ts'
import type { SignInTransactions, SignOut, WaitingSignIn } from './port.ts'
import { signInLimit } from './rate-limit.ts'

/** Uses a temporary pass's code up; null when it is none that holds. `expectedPersonId`: only a pass of that person. */
export type UsePass = (
  code: string,
  expectedPersonId: string | null,
) => Promise<{ readonly id: string; readonly personId: string; readonly expiresAt: Date } | null>

export interface SigninDeps {
  readonly config: Pick<Config, 'issuer'>
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly idSessions: IdSessionStore
  readonly assertions: AssertionService
  readonly transactions: SignInTransactions
  readonly signOut: SignOut
  readonly usePass: UsePass
  /** The network a request came from, as the entry sees it. */
  readonly networkOf: (c: Context) => string
  /** Notes the language that a person signed in with: notices to them are written in it. */
  readonly speaks?: (personId: string, locale: Locale) => Promise<void>
}

/** How long a person has to find the key. */
export const SIGN_IN_CEREMONY_SECONDS = 300
/** What a ceremony is bound to when no relying party asked for it. */
const NO_TRANSACTION = 'signin'

const transaction = z.string().max(100).optional()
/** On a computer that others use as well. */
const shared = z.boolean().optional()
const contextSchema = z.strictObject({ transaction })
const optionsSchema = z.strictObject({ transaction, username: z.string().min(1).max(255).optional() })
const verifySchema = z.strictObject({
  ceremony: z.string().max(100),
  response: z.record(z.string(), z.unknown()),
  transaction,
  shared,
  // A page of id and nothing else: no host, no backslash, no way up, no second slash in a row. A query may be percent-encoded: it is
  // the page's own matter.
  return_to: z
    .string()
    .max(300)
    .regex(/^\/(?:me|console|approve\/[A-Za-z0-9_-]+)(?:\/[A-Za-z0-9_-]+)*(?:[?#][A-Za-z0-9_=&.,:+%~-]*)?$/)
    .optional(),
})

const passSchema = z.strictObject({ transaction, shared, code: z.string().max(100) })

/** `/api/signin/*` and `/api/signout`. */
export function signinRoutes(deps: SigninDeps): Hono {
  const app = new Hono()
  const limit = signInLimit(deps.clock)
  app.onError(problemHandler(deps.log))
  for (const path of ['/api/signin/*', '/api/signout']) {
    app.use(path, jsonApi(deps.config), browserCookie(deps), sessionCookie(deps))
  }

  const waiting = (c: Context, token: string | undefined): Promise<WaitingSignIn | null> =>
    token === undefined ? Promise.resolve(null) : deps.transactions.waiting(token, browserHash(c))

  app.post('/api/signin/context', async (c) => {
    const body = await readJson(c, contextSchema)
    const asked = await waiting(c, body.transaction)
    const session = await currentSession(c)
    return c.json({
      client_name: asked?.clientName ?? null,
      purpose: asked?.purpose ?? null,
      ...(session && { person: { username: session.person.username, display_name: session.person.displayName } }),
      force_tap: asked?.forceTap ?? false,
      ...(asked?.loginHint && { login_hint: asked.loginHint }),
    })
  })

  app.post('/api/signin/options', async (c) => {
    const body = await readJson(c, optionsSchema)
    limit(deps.networkOf(c), browserHash(c))
    const asked = await waiting(c, body.transaction)
    // Only for a UIA is the person known beforehand; the name typed then changes nothing.
    const personId = asked?.purpose?.kind === 'uia' ? (asked.expectedPersonId ?? undefined) : undefined
    const username = personId === undefined ? body.username?.trim().toLowerCase() : undefined
    return c.json(
      await deps.assertions.begin({
        kind: 'authentication',
        subject: asked?.hash ?? NO_TRANSACTION,
        browserHash: browserHash(c),
        personId,
        username,
        ttlSeconds: SIGN_IN_CEREMONY_SECONDS,
      }),
    )
  })

  app.post('/api/signin/verify', async (c) => {
    const body = await readJson(c, verifySchema)
    limit(deps.networkOf(c), browserHash(c))
    const asked = await waiting(c, body.transaction)
    const tap = await deps.assertions.finish({
      kind: 'authentication',
      ceremony: body.ceremony,
      subject: asked?.hash ?? NO_TRANSACTION,
      browserHash: browserHash(c),
      response: body.response,
      from: { network: deps.networkOf(c), client: (c.req.header('User-Agent') ?? '').slice(0, 200) },
    })
    // Its holder has just proved to be one: they may know why it is refused, and what to do.
    if (!tap.ok && tap.reason === 'key-cut-off') throw new Refusal(403, 'key-cut-off')
    // One reason outside, whatever it was: the log has the precise one.
    if (!tap.ok) throw new Refusal(401, 'tap-refused', tap.reason)
    if (asked?.expectedPersonId && asked.expectedPersonId !== tap.personId) throw new Refusal(403, 'other-person')
    const { personId, credentialId, acr, amr } = tap
    const answered = { personId, credentialId, authTime: new Date(tap.tappedAt), acr, amr }
    const session = await begin(c, deps, answered, { shared: body.shared ?? false })
    deps.log.info('signin.verified', { person: tap.personId, credential: tap.credentialId, acr: tap.acr })
    const redirect =
      body.transaction === undefined
        ? (body.return_to ?? '/me')
        : await deps.transactions.complete(body.transaction, browserHash(c), session)
    return c.json({ redirect })
  })

  app.post('/api/signin/pass', async (c) => {
    const body = await readJson(c, passSchema)
    limit(deps.networkOf(c), browserHash(c))
    // A pass opens no page of id's own: only where a client waits is there anything to use it up for.
    if (body.transaction === undefined) throw new Refusal(422, 'pass-needs-a-client')
    const asked = await waiting(c, body.transaction)
    // What is confirmed for a device in use is a tap's business.
    if (asked?.purpose?.kind === 'uia') throw new Refusal(403, 'key-required')
    const pass = await deps.usePass(body.code, asked?.expectedPersonId ?? null)
    if (pass === null) throw new Refusal(401, 'pass-refused')
    const { id: credentialId, personId, expiresAt } = pass
    const answered = {
      personId,
      credentialId,
      authTime: new Date(deps.clock.now()),
      acr: TEMPORARY_ACR,
      amr: TEMPORARY_AMR,
    }
    const session = await begin(c, deps, answered, { shared: body.shared ?? false, endsAt: expiresAt })
    deps.log.info('signin.pass-used', { person: personId, pass: credentialId })
    return c.json({ redirect: await deps.transactions.complete(body.transaction, browserHash(c), session) })
  })

  app.post('/api/signout', async (c) => {
    await readJson(c, z.strictObject({}))
    const session = await currentSession(c)
    if (session !== null) await deps.signOut(session.hash)
    clearSessionCookie(c, deps.config)
    return c.json({})
  })
  return app
}

/** Starts the browser's one session, in the place of what it held. */
async function begin(
  c: Context,
  deps: SigninDeps,
  answered: Pick<IdSession, 'personId' | 'credentialId' | 'authTime' | 'acr' | 'amr'>,
  bounds: Bounds,
): Promise<IdSession> {
  const before = await currentSession(c)
  const userAgent = (c.req.header('User-Agent') ?? '').slice(0, 200)
  const session = await startSession(c, deps, { ...answered, network: deps.networkOf(c), userAgent }, bounds)
  if (bounds.shared === true) forgetBrowserAtClose(c, deps.config.issuer)
  // The browser holds one session: what it held before would live on where nobody could sign out of it.
  if (before?.personId === session.personId) await deps.idSessions.succeed(before.hash, session.hash, session.createdAt)
  else if (before !== null) await deps.signOut(before.hash)
  await deps.speaks?.(session.personId, localeOf(c.req.raw.headers))
  return session
}
