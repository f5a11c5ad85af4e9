// id's JSON API as its pages see it, and the one function that calls it. Instants are ISO 8601, in UTC.
import type {
  AuthenticationResponseJSON,
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
  RegistrationResponseJSON,
} from '@simplewebauthn/browser'

export interface SigninContext {
  readonly client_name: string | null
  readonly purpose: {
    readonly kind: 'login' | 'uia'
    /** What a user-interactive authentication is for, such as `delete-device`. */
    readonly action?: string | null
    readonly subject?: string | null
    readonly device?: string | null
  } | null
  readonly person?: { readonly username: string; readonly display_name: string } | null
  readonly force_tap: boolean
  readonly login_hint?: string | null
}

export interface Ceremony<Options> {
  readonly ceremony: string
  readonly options: Options
}

export type KeyPolicy = 'any' | 'device-bound' | 'attested'

export interface EnrolContext {
  readonly kind: 'setup' | 'enrol' | 'self' | 'second' | 'desk'
  /** Keys that may still be added with the link. */
  readonly uses_left: number
  /** Whether the person says who they are first, at another provider. */
  readonly awaits_proof?: boolean
  readonly person?: { readonly username: string; readonly display_name: string } | null
  readonly policy: KeyPolicy
  /** Whether a key built into a computer or a phone will do. */
  readonly platform_allowed?: boolean
  readonly keys: number
  readonly expires_at: string
}

export interface Place {
  readonly client: string
  readonly network: string
}

/** Units of one meter. */
export interface Amount {
  readonly meter: string
  readonly units: number
}

export interface ApprovalContext {
  readonly state: 'pending' | 'approved' | 'denied' | 'expired'
  readonly device: Place & {
    readonly display_name: string | null
    readonly device_id: string
    readonly signed_in_at: string
  }
  readonly asking: Place
  readonly rooms: readonly { readonly id: string; readonly name?: string | null }[]
  readonly rooms_total: number
  readonly direction: string
  readonly meter: string
  readonly amounts: readonly Amount[]
  readonly reason: string
  readonly lives_seconds: number
  readonly expires_at: string
  readonly created_at: string
  readonly person: { readonly username: string; readonly display_name: string }
}

export interface KeySummary {
  readonly id: string
  readonly name: string
  readonly created_at: string
  readonly last_used_at: string | null
  readonly last_used_network: string | null
  readonly last_used_client: string | null
  readonly acr: 'phr' | 'phrh'
  readonly version: number
  /** Whether this session was opened with it. */
  readonly in_use: boolean
}

export interface DeviceSummary extends Place {
  readonly id: string
  readonly device_id: string
  readonly display_name: string | null
  readonly signed_in_at: string
  readonly last_active_at: string | null
  readonly expires_at: string | null
}

export interface ApprovalSummary {
  /** Hash of the approval's token: names it without giving the right to open it. */
  readonly id: string
  readonly approval_uri: string
  readonly state: ApprovalContext['state']
  /** The device's name, or its id when it has none. */
  readonly device: string
  readonly rooms_total: number
  readonly meter: string
  readonly direction: string
  readonly amounts: readonly Amount[]
  readonly created_at: string
  readonly decided_at: string | null
}

/** What the companion page's event stream carries. */
export type PendingPrompt = Pick<
  ApprovalSummary,
  'approval_uri' | 'created_at' | 'rooms_total' | 'meter' | 'direction' | 'amounts' | 'device'
>

export interface MeterSummary {
  readonly meter: string
  readonly used: number
  readonly limit: number
  readonly window_seconds: number
}

export interface RevokedKeySummary {
  readonly id: string
  readonly name: string
  readonly revoked_at: string
}

export interface MeContext {
  readonly person: {
    readonly username: string
    readonly display_name: string
    readonly role: 'person' | 'owner' | 'enroller' | 'supervisor' | 'auditor'
  }
  /** Where an administrator works; null for everybody else. */
  readonly console_uri: string | null
  readonly keys: readonly KeySummary[]
  /** Those of the last 30 days, the latest first. */
  readonly revoked_keys: readonly RevokedKeySummary[]
  readonly devices: readonly DeviceSummary[]
  readonly approvals: readonly ApprovalSummary[]
  readonly meters: readonly MeterSummary[]
}

export type ReleaseState = 'requested' | 'awaiting-second' | 'granted' | 'over' | 'denied' | 'withdrawn' | 'expired'

export interface ReleaseSummary {
  /** `rel_…` */
  readonly id: string
  readonly typ: 'export-release' | 'enforcement-off'
  readonly state: ReleaseState
  readonly reason: string
  /** Of an export: who reads, how many rooms, at most how many messages, and how many were read. */
  readonly subject: string | null
  readonly rooms_total: number | null
  readonly max_events: number | null
  readonly used: number | null
  readonly lives_seconds: number
  readonly requested_by: string
  readonly first: string | null
  readonly second: string | null
  readonly created_at: string
  readonly expires_at: string
  readonly granted_until: string | null
  readonly can_withdraw: boolean
}

export interface ReleaseContext extends ReleaseSummary {
  /** What both sign, byte for byte: sent back with the tap. */
  readonly intent: string
  readonly you: {
    readonly username: string
    /** Which of the two taps is yours to make, if any; otherwise why not. */
    readonly tap: 'first' | 'second' | null
    readonly why: string | null
  }
}

export interface ReleaseSubject {
  readonly username: string
  readonly display_name: string
  readonly devices: readonly (Place & {
    readonly id: string
    readonly device_id: string
    readonly display_name: string | null
    readonly signed_in_at: string
    readonly expires_at: string
  })[]
}

export type ReleaseDraft =
  | {
      readonly typ: 'export-release'
      readonly username: string
      readonly device: string
      readonly any_network: boolean
      readonly rooms: readonly string[]
      /** Seconds since the epoch; `until` is not included. */
      readonly from: number
      readonly until: number
      readonly events: number
      readonly hours: number
      readonly reason: string
    }
  | { readonly typ: 'enforcement-off'; readonly hours: number; readonly reason: string }

export interface ServiceSummary {
  /** `svc_…` */
  readonly id: string
  readonly name: string
  readonly user_id: string
  readonly namespace: readonly string[]
  readonly networks: readonly string[]
  /** Null: every room. */
  readonly rooms_total: number | null
  readonly last_used_at: string | null
  readonly expires_at: string
  readonly expired: boolean
}

export interface ServiceRenewal {
  /** `ren_…` */
  readonly renewal: string
  readonly service: { readonly id: string; readonly name: string; readonly user_id: string }
  readonly until: string
}

interface Endpoints {
  '/api/services/list': [Record<string, never>, { readonly services: readonly ServiceSummary[] }]
  '/api/services/renewal': [{ service: string }, ServiceRenewal]
  '/api/services/options': [{ renewal: string }, Ceremony<PublicKeyCredentialRequestOptionsJSON>]
  '/api/services/verify': [
    { renewal: string; ceremony: string; response: AuthenticationResponseJSON },
    { readonly service: string; readonly expires_at: string },
  ]
  '/api/releases/list': [Record<string, never>, { readonly releases: readonly ReleaseSummary[] }]
  '/api/releases/person': [{ username: string }, ReleaseSubject]
  '/api/releases/request': [ReleaseDraft, { readonly release: string }]
  '/api/releases/context': [{ release: string }, ReleaseContext]
  '/api/releases/options': [{ release: string; intent: string }, Ceremony<PublicKeyCredentialRequestOptionsJSON>]
  '/api/releases/verify': [
    { release: string; intent: string; ceremony: string; response: AuthenticationResponseJSON },
    { readonly state: 'awaiting-second' | 'granted'; readonly until?: string },
  ]
  '/api/releases/deny': [{ release: string }, unknown]
  '/api/releases/withdraw': [{ release: string }, unknown]
  '/api/signin/context': [{ transaction?: string }, SigninContext]
  '/api/signin/options': [{ transaction?: string; username?: string }, Ceremony<PublicKeyCredentialRequestOptionsJSON>]
  '/api/signin/verify': [
    {
      ceremony: string
      response: AuthenticationResponseJSON
      transaction?: string
      return_to?: string
      shared?: boolean
    },
    { readonly redirect: string },
  ]
  '/api/signin/pass': [{ transaction: string; code: string; shared?: boolean }, { readonly redirect: string }]
  '/api/signout': [Record<string, never>, unknown]
  '/api/me/export': [Record<string, never>, unknown]
  '/api/enrol/context': [{ ticket: string }, EnrolContext]
  '/api/enrol/proof': [{ ticket: string }, { readonly redirect: string }]
  '/api/enrol/options': [
    { ticket: string; username?: string; display_name?: string },
    Ceremony<PublicKeyCredentialCreationOptionsJSON>,
  ]
  '/api/enrol/verify': [
    {
      ticket: string
      ceremony: string
      response: RegistrationResponseJSON
      name: string
      username?: string
      display_name?: string
    },
    { readonly credential: { readonly id: string; readonly name: string }; readonly keys: number },
  ]
  '/api/approvals/context': [{ approval: string }, ApprovalContext]
  '/api/approvals/options': [{ approval: string }, Ceremony<PublicKeyCredentialRequestOptionsJSON>]
  '/api/approvals/verify': [
    { approval: string; ceremony: string; response: AuthenticationResponseJSON },
    {
      readonly state: 'approved'
      readonly meter: string
      readonly amounts: readonly Amount[]
      readonly expires_at: string
    },
  ]
  '/api/approvals/deny': [{ approval: string }, { readonly state: 'denied'; readonly device_ended: boolean }]
  '/api/approvals/not-me': [{ approval: string }, { readonly state: 'denied'; readonly device_ended: boolean }]
  '/api/me/context': [Record<string, never>, MeContext]
  '/api/me/end-device': [{ device: string }, unknown]
  '/api/me/rename-key': [{ key: string; name: string; version: number }, { readonly version: number }]
  '/api/me/report-lost': [{ key: string }, { readonly signed_out: boolean; readonly keys: number }]
  '/api/me/language': [{ locale: 'fr' | 'en' }, unknown]
  '/api/me/add-key': [Record<string, never>, { readonly enrol_uri: string }]
}

/** Why something was not done: a reason id of the server's, or one of the page's own (`offline`, `unexpected`, `key-…`). */
export class Refused extends Error {
  readonly reason: string

  constructor(reason: string) {
    super(reason)
    this.name = 'Refused'
    this.reason = reason
  }
}

/** Calls one endpoint of id's JSON API. Throws `Refused` with the problem's reason id (RFC 9457), or `offline`. */
export async function post<Path extends keyof Endpoints>(
  path: Path,
  body: Endpoints[Path][0],
): Promise<Endpoints[Path][1]> {
  let response: Response
  try {
    response = await fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  } catch {
    throw new Refused('offline')
  }
  const answer = (await response.json().catch(() => null)) as { reason?: unknown } | null
  if (response.ok && answer !== null) return answer as Endpoints[Path][1]
  throw new Refused(typeof answer?.reason === 'string' ? answer.reason : 'unexpected')
}

/** The reason id of anything caught: what is not a `Refused` is a fault of ours. */
export function reasonOf(error: unknown): string {
  return error instanceof Refused ? error.reason : 'unexpected'
}
