// Everything enrolment and sign-in stand on, over a real database, with a clock that tests move and a key in software.

import { ceremoniesStore } from '../../db/stores/ceremonies.ts'
import { credentialsStore } from '../../db/stores/credentials.ts'
import { enrolmentStore } from '../../db/stores/enrolment.ts'
import { keyPoliciesOfGroups } from '../../db/stores/key-policies.ts'
import { metadataStore } from '../../db/stores/metadata.ts'
import { metadataChanges } from '../../db/stores/metadata-changes.ts'
import { peopleStore } from '../../db/stores/people.ts'
import type { AuditEvent } from '../../server/audit/port.ts'
import type { KeyPolicy } from '../../server/config/config.ts'
import { beginEnrolment, type EnrolmentDeps, finishEnrolment } from '../../server/people/enrolment.ts'
import type { ProofDeps } from '../../server/people/proof.ts'
import { issueTicket } from '../../server/people/tickets.ts'
import { hmacSha256 } from '../../server/platform/crypto.ts'
import type { Log } from '../../server/platform/log.ts'
import { systemRandom } from '../../server/platform/random.ts'
import { assertionService } from '../../server/webauthn/assertion.ts'
import { keyIdentity } from '../../server/webauthn/identity.ts'
import type { MetadataChange } from '../../server/webauthn/port.ts'
import { registrationService } from '../../server/webauthn/registration.ts'
import { type RegistrationForgery, SoftwareAuthenticator } from './authenticator.ts'
import type { TestDatabase } from './database.ts'

export const quietLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
}
export const BROWSER = 'browser-hash'

/** Services and stores over a test database. `audited` collects what would be in the audit log. */
export function enrolmentWorld(
  database: TestDatabase,
  options: { keyPolicy?: KeyPolicy; nowMs?: number; issuer?: string; proof?: ProofDeps } = {},
) {
  const time = { nowMs: options.nowMs ?? Date.parse('2026-07-01T09:00:00Z') }
  const clock = { now: () => time.nowMs }
  const audited: AuditEvent[] = []
  const audit = {
    append: async (event: AuditEvent) => {
      audited.push(event)
      return { ...event, sequence: audited.length, at: new Date(time.nowMs), previousHash: '', hash: '' }
    },
    appendAll: async (events: readonly AuditEvent[]) => void audited.push(...events),
  }
  const config = {
    issuer: options.issuer ?? 'http://localhost:8080',
    rpId: 'localhost',
    keyPolicy: options.keyPolicy ?? 'any',
  } as const
  const sealer = { macKey: (purpose: string) => hmacSha256(new Uint8Array(32), purpose) }
  const { db } = database
  const people = peopleStore(db, audit)
  const enrolment = enrolmentStore(db, audit)
  const metadata = metadataStore(db)
  /** Changes that were told of. */
  const told: MetadataChange[] = []
  const changes = metadataChanges(db, { audit, told: async (_tx, change) => void told.push(change) })
  const ceremonies = ceremoniesStore(db)
  const common = { config, clock, random: systemRandom, log: quietLog, sealer, ceremonies, audit }
  const registrations = registrationService({ ...common, models: metadata, groups: keyPoliciesOfGroups(db) })
  const assertions = assertionService({ ...common, credentials: credentialsStore(db) })
  const deps: EnrolmentDeps = {
    ...common,
    enrolment,
    people,
    registrations,
    proof: options.proof ?? null,
    identify: (registration, at) => keyIdentity(metadata, registration, at),
  }

  async function person(username: string) {
    const made = {
      id: `per_${username}`,
      username,
      displayName: username,
      role: 'person' as const,
      createdAt: new Date(time.nowMs),
      suspendedAt: null,
    }
    await people.create(made, { action: 'person.created', actor: 'test', subject: made.id, detail: {} })
    return made
  }

  const ticketFor = (personId: string) => issueTicket(deps, { kind: 'enrol', personId, createdBy: 'test' })

  /** The whole ceremony of the enrolment page. */
  async function enrol(ticket: string, key: SoftwareAuthenticator, forge: RegistrationForgery = {}, extra: Extra = {}) {
    const presented = { ticket, cookie: undefined, browserHash: BROWSER, ...extra }
    const { ceremony, options: asked } = await beginEnrolment(deps, presented)
    return finishEnrolment(deps, { ...presented, ceremony, response: key.register(asked, forge), name: 'My key' })
  }

  /** A person with one key. */
  async function enrolled(username: string, key = new SoftwareAuthenticator(), forge: RegistrationForgery = {}) {
    const made = await person(username)
    const { credential } = await enrol((await ticketFor(made.id)).token, key, forge)
    return { person: made, key, credentialId: credential.id }
  }

  return {
    time,
    clock,
    audited,
    audit,
    deps,
    people,
    enrolment,
    metadata,
    changes,
    told,
    assertions,
    person,
    ticketFor,
    enrol,
    enrolled,
  }
}

interface Extra {
  readonly cookie?: string
  readonly username?: string
  readonly displayName?: string
  readonly browserHash?: string
}
