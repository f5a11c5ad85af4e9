// Enrolment: a ticket, a registration that the gate admits, a key. The first person ever enrolled is the owner.
import type { Config, KeyPolicy } from '../config/config.ts'
import { Refusal } from '../errors/failure.ts'
import type { Log } from '../platform/log.ts'
import type { Sealer } from '../platform/seal.ts'
import { newToken } from '../platform/tokens.ts'
import type { KeyIdentity } from '../webauthn/identity.ts'
import type { Registered, RegistrationService } from '../webauthn/registration.ts'
import type { CreationOptions } from '../webauthn/simplewebauthn.ts'
import type { NewCredential, People, Person, Redemption, RedemptionFailure, TicketKind } from './port.ts'
import { awaitsProof, type ProofDeps } from './proof.ts'
import {
  type LiveTicket,
  liveTicket,
  newTicket,
  SECOND_KEY_SECONDS,
  setupPersonId,
  type TicketDeps,
} from './tickets.ts'
import { displayNameFrom, isUsername } from './username.ts'

export interface EnrolmentDeps extends TicketDeps {
  readonly config: Pick<Config, 'issuer' | 'keyPolicy'> & Partial<Pick<Config, 'consoleUrl'>>
  readonly log: Log
  readonly sealer: Pick<Sealer, 'macKey'>
  readonly people: People
  readonly registrations: RegistrationService
  /** Which very key a registration is of, as far as it proves it. */
  readonly identify: (registration: Registered['registration'], now: Date) => Promise<KeyIdentity>
  /** Where whoever redeems a link proves who they are; null: nowhere. */
  readonly proof: ProofDeps | null
}

/** What a browser presents at every call. */
export interface Presented {
  readonly ticket: string
  /** The enrolment cookie's value. */
  readonly cookie: string | undefined
  readonly browserHash: string
  /** Where the browser is, for what its person is told; absent where that was not seen. */
  readonly network?: string | undefined
  /** For set-up only. */
  readonly username?: string | undefined
  readonly displayName?: string | undefined
}

export interface EnrolmentContext {
  /** `second`: the link did its work here already, and a second key may still be added in this browser. */
  readonly kind: TicketKind
  readonly person: { readonly username: string; readonly displayName: string } | null
  readonly policy: KeyPolicy
  /** Whether a key built into a computer or a phone will do. */
  readonly platformAllowed: boolean
  /** Keys that the person should have. */
  readonly minKeys: 1 | 2
  /** Active keys the person has. */
  readonly keys: number
  /** Keys that may still be added with it. */
  readonly usesLeft: number
  readonly expiresAt: Date
  /** Whether the person has to say who they are first, at another provider. */
  readonly awaitsProof: boolean
}

export interface Enrolled {
  readonly credential: { readonly id: string; readonly name: string }
  readonly keys: number
  /** To be set as the enrolment cookie, or null. */
  readonly cookie: string | null
  /** Keys that may still be added with the same link. */
  readonly usesLeft: number
}

const CEREMONY_SECONDS = 300

/** What the page shows. Refuses as `liveTicket` does. */
export async function enrolmentContext(deps: EnrolmentDeps, presented: Presented): Promise<EnrolmentContext> {
  const { ticket, person } = await liveTicket(deps, presented)
  if (await awaitsProof(deps.proof, { ticket }, presented.browserHash)) return unproved(deps, ticket)
  const keys = person === null ? [] : await deps.enrolment.activeKeys(person.id)
  const rule = await deps.registrations.rule(person?.id ?? null, ticket.policy)
  return {
    kind: ticket.kind,
    person: person === null ? null : { username: person.username, displayName: person.displayName },
    policy: rule.policy,
    platformAllowed: rule.platformAllowed,
    minKeys: rule.minKeys,
    keys: keys.length,
    usesLeft: ticket.usesLeft,
    expiresAt: ticket.expiresAt,
    awaitsProof: false,
  }
}

/** Whose it is, is not told to whoever has not said who they are. */
function unproved(deps: EnrolmentDeps, ticket: LiveTicket['ticket']): EnrolmentContext {
  const { keyPolicy: policy } = deps.config
  const { usesLeft, expiresAt } = ticket
  const nothing = { person: null, platformAllowed: false, minKeys: 1, keys: 0 } as const
  return { ...nothing, kind: 'enrol', policy, usesLeft, expiresAt, awaitsProof: true }
}

/** A ticket that may be used in this browser. Refuses as `liveTicket` does, and 403 `proof-needed`. */
async function usableTicket(deps: EnrolmentDeps, presented: Presented): Promise<LiveTicket> {
  const live = await liveTicket(deps, presented)
  if (await awaitsProof(deps.proof, live, presented.browserHash)) throw new Refusal(403, 'proof-needed')
  return live
}

/** Begins a registration. Also refuses 422 `username-invalid`, `display-name-invalid`, 409 `username-taken`. */
export async function beginEnrolment(
  deps: EnrolmentDeps,
  presented: Presented,
): Promise<{ ceremony: string; options: CreationOptions }> {
  const live = await usableTicket(deps, presented)
  const person = live.person ?? (await firstOwner(deps, live, presented))
  const keys = live.person === null ? [] : await deps.enrolment.activeKeys(person.id)
  return deps.registrations.begin({
    subject: live.ticket.hash,
    browserHash: presented.browserHash,
    person,
    personId: live.person?.id ?? null,
    exclude: keys.map(({ webauthnId, transports }) => ({ id: webauthnId, transports })),
    atLeast: live.ticket.policy,
    attestation: await attestationFor(deps, live.person),
    ttlSeconds: CEREMONY_SECONDS,
  })
}

/** A key that is awaited has to say which it is. */
async function attestationFor(deps: EnrolmentDeps, person: Person | null) {
  const awaits = person === null ? null : await deps.enrolment.awaits(person.id)
  return awaits === null ? null : awaits === 'serial' ? ('enterprise' as const) : ('direct' as const)
}

/**
 * Finishes a registration: stores the key and redeems the ticket, together. Refuses 422 with the gate's first reason, and 409
 * `key-already-enrolled`; the ticket stays good after either.
 */
export async function finishEnrolment(
  deps: EnrolmentDeps,
  presented: Presented & { readonly ceremony: string; readonly response: unknown; readonly name: string },
): Promise<Enrolled> {
  const live = await usableTicket(deps, presented)
  const name = displayNameFrom(presented.name)
  if (name === null) throw new Refusal(422, 'key-name-invalid')
  const newPerson = live.person === null ? await firstOwner(deps, live, presented) : null
  const { ceremony, browserHash, response } = presented
  const checked = await deps.registrations.finish({
    ceremony,
    subject: live.ticket.hash,
    browserHash,
    response,
    atLeast: live.ticket.policy,
  })
  if (!checked.ok) throw new Refusal(422, checked.reasons[0] ?? 'malformed', checked.reasons.join(' '))
  const person = (live.person ?? newPerson) as Person
  return store(deps, live, { person, newPerson, name, network: presented.network ?? null }, checked)
}

interface Whose {
  readonly person: Person
  readonly newPerson: Person | null
  /** The key's. */
  readonly name: string
  readonly network: string | null
}

async function store(
  deps: EnrolmentDeps,
  { ticket }: LiveTicket,
  { person, newPerson, name, network }: Whose,
  checked: Registered,
): Promise<Enrolled> {
  const now = new Date(deps.clock.now())
  const credential = credentialFrom(deps, person, name, checked, now)
  // A key added by someone who has one leaves nothing behind; a first enrolment lets the browser add a second key.
  const left =
    ticket.kind === 'setup' || ticket.kind === 'enrol' || ticket.kind === 'desk'
      ? newTicket(deps, {
          kind: 'second',
          personId: person.id,
          createdBy: `ticket:${ticket.hash}`,
          policy: ticket.policy,
          browserHash: ticket.browserHash,
          ttlSeconds: SECOND_KEY_SECONDS,
        })
      : null
  const redemption: Redemption = {
    ticketHash: ticket.hash,
    network,
    credential,
    newPerson,
    followUp: left?.ticket ?? null,
    identity: await deps.identify(checked.registration, now),
    // At the desk somebody looks at the key; who has a key says with it which is the next.
    onlyExpected: ticket.kind === 'enrol' || ticket.kind === 'second',
    now,
    audit: {
      action: 'key.enrolled',
      actor: person.id,
      subject: credential.id,
      detail: {
        person: person.id,
        username: person.username,
        role: person.role,
        ticket: ticket.kind,
        issued_by: ticket.createdBy,
        ...(ticket.kind === 'desk' ? { in_person_by: ticket.createdBy } : {}),
        aaguid: credential.aaguid,
        policy: credential.policy,
        acr: credential.acr,
      },
    },
  }
  const redeemed = await deps.enrolment.redeem(redemption)
  if (!redeemed.ok) throw new Refusal(REDEMPTION_STATUS[redeemed.reason], redeemed.reason)
  deps.log.info('enrolment.key-enrolled', {
    person: person.id,
    key: credential.id,
    policy: credential.policy,
    acr: credential.acr,
  })
  const cookie = redeemed.followedUp ? (left?.token ?? null) : null
  return { credential: { id: credential.id, name }, keys: redeemed.keys, cookie, usesLeft: redeemed.usesLeft }
}

const REDEMPTION_STATUS: Readonly<Record<RedemptionFailure, 403 | 409 | 410 | 422>> = {
  'ticket-used': 410,
  'setup-closed': 410,
  'username-taken': 409,
  'person-suspended': 403,
  'key-already-enrolled': 409,
  'key-not-expected': 422,
  'link-not-by-owner': 403,
}

function credentialFrom(
  deps: EnrolmentDeps,
  person: Person,
  name: string,
  checked: Registered,
  now: Date,
): NewCredential {
  const { registration } = checked
  return {
    id: newToken('credential', deps.random),
    personId: person.id,
    webauthnId: registration.webauthnId,
    kind: checked.kind,
    name,
    publicKey: registration.publicKey,
    signCount: registration.signCount,
    transports: checked.transports,
    aaguid: registration.aaguid,
    attestationFormat: registration.format,
    backupEligible: registration.backupEligible,
    policy: checked.policy,
    acr: checked.acr,
    discoverable: checked.discoverable,
    attestationObject: registration.attestationObject,
    registrationClientData: checked.clientDataJson,
    createdAt: now,
  }
}

/** The owner that a set-up ticket will make, as named by the browser. */
async function firstOwner(deps: EnrolmentDeps, { ticket }: LiveTicket, presented: Presented): Promise<Person> {
  const username = presented.username ?? ''
  if (!isUsername(username)) throw new Refusal(422, 'username-invalid')
  const displayName = displayNameFrom(presented.displayName ?? username)
  if (displayName === null) throw new Refusal(422, 'display-name-invalid')
  if ((await deps.people.byUsername(username)) !== null) throw new Refusal(409, 'username-taken')
  const createdAt = new Date(deps.clock.now())
  return {
    id: setupPersonId(deps.sealer, ticket.hash),
    username,
    displayName,
    role: 'owner',
    createdAt,
    suspendedAt: null,
  }
}
