// Enrolment tickets: who may add a key with a link, or with the cookie that a first registration left.
import type { Transaction } from '../../db/client.ts'
import { type Config, consoleOrigin } from '../config/config.ts'
import { Refusal } from '../errors/failure.ts'
import type { Clock } from '../platform/clock.ts'
import { hmacSha256 } from '../platform/crypto.ts'
import { base64Url } from '../platform/encoding.ts'
import type { Random } from '../platform/random.ts'
import type { Sealer } from '../platform/seal.ts'
import { hashToken, isToken, newToken } from '../platform/tokens.ts'
import type { EnrolmentStore, EnrolmentTicket, People, Person } from './port.ts'

export const TICKET_SECONDS = 24 * 3600
/** How long a link lives that a person made for themselves: it stands for the tap of a moment ago, and whoever has it adds a key. */
export const SELF_TICKET_SECONDS = 15 * 60
/** How long the administrator's own browser may add a key for the person beside them. */
export const DESK_SECONDS = 10 * 60
/** How long the browser that enrolled a first key may add a second one. */
export const SECOND_KEY_SECONDS = 30 * 60

export interface TicketDeps {
  readonly config: Pick<Config, 'issuer'> & Partial<Pick<Config, 'consoleUrl'>>
  readonly clock: Clock
  readonly random: Random
  readonly enrolment: EnrolmentStore
}

export interface IssuedTicket {
  readonly token: string
  /** Names the ticket, and opens nothing. */
  readonly hash: string
  /** The link to hand over: shown once, kept nowhere. */
  readonly url: string
  readonly expiresAt: Date
}

const LIFETIMES = { enrol: TICKET_SECONDS, self: SELF_TICKET_SECONDS, desk: DESK_SECONDS } as const

/** Issues a link for a person who exists. `createdBy` is a person's id or `cli`. Throws `Refusal` 409 `too-many-links`. */
export async function issueTicket(
  deps: TicketDeps,
  input: Pick<EnrolmentTicket, 'createdBy'> &
    Partial<Pick<EnrolmentTicket, 'browserHash' | 'policy' | 'usesLeft'>> & {
      kind: 'enrol' | 'self' | 'desk'
      personId: string
      ttlSeconds?: number
      /** How it is handed over, for the audit log. */
      by?: string
      /** Done in the transaction that keeps it. */
      within?: (tx: Transaction, issued: IssuedTicket) => Promise<void>
    },
): Promise<IssuedTicket> {
  const ttlSeconds = LIFETIMES[input.kind]
  const { token, ticket } = newTicket(deps, { ttlSeconds, ...input })
  const detail = {
    kind: ticket.kind,
    expires_at: ticket.expiresAt.toISOString(),
    ...(ticket.usesLeft === 1 ? {} : { uses: ticket.usesLeft }),
    ...(ticket.policy === null ? {} : { policy: ticket.policy }),
    ...(input.by === undefined ? {} : { by: input.by }),
  }
  const issued = {
    token,
    hash: ticket.hash,
    // At the desk the ticket is the administrator's own browser's, which knows the console's address.
    url: `${input.kind === 'desk' ? consoleOrigin(deps.config) : deps.config.issuer}/enrol/${token}`,
    expiresAt: ticket.expiresAt,
  }
  const event = { action: 'enrolment.issued', actor: input.createdBy, subject: input.personId, detail }
  if (!(await deps.enrolment.issue(ticket, event, (tx) => input.within?.(tx, issued) ?? Promise.resolve())))
    throw new Refusal(409, 'too-many-links')
  return issued
}

/**
 * The link with which the first administrator enrols, or null once any key was ever enrolled. Each call voids the links before it, so that
 * of several starts only the last one's link works.
 */
export async function ensureSetupLink(deps: TicketDeps): Promise<string | null> {
  if (await deps.enrolment.anyoneEnrolled()) return null
  const { token, ticket } = newTicket(deps, {
    kind: 'setup',
    personId: null,
    createdBy: 'start',
    ttlSeconds: TICKET_SECONDS,
  })
  const event = { action: 'enrolment.issued', actor: 'system', subject: 'setup', detail: { kind: 'setup' } }
  return (await deps.enrolment.issueSetup(ticket, event)) ? `${deps.config.issuer}/enrol/${token}` : null
}

/** A ticket and its secret, not yet stored. */
export function newTicket(
  deps: Pick<TicketDeps, 'clock' | 'random'>,
  input: Pick<EnrolmentTicket, 'kind' | 'personId' | 'createdBy'> &
    Partial<Pick<EnrolmentTicket, 'browserHash' | 'policy' | 'usesLeft'>> & { ttlSeconds: number },
): { token: string; ticket: EnrolmentTicket } {
  const { ttlSeconds, kind, personId, createdBy, browserHash = null, policy = null, usesLeft = 1 } = input
  const now = deps.clock.now()
  const token = newToken('enrolmentTicket', deps.random)
  const expiresAt = new Date(now + ttlSeconds * 1000)
  return {
    token,
    ticket: {
      hash: hashToken(token),
      kind,
      personId,
      createdBy,
      browserHash,
      policy,
      usesLeft,
      createdAt: new Date(now),
      expiresAt,
      redeemedAt: null,
    },
  }
}

/** A ticket that may be used now, and for whom. */
export interface LiveTicket {
  readonly ticket: EnrolmentTicket
  /** Null for set-up. */
  readonly person: Person | null
}

/**
 * The ticket to go by: the link's own while it is unredeemed, else the one in the cookie when it was left by this very link.
 * Throws Refusal 404 `ticket-unknown`, 410 `ticket-used`, `ticket-expired` or `setup-closed`, 403 `person-suspended`, and 403
 * `other-browser` for one that is of another browser: an administrator's own, at the desk.
 */
export async function liveTicket(
  deps: Pick<TicketDeps, 'clock' | 'enrolment'> & { readonly people: People },
  { ticket: token, cookie, browserHash }: { ticket: string; cookie: string | undefined; browserHash: string },
): Promise<LiveTicket> {
  const presented = isToken('enrolmentTicket', token) ? await deps.enrolment.ticket(hashToken(token)) : null
  if (presented === null) throw new Refusal(404, 'ticket-unknown')
  const now = deps.clock.now()
  const ticket = presented.redeemedAt === null ? presented : await secondTicket(deps, presented, cookie, now)
  if (ticket === null) throw new Refusal(410, 'ticket-used')
  const isBound = ticket.browserHash !== null
  if (isBound && ticket.browserHash !== browserHash) throw new Refusal(403, 'other-browser')
  if (ticket.expiresAt.getTime() <= now) throw new Refusal(410, 'ticket-expired')
  if (ticket.kind === 'setup') {
    if (await deps.enrolment.anyoneEnrolled()) throw new Refusal(410, 'setup-closed')
    return { ticket, person: null }
  }
  const person = ticket.personId === null ? null : await deps.people.byId(ticket.personId)
  if (person === null) throw new Refusal(404, 'ticket-unknown')
  if (person.suspendedAt !== null) throw new Refusal(403, 'person-suspended')
  // The console at an address of its own does not know this browser: the first that opens it, at once, is it.
  if (ticket.kind === 'desk' && !isBound && !(await deps.enrolment.bind(ticket.hash, browserHash)))
    throw new Refusal(403, 'other-browser')
  return { ticket, person }
}

async function secondTicket(
  deps: Pick<TicketDeps, 'enrolment'>,
  first: EnrolmentTicket,
  cookie: string | undefined,
  now: number,
): Promise<EnrolmentTicket | null> {
  if (cookie === undefined || !isToken('enrolmentTicket', cookie)) return null
  const second = await deps.enrolment.ticket(hashToken(cookie))
  const usable = second?.kind === 'second' && second.createdBy === `ticket:${first.hash}`
  return usable && second.redeemedAt === null && second.expiresAt.getTime() > now ? second : null
}

/** The id of the person a set-up ticket will make: the same at both calls of the ceremony, without storing anything in between. */
export function setupPersonId(sealer: Pick<Sealer, 'macKey'>, ticketHash: string): string {
  return `per_${base64Url(hmacSha256(sealer.macKey('setup-person'), ticketHash).subarray(0, 16))}`
}
