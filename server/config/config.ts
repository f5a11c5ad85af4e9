// The parsed configuration: what every entry is built from. Reading and checking it is in load.ts.

import type { WebhookReceiver } from './values.ts'

export type Role = 'id' | 'gateway'
export type KeyPolicy = 'any' | 'device-bound' | 'attested'

export interface Listen {
  readonly host: string
  readonly port: number
}

export interface Config {
  /** `PALIER_ISSUER`: id's public address, no trailing slash. */
  readonly issuer: string
  /** `PALIER_GATEWAY_URL`: the gateway's public address, no trailing slash. */
  readonly gatewayUrl: string
  /** `PALIER_CONSOLE_URL`: the console's own public address, no trailing slash; null: at the issuer's. */
  readonly consoleUrl: string | null
  /** `PALIER_HOMESERVER_URL`: null runs the labelled sample (or a local Synapse with `--synapse`). */
  readonly homeserverUrl: string | null
  readonly serverName: string
  readonly rpId: string
  /** `PALIER_DATABASE_URL`: null runs the embedded server. */
  readonly databaseUrl: string | null
  readonly dataDir: string
  /** `PALIER_SECRET` (first is current, more may follow, comma separated, for rotation). Null: generated in the data directory. */
  readonly secrets: readonly string[] | null
  readonly roles: readonly Role[]
  /** Addresses or CIDR ranges whose `X-Forwarded-*` headers are believed. */
  readonly trustedProxies: readonly string[]
  readonly listen: {
    readonly id: Listen
    readonly gateway: Listen
    readonly operations: Listen
    readonly sample: Listen
    readonly reader: Listen
  }
  /** Seconds a request is held for a tap. 0 turns holding off. */
  readonly holdSeconds: number
  /** Days that lines of reading are kept. */
  readonly readingsDays: number
  readonly enforce: 'enforce' | 'observe'
  readonly keyPolicy: KeyPolicy
  /** PEM roots of the metadata's signer in FIDO's place; null: FIDO's. */
  readonly metadataRoots: readonly string[] | null
  /** Where clients may be sent after an SSO login: origin and path prefix, or `scheme:` for custom schemes. */
  readonly clientRedirects: readonly string[]
  /** Extra acr values answered for `phrh`, such as ProConnect's `eidas3`. */
  readonly acrAliases: readonly string[]
  /** Routes not for clients (federation, server keys, `.well-known`): closed, or passed without client tokens. */
  readonly serverRoutes: 'closed' | 'passed'
  /** Clients that hold a homeserver's own token, from before the gateway. */
  readonly existingLogins: 'refused' | 'asked-softly'
  /** Media routes that ask for no token. */
  readonly legacyMedia: 'closed' | 'open'
  /** Addresses of push gateways that need no tap. */
  readonly pushGateways: readonly string[]
  /** Who is told of alerts, and how: webhooks, and mail through `smtpUrl`. */
  readonly webhooks: readonly WebhookReceiver[]
  readonly smtpUrl: string | null
  readonly mailFrom: string | null
  readonly alertMailTo: readonly string[]
  /** Where the Synapse administrator's token is; null: no server notices. */
  readonly synapseAdminTokenFile: string | null
  /** Another OIDC provider, at which whoever redeems an enrolment link proves who they are; null: a link is its bearer's. */
  readonly proof: {
    readonly issuer: string
    readonly clientId: string
    readonly clientSecret: string
    /** What it says of people, and Palier knows as well. */
    readonly claim: 'email' | 'preferred_username' | 'sub'
    /** `all`: it verifies every address that it says, and need not say so. */
    readonly emails: 'verified' | 'all'
  } | null
  /** Where signed heads of the audit log are added, one a line; null: nowhere. */
  readonly auditHeadsFile: string | null
  /** Whether Element Web is answered so that it shows its consent dialog. */
  readonly consentDialog: boolean
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error'
}

/** Where the console's pages and its API are, and where its taps are made. */
export function consoleOrigin(config: Pick<Config, 'issuer'> & Partial<Pick<Config, 'consoleUrl'>>): string {
  return config.consoleUrl ?? config.issuer
}
