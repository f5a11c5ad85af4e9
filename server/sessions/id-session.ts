// A person's session at id: made by a tap, kept as a hash, twelve hours at most.
import type { Context, MiddlewareHandler } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import type { Config } from '../config/config.ts'
import { Refusal } from '../errors/failure.ts'
import type { Clock } from '../platform/clock.ts'
import type { Random } from '../platform/random.ts'
import { hashToken, isToken, newToken } from '../platform/tokens.ts'
import { cookieName, cookieOptions, goneAtClose } from './browser.ts'
import { TEMPORARY_ACR } from './port.ts'

/** Absolute lifetime of a session at id. */
export const ID_SESSION_SECONDS = 12 * 3600
/** Of one on a computer that others use as well, and of all that it opens. */
export const SHARED_SESSION_SECONDS = 3600

export interface IdSession {
  /** SHA-256 of the cookie's value. */
  readonly hash: string
  readonly personId: string
  /** `key_…`: the key that was tapped. */
  readonly credentialId: string
  /** When it was tapped. */
  readonly authTime: Date
  readonly acr: string
  readonly amr: readonly string[]
  readonly network: string
  readonly userAgent: string
  readonly createdAt: Date
  readonly expiresAt: Date
  /** When all that it opens ends too; null: what it opens has a life of its own. */
  readonly endsAt: Date | null
}

/** A session that holds now, with the person it belongs to. */
export interface LiveIdSession extends IdSession {
  readonly person: {
    readonly id: string
    readonly username: string
    readonly displayName: string
    readonly role: 'person' | 'owner' | 'enroller' | 'supervisor' | 'auditor'
  }
}

export interface IdSessionStore {
  insert(session: IdSession): Promise<void>
  /**
   * The session, or null unless all of this holds at `now`: not ended, not expired, its person not suspended, its
   * credential not revoked. Checked at every use, so that ending any of them ends the session.
   */
  findLive(hash: string, now: Date): Promise<LiveIdSession | null>
  /**
   * Ends a session that a newer one of the same person and browser replaces, and moves its authorizations there: signing
   * out of the newer one ends those too. One transaction.
   */
  succeed(oldHash: string, newHash: string, now: Date): Promise<void>
  /** Ends the session; false when it had ended. One statement. */
  end(hash: string, now: Date): Promise<boolean>
}

declare module 'hono' {
  interface ContextVariableMap {
    palierIdSession?: (anew?: boolean) => Promise<LiveIdSession | null>
  }
}

interface Deps {
  readonly config: Pick<Config, 'issuer'>
  readonly clock: Clock
  readonly idSessions: IdSessionStore
}

/** Makes `currentSession` answer on the routes below. Reads the database only when it is asked. */
export function sessionCookie(deps: Deps): MiddlewareHandler {
  const name = cookieName('palier_session', deps.config.issuer)
  return async (c, next) => {
    let loading: Promise<LiveIdSession | null> | undefined
    c.set('palierIdSession', (anew = false) => {
      if (anew || loading === undefined) loading = load(getCookie(c, name))
      return loading
    })
    await next()
  }

  async function load(cookie: string | undefined): Promise<LiveIdSession | null> {
    if (cookie === undefined || !isToken('idSession', cookie)) return null
    return deps.idSessions.findLive(hashToken(cookie), new Date(deps.clock.now()))
  }
}

/** The session of this request's cookie, or null. `sessionCookie` must have run. `anew`: as it is now, for an answer that goes on. */
export function currentSession(c: Context, anew = false): Promise<LiveIdSession | null> {
  const load = c.get('palierIdSession')
  if (load === undefined) throw new Error('sessionCookie is not mounted on this route')
  return load(anew)
}

/**
 * The session of this request's cookie. Throws `Refusal` 401 `signin-required` when there is none, and 403 `key-required` for one
 * that a temporary pass opened: a pass signs in to clients, and opens nothing of id's own.
 */
export async function signedIn(c: Context, anew = false): Promise<LiveIdSession> {
  const session = await currentSession(c, anew)
  if (session === null) throw new Refusal(401, 'signin-required')
  if (session.acr === TEMPORARY_ACR) throw new Refusal(403, 'key-required')
  return session
}

/** How long a session is for, where it is less than usual. */
export interface Bounds {
  /** On a computer that others use as well: an hour at most, and the cookie goes when the browser closes. */
  readonly shared?: boolean
  /** When it ends at the latest, and all that it opens with it. */
  readonly endsAt?: Date
}

/** Starts a session from a tap or a pass: inserts the row and sets the cookie. */
export async function startSession(
  c: Context,
  deps: Deps & { readonly random: Random },
  tap: Omit<IdSession, 'hash' | 'createdAt' | 'expiresAt' | 'endsAt'>,
  { shared = false, endsAt: until }: Bounds = {},
): Promise<IdSession> {
  const { issuer } = deps.config
  const value = newToken('idSession', deps.random)
  const now = deps.clock.now()
  const ends = [shared ? now + SHARED_SESSION_SECONDS * 1000 : null, until?.getTime() ?? null].filter(
    (at) => at !== null,
  )
  const endsAt = ends.length === 0 ? null : new Date(Math.min(...ends))
  const session: IdSession = {
    ...tap,
    hash: hashToken(value),
    createdAt: new Date(now),
    expiresAt: new Date(Math.min(now + ID_SESSION_SECONDS * 1000, endsAt?.getTime() ?? Number.POSITIVE_INFINITY)),
    endsAt,
  }
  await deps.idSessions.insert(session)
  const options = cookieOptions(issuer, Math.max(1, Math.floor((session.expiresAt.getTime() - now) / 1000)))
  setCookie(c, cookieName('palier_session', issuer), value, shared ? goneAtClose(options) : options)
  return session
}

/** Takes the session cookie back from the browser. */
export function clearSessionCookie(c: Context, config: Pick<Config, 'issuer'>): void {
  deleteCookie(c, cookieName('palier_session', config.issuer), {
    path: '/',
    secure: config.issuer.startsWith('https:'),
  })
}
