// Registration ceremonies: options for a new key, then one registration checked, and put before the gate.
import * as z from 'zod'
import type { Config, KeyPolicy } from '../config/config.ts'
import { Refusal } from '../errors/failure.ts'
import type { Clock } from '../platform/clock.ts'
import { equalInConstantTime, sha256 } from '../platform/crypto.ts'
import { base64Url, fromBase64Url, utf8 } from '../platform/encoding.ts'
import type { Log } from '../platform/log.ts'
import type { Random } from '../platform/random.ts'
import { isToken, newToken } from '../platform/tokens.ts'
import { LIVE_CEREMONIES_LIMIT } from './assertion.ts'
import { chainsToRoot } from './chain.ts'
import { type ClientDataFailure, checkClientData } from './client-data.ts'
import type { AllowedCredential } from './decoys.ts'
import { type Admission, type AdmissionRule, admit, type GateReason, isBuiltIn, type KeyFacts } from './gate.ts'
import { judgeModel } from './model.ts'
import type { Acr, AuthenticatorModels, Ceremony, CeremonyStore, GroupKeyPolicies } from './port.ts'
import { type KeyRule, keyRule } from './rule.ts'
import {
  type CreationOptions,
  creationOptions,
  type Hint,
  type Registration,
  readRegistration,
  registrationHolds,
} from './simplewebauthn.ts'

export interface BeginRegistration {
  /** Hash of the ticket. */
  readonly subject: string
  readonly browserHash: string
  readonly person: { readonly id: string; readonly username: string; readonly displayName: string }
  /** Null while the person does not exist yet (set-up). */
  readonly personId: string | null
  readonly exclude: readonly AllowedCredential[]
  /** The least that the key must be, whatever the person's groups ask for. */
  readonly atLeast?: KeyPolicy | null
  /** What to ask of the key about itself, beyond what the policy needs: its batch, or its serial number. */
  readonly attestation?: 'direct' | 'enterprise' | null
  readonly ttlSeconds: number
}

export interface FinishRegistration {
  readonly ceremony: string
  readonly subject: string
  readonly browserHash: string
  /** The browser's RegistrationResponseJSON: hostile until checked. */
  readonly response: unknown
  /** As it was at `begin`. */
  readonly atLeast?: KeyPolicy | null
}

export type RegistrationFailure =
  | ClientDataFailure
  | GateReason
  | 'unknown-ceremony'
  | 'rp-id'
  | 'user-presence'
  | 'attestation'

/** A registration that the gate admitted. */
export interface Registered {
  readonly ok: true
  readonly registration: Registration
  readonly clientDataJson: Uint8Array
  readonly transports: readonly string[]
  readonly discoverable: boolean
  /** `platform`: built into a computer or a phone. */
  readonly kind: 'security-key' | 'platform'
  readonly policy: KeyPolicy
  readonly acr: Acr
}

export interface RegistrationService {
  /** What a key of that person must be now. Null: the person does not exist yet (set-up). */
  rule(personId: string | null, atLeast?: KeyPolicy | null): Promise<KeyRule>
  begin(input: BeginRegistration): Promise<{ ceremony: string; options: CreationOptions }>
  /** Checks a registration. The ceremony is consumed first, whatever comes of it. */
  finish(
    input: FinishRegistration,
  ): Promise<Registered | { readonly ok: false; readonly reasons: readonly RegistrationFailure[] }>
}

export interface RegistrationDeps {
  readonly config: Pick<Config, 'issuer' | 'rpId' | 'keyPolicy'>
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly ceremonies: CeremonyStore
  readonly models: AuthenticatorModels
  readonly groups: GroupKeyPolicies
}

const encoded = (maxLength: number) =>
  z
    .string()
    .max(maxLength)
    .regex(/^[A-Za-z0-9_-]+$/)
const TRANSPORTS = ['ble', 'hybrid', 'internal', 'nfc', 'smart-card', 'usb']

const responseSchema = z.object({
  id: encoded(1400),
  rawId: encoded(1400),
  type: z.literal('public-key'),
  authenticatorAttachment: z.string().max(32).nullish(),
  response: z.object({
    clientDataJSON: encoded(8192),
    attestationObject: encoded(65536),
    transports: z.array(z.string().max(32)).max(16).optional(),
  }),
  clientExtensionResults: z.object({ credProps: z.object({ rk: z.boolean().optional() }).optional() }).optional(),
})

type Response = z.infer<typeof responseSchema>

/** The service of enrolment (WebAuthn L3 §7.1). */
export function registrationService(deps: RegistrationDeps): RegistrationService {
  const { config, clock, random, ceremonies } = deps

  async function begin(input: BeginRegistration) {
    const now = clock.now()
    const challenge = random.bytes(32)
    const ceremony: Ceremony = {
      id: newToken('ceremony', random),
      kind: 'registration',
      challenge,
      browserHash: input.browserHash,
      personId: input.personId,
      subject: input.subject,
      nonce: null,
      createdAt: new Date(now),
      expiresAt: new Date(now + input.ttlSeconds * 1000),
    }
    if (!(await ceremonies.begin(ceremony, LIVE_CEREMONIES_LIMIT))) throw new Refusal(429, 'too-many-ceremonies')
    const { person } = input
    const asked = await rule(input.personId, input.atLeast)
    const options = await creationOptions({
      rpId: config.rpId,
      challenge,
      user: { id: utf8(person.id), name: person.username, displayName: person.displayName },
      exclude: input.exclude,
      // Asking for a statement makes browsers ask the person: only where the rule needs to know the model.
      attestation: input.attestation ?? (asked.policy === 'attested' || asked.aaguids !== null ? 'direct' : 'none'),
      ...offered(asked),
      timeoutMs: input.ttlSeconds * 1000,
    })
    return { ceremony: ceremony.id, options }
  }

  async function finish(input: FinishRegistration) {
    const now = new Date(clock.now())
    const { subject, browserHash } = input
    const ceremony = isToken('ceremony', input.ceremony)
      ? await ceremonies.consume({ id: input.ceremony, kind: 'registration', subject, browserHash }, now)
      : null
    if (ceremony === null) return refused(deps, ['unknown-ceremony'])
    const parsed = responseSchema.safeParse(input.response)
    if (!parsed.success || parsed.data.id !== parsed.data.rawId) return refused(deps, ['malformed'])
    const asked = await rule(ceremony.personId, input.atLeast)
    return judge(deps, asked, parsed.data, base64Url(ceremony.challenge), now)
  }

  async function rule(personId: string | null, atLeast: KeyPolicy | null = null) {
    const said = personId === null ? [] : await deps.groups.ofPerson(personId)
    return keyRule(said, config.keyPolicy, atLeast)
  }

  return { rule, begin, finish }
}

/**
 * Which authenticators the browser shows first. Interface only: what comes back is judged. `hybrid` is a phone beside the computer, whose
 * passkeys are copied between devices; a security key held to a phone (NFC) is a `security-key`.
 */
function offered(rule: KeyRule): Pick<Parameters<typeof creationOptions>[0], 'attachment' | 'hints'> {
  if (rule.from === 'setting') return { attachment: null, hints: ['security-key'] }
  const hints: Hint[] = ['security-key']
  if (rule.platformAllowed) hints.push('client-device')
  if (rule.platformAllowed && rule.policy === 'any') hints.push('hybrid')
  return { attachment: rule.platformAllowed ? null : 'cross-platform', hints }
}

async function judge(deps: RegistrationDeps, rule: KeyRule, response: Response, challenge: string, now: Date) {
  const { config, models } = deps
  const origin = new URL(config.issuer).origin
  const { clientDataJSON, attestationObject, transports } = response.response
  const clientData = checkClientData(clientDataJSON, { type: 'webauthn.create', challenge, origin })
  if (clientData !== null) return refused(deps, [clientData])
  const registration = readRegistration(fromBase64Url(attestationObject) ?? new Uint8Array())
  if (registration === null || registration.webauthnId !== response.id) return refused(deps, ['malformed'])
  if (!equalInConstantTime(registration.rpIdHash, sha256(config.rpId))) return refused(deps, ['rp-id'])
  if (!registration.userPresent) return refused(deps, ['user-presence'])
  const stored = await models.modelOf(registration.aaguid)
  const said = { attachment: response.authenticatorAttachment ?? null, transports: transports ?? [] }
  const { admission, platform } = judgeRegistration(registration, rule, stored, now, said)
  if (!admission.ok) return refused(deps, admission.reasons, registration)
  const holds = await registrationHolds({
    response: { ...plain(response), response: { clientDataJSON, attestationObject } },
    challenge,
    origin,
    rpId: config.rpId,
  })
  if (!holds) return refused(deps, ['attestation'], registration)
  return {
    ok: true as const,
    registration,
    clientDataJson: fromBase64Url(clientDataJSON) as Uint8Array,
    transports: (transports ?? []).filter((transport) => TRANSPORTS.includes(transport)),
    discoverable: response.clientExtensionResults?.credProps?.rk === true,
    kind: platform ? ('platform' as const) : ('security-key' as const),
    policy: rule.policy,
    acr: admission.acr,
  }
}

const plain = ({ id, rawId, type }: Response) => ({ id, rawId, type, clientExtensionResults: {} })

/**
 * Puts what a registration says before the gate, with what the metadata says now. Also the way in which enrolled keys are judged again when the
 * metadata changes; the signatures were checked at enrolment.
 */
export function judgeRegistration(
  registration: Registration,
  rule: AdmissionRule,
  stored: { readonly entry: unknown; readonly allowed: boolean } | null,
  now: Date,
  said: { readonly attachment: string | null; readonly transports: readonly string[] },
): { readonly admission: Admission; readonly platform: boolean } {
  const model = stored === null ? null : judgeModel(stored.entry, stored.allowed, now)
  const chained = model !== null && chainsToRoot(registration.certificates, model.roots, now)
  const platform = isBuiltIn({ ...said, format: registration.format }, chained ? model : null)
  const facts: KeyFacts = {
    userVerified: registration.userVerified,
    // checkClientData has turned a foreign page away before this.
    crossOrigin: false,
    backupEligible: registration.backupEligible,
    backedUp: registration.backedUp,
    format: registration.format,
    aaguid: registration.aaguid,
    certified: registration.certificates.length > 0,
    certificateAaguid: registration.certificateAaguid,
    chained,
    platform,
  }
  return { admission: admit(facts, rule, model), platform }
}

function refused({ log }: RegistrationDeps, reasons: readonly RegistrationFailure[], registration?: Registration) {
  log.warn('webauthn.registration-refused', { reasons, aaguid: registration?.aaguid, format: registration?.format })
  return { ok: false as const, reasons }
}
