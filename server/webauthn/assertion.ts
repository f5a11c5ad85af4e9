// Authentication and approval ceremonies: a challenge for one browser, then one assertion checked against it, once.
import * as z from 'zod'
import type { Audit } from '../audit/port.ts'
import type { Config } from '../config/config.ts'
import { Refusal } from '../errors/failure.ts'
import type { Clock } from '../platform/clock.ts'
import { equalInConstantTime } from '../platform/crypto.ts'
import { base64Url, fromBase64Url, utf8 } from '../platform/encoding.ts'
import type { Log } from '../platform/log.ts'
import type { Random } from '../platform/random.ts'
import type { Sealer } from '../platform/seal.ts'
import { isToken, newToken } from '../platform/tokens.ts'
import { type AuthenticatorDataFailure, authenticatorHead, checkAuthenticatorHead } from './authenticator-data.ts'
import { type ClientDataFailure, checkClientData } from './client-data.ts'
import { type AllowedCredential, decoysFor } from './decoys.ts'
import type { Acr, AssertionCredential, AssertionCredentials, Ceremony, CeremonyStore, Whence } from './port.ts'
import { assertionOptions, type RequestOptions, signatureHolds } from './simplewebauthn.ts'

export type AssertionKind = 'authentication' | 'approval'

export interface BeginAssertion {
  readonly kind: AssertionKind
  /** What it is for: the hash of a transaction or approval, or a path of id. */
  readonly subject: string
  readonly browserHash: string
  /** Only this person's keys are asked for, and only they may answer. */
  readonly personId?: string | undefined
  /** As `personId`, by name; an unknown name gets decoys and can never be finished. */
  readonly username?: string | undefined
  /** 32 bytes; drawn when absent. */
  readonly challenge?: Uint8Array | undefined
  /** Kept beside the challenge and handed back by `finish`. */
  readonly nonce?: Uint8Array | undefined
  readonly ttlSeconds: number
}

export interface FinishAssertion {
  readonly kind: AssertionKind
  /** `cer_…` as `begin` returned it. */
  readonly ceremony: string
  readonly subject: string
  readonly browserHash: string
  /** The browser's AuthenticationResponseJSON: hostile until checked. */
  readonly response: unknown
  /** The only person who may have answered. */
  readonly personId?: string | undefined
  /** Where it came from: kept with the key. Null where the caller does not see it. */
  readonly from?: Whence | null
}

export type AssertionFailure =
  | ClientDataFailure
  | AuthenticatorDataFailure
  /** Never begun, begun by another browser or for another purpose, expired, or already used. */
  | 'unknown-ceremony'
  | 'unknown-credential'
  | 'wrong-person'
  | 'user-handle'
  | 'credential-revoked'
  | 'person-suspended'
  | 'backup-eligibility'
  | 'signature'
  /** A good signature of a key that was taken out of use with its model: the one refusal that its holder is told of. */
  | 'key-cut-off'
  | 'counter'

export interface Asserted {
  readonly ok: true
  readonly personId: string
  /** `key_…` */
  readonly credentialId: string
  readonly acr: Acr
  /** RFC 8176 values. */
  readonly amr: readonly string[]
  readonly tappedAt: Date
  readonly nonce: Uint8Array | null
  /** The three parts of the evidence, base64url as the browser gave them. */
  readonly clientDataJSON: string
  readonly authenticatorData: string
  readonly signature: string
}

export interface AssertionService {
  /** Throws Refusal 429 `too-many-ceremonies` when the browser has too many live ones for the subject. */
  begin(input: BeginAssertion): Promise<{ ceremony: string; options: RequestOptions }>
  /** Checks an assertion. The ceremony is consumed first, whatever comes of it. */
  finish(input: FinishAssertion): Promise<Asserted | { readonly ok: false; readonly reason: AssertionFailure }>
}

export interface AssertionDeps {
  readonly config: Pick<Config, 'issuer' | 'rpId'>
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly sealer: Pick<Sealer, 'macKey'>
  readonly ceremonies: CeremonyStore
  readonly credentials: AssertionCredentials
  readonly audit: Audit
}

/** Live ceremonies that one browser may have for one subject. */
export const LIVE_CEREMONIES_LIMIT = 20

const encoded = (maxLength: number) =>
  z
    .string()
    .max(maxLength)
    .regex(/^[A-Za-z0-9_-]+$/)

const responseSchema = z.object({
  id: encoded(1400),
  rawId: encoded(1400),
  type: z.literal('public-key'),
  response: z.object({
    clientDataJSON: encoded(8192),
    authenticatorData: encoded(8192),
    signature: encoded(2048),
    userHandle: encoded(100).nullish(),
  }),
})

type Response = z.infer<typeof responseSchema>

/** The service of sign-ins and approvals (WebAuthn L3 §7.2). */
export function assertionService(deps: AssertionDeps): AssertionService {
  const { config, clock, random, ceremonies, credentials } = deps
  const origin = new URL(config.issuer).origin

  async function begin(input: BeginAssertion) {
    const now = clock.now()
    const { personId, allowed } = await asked(deps, input)
    const challenge = input.challenge ?? random.bytes(32)
    const ceremony: Ceremony = {
      id: newToken('ceremony', random),
      kind: input.kind,
      challenge,
      browserHash: input.browserHash,
      personId,
      subject: input.subject,
      nonce: input.nonce ?? null,
      createdAt: new Date(now),
      expiresAt: new Date(now + input.ttlSeconds * 1000),
    }
    if (!(await ceremonies.begin(ceremony, LIVE_CEREMONIES_LIMIT))) throw new Refusal(429, 'too-many-ceremonies')
    const options = await assertionOptions({
      rpId: config.rpId,
      challenge,
      allowed,
      timeoutMs: input.ttlSeconds * 1000,
    })
    return { ceremony: ceremony.id, options }
  }

  async function finish(input: FinishAssertion): Promise<Asserted | { ok: false; reason: AssertionFailure }> {
    const now = new Date(clock.now())
    const ceremony = isToken('ceremony', input.ceremony)
      ? await ceremonies.consume({ ...pick(input), id: input.ceremony }, now)
      : null
    if (ceremony === null) return refused(deps, 'unknown-ceremony', null)
    const parsed = responseSchema.safeParse(input.response)
    if (!parsed.success || parsed.data.id !== parsed.data.rawId) return refused(deps, 'malformed', null)
    const response = parsed.data
    const clientData = checkClientData(response.response.clientDataJSON, {
      type: 'webauthn.get',
      challenge: base64Url(ceremony.challenge),
      origin,
    })
    if (clientData !== null) return refused(deps, clientData, null)
    const credential = await credentials.byWebauthnId(response.id)
    if (credential === null) return refused(deps, 'unknown-credential', null)
    const failure = await checkAssertion(credential, ceremony, input, response, config.rpId, origin)
    if (failure !== null) return refused(deps, failure, credential)
    return settle(deps, credential, ceremony, response, now, input.from ?? null)
  }

  return { begin, finish }
}

const pick = ({ kind, subject, browserHash }: FinishAssertion) => ({ kind, subject, browserHash })

/** Whose keys are asked for. An unknown name and one without keys are answered alike. */
async function asked(
  { credentials, sealer }: AssertionDeps,
  input: BeginAssertion,
): Promise<{ personId: string | null; allowed: readonly AllowedCredential[] }> {
  if (input.personId !== undefined) {
    return { personId: input.personId, allowed: (await credentials.activeOfPerson(input.personId)).map(descriptor) }
  }
  if (input.username === undefined) return { personId: null, allowed: [] }
  const decoys = decoysFor(input.username, sealer.macKey('webauthn-decoys'))
  const active = await credentials.activeOfUsername(input.username)
  const first = active[0]
  return first === undefined
    ? { personId: null, allowed: decoys }
    : { personId: first.personId, allowed: active.map(descriptor) }
}

const descriptor = (credential: AssertionCredential): AllowedCredential => ({
  id: credential.webauthnId,
  transports: credential.transports,
})

/** Everything but the counter, signature last. */
async function checkAssertion(
  credential: AssertionCredential,
  ceremony: Ceremony,
  input: FinishAssertion,
  response: Response,
  rpId: string,
  origin: string,
): Promise<AssertionFailure | null> {
  for (const personId of [ceremony.personId, input.personId]) {
    if (personId !== null && personId !== undefined && personId !== credential.personId) return 'wrong-person'
  }
  // §7.2 step 6: a user handle, when there is one, names the credential's owner.
  const { userHandle } = response.response
  if (userHandle && !sameBytes(userHandle, credential.personId)) return 'user-handle'
  if (credential.revoked && !credential.cutOff) return 'credential-revoked'
  if (credential.personSuspended) return 'person-suspended'
  const head = authenticatorHead(fromBase64Url(response.response.authenticatorData) ?? new Uint8Array())
  if (head === null) return 'malformed'
  const headFailure = checkAuthenticatorHead(head, rpId)
  if (headFailure !== null) return headFailure
  // Eligibility is fixed for a credential's life (§6.1.3): a change is another key, or a forged one.
  if (head.backupEligible !== credential.backupEligible) return 'backup-eligibility'
  const challenge = base64Url(ceremony.challenge)
  if (!(await signatureHolds({ response, credential, challenge, origin, rpId }))) return 'signature'
  // Only its holder gets here: nobody else learns that the key is enrolled, nor what became of it.
  return credential.cutOff ? 'key-cut-off' : null
}

/**
 * How the person was authenticated (RFC 8176 §2): possession of a key, a touch, and with the key's own check of its user a
 * second factor. Not `pin`: a key does not say whether it was one or a fingerprint. `hwk` only where the maker proved the
 * hardware: that a key says it cannot be copied is its own word.
 */
export function amrOf(acr: Acr): readonly string[] {
  return [acr === 'phrh' ? 'hwk' : 'pop', 'user', 'mfa']
}

function sameBytes(encodedBytes: string, text: string): boolean {
  const bytes = fromBase64Url(encodedBytes)
  return bytes !== null && equalInConstantTime(bytes, utf8(text))
}

/** The counter, only now that the signature is known to be the key's: anyone could have written a low one. */
async function settle(
  deps: AssertionDeps,
  credential: AssertionCredential,
  ceremony: Ceremony,
  response: Response,
  now: Date,
  from: Whence | null,
): Promise<Asserted | { ok: false; reason: AssertionFailure }> {
  const { clientDataJSON, authenticatorData, signature } = response.response
  const signCount = authenticatorHead(fromBase64Url(authenticatorData) as Uint8Array)?.signCount ?? 0
  if (!(await deps.credentials.advanceCounter(credential.id, signCount, now, from))) {
    return counterRefused(deps, credential, signCount)
  }
  return {
    ok: true,
    personId: credential.personId,
    credentialId: credential.id,
    acr: credential.acr,
    amr: amrOf(credential.acr),
    tappedAt: now,
    nonce: ceremony.nonce,
    clientDataJSON,
    authenticatorData,
    signature,
  }
}

/** The row did not change: revoked or suspended meanwhile, or a counter that does not rise. The key stays usable. */
async function counterRefused(deps: AssertionDeps, credential: AssertionCredential, signCount: number) {
  const current = await deps.credentials.byWebauthnId(credential.webauthnId)
  if (current === null || current.revoked) return refused(deps, 'credential-revoked', credential)
  if (current.personSuspended) return refused(deps, 'person-suspended', credential)
  await deps.audit.append({
    action: 'key.counter-regression',
    actor: credential.personId,
    subject: credential.id,
    detail: { stored: current.signCount, presented: signCount },
  })
  return refused(deps, 'counter', credential)
}

function refused({ log }: AssertionDeps, reason: AssertionFailure, credential: AssertionCredential | null) {
  log.warn('webauthn.assertion-refused', { reason, credential: credential?.id, person: credential?.personId })
  return { ok: false as const, reason }
}
