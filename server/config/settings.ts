// Every setting, in one table: its name, what it is for, what it wants, its default in words, and its parser.
// The loader, the reference page and "did you mean" are all made from it.

import type { Parse } from './values.ts'
import * as value from './values.ts'

export interface Setting<T> {
  readonly name: `PALIER_${string}`
  readonly purpose: string
  /** What a value has to look like, in words a mistake can end with. */
  readonly wants: string
  /** The default in words, for the reference. */
  readonly fallback: string
  readonly parse: Parse<T>
  /** `yes`: never repeated back. `password`: repeated with its password struck out. */
  readonly secret?: 'yes' | 'password'
}

function setting<T>(row: Setting<T>): Setting<T> {
  return row
}

function port(name: `PALIER_${string}_PORT`, what: string, fallback: string): Setting<number> {
  return setting({
    name,
    purpose: `Port on which ${what} listens; 0 takes a free one.`,
    wants: 'a port, 0 to 65535',
    fallback,
    parse: value.integer(0, 65535),
  })
}

function host(name: `PALIER_${string}_HOST`, what: string): Setting<string> {
  return setting({
    name,
    purpose: `Address or host name on which ${what} listens. \`0.0.0.0\` or \`::\` listens everywhere.`,
    wants: 'an address or a host name',
    fallback: '127.0.0.1',
    parse: value.word,
  })
}

export const SETTINGS = {
  issuer: setting({
    name: 'PALIER_ISSUER',
    purpose: "id's public address. Security keys are bound to its domain (see PALIER_RP_ID).",
    wants: 'https://host[:port] without a path, or http://localhost[:port]',
    fallback: 'http://localhost:8080',
    parse: value.publicOrigin,
  }),
  gatewayUrl: setting({
    name: 'PALIER_GATEWAY_URL',
    purpose: "The gateway's public address: what Matrix clients are given as their homeserver.",
    wants: 'https://host[:port] without a path, or http://localhost[:port]',
    fallback: 'http://localhost:8008',
    parse: value.publicOrigin,
  }),
  consoleUrl: setting({
    name: 'PALIER_CONSOLE_URL',
    purpose:
      "An address of its own for the console, served by id's listener under the same RP id; the issuer's address then refuses it. See docs/operations/console.md.",
    wants: 'https://host[:port] without a path, or http://NAME.localhost[:port]',
    fallback: "the issuer's address",
    parse: value.publicOrigin,
  }),
  homeserverUrl: setting({
    name: 'PALIER_HOMESERVER_URL',
    purpose: 'Where the gateway reaches the homeserver. It must not be reachable by clients in any other way.',
    wants: 'http://host[:port] or https://host[:port] without a path',
    fallback: 'the labelled sample homeserver',
    parse: value.origin,
  }),
  serverName: setting({
    name: 'PALIER_SERVER_NAME',
    purpose:
      "The homeserver's server_name: the part after the colon of a Matrix id. Required with PALIER_HOMESERVER_URL.",
    wants: 'a Matrix server name, such as example.org',
    fallback: 'localhost (sample only)',
    parse: value.serverName,
  }),
  rpId: setting({
    name: 'PALIER_RP_ID',
    purpose:
      'The WebAuthn relying party id. Keys enrolled under one RP id do not work under another, so choose it to outlive an address.',
    wants: "the issuer's host name, or a domain it belongs to (at least two labels)",
    fallback: "the issuer's host name",
    parse: value.domain,
  }),
  databaseUrl: setting({
    name: 'PALIER_DATABASE_URL',
    purpose: 'The Postgres database. Needed as soon as more than one process runs.',
    wants: 'postgres://user:password@host:port/database',
    fallback: 'an embedded Postgres in the data directory',
    parse: value.postgresUrl,
    secret: 'password',
  }),
  dataDir: setting({
    name: 'PALIER_DATA_DIR',
    purpose: 'Where the embedded database, the generated secret and the local Synapse live. Relative to the clone.',
    wants: 'a path',
    fallback: '.palier',
    parse: value.path,
  }),
  secrets: setting({
    name: 'PALIER_SECRET',
    purpose:
      'The secret every key is derived from. Several, comma-separated, during a rotation: the first seals, all open. Required beside an https issuer.',
    wants: 'at least 32 characters each (`openssl rand -base64 48`), comma-separated, current one first',
    fallback: 'generated once in the data directory, for http issuers only',
    parse: value.list(value.secret),
    secret: 'yes',
  }),
  roles: setting({
    name: 'PALIER_ROLES',
    purpose: 'Which parts this process runs.',
    wants: '`id`, `gateway`, or both, comma-separated',
    fallback: 'id,gateway',
    parse: value.list(value.oneOf('id', 'gateway')),
  }),
  trustedProxies: setting({
    name: 'PALIER_TRUSTED_PROXIES',
    purpose: 'Reverse proxies whose X-Forwarded-For and X-Forwarded-Proto are believed.',
    wants: 'addresses or CIDR ranges, comma-separated, such as 10.0.0.0/8,::1',
    fallback: 'none',
    parse: value.list(value.addressRange),
  }),
  readingsDays: setting({
    name: 'PALIER_READINGS_DAYS',
    purpose:
      'Days that lines of reading are kept: who read how much of which room (pseudonymous). Older days are dropped whole. See docs/privacy.md.',
    wants: 'a whole number of days, 1 to 3650',
    fallback: '183',
    parse: value.integer(1, 3650),
  }),
  holdSeconds: setting({
    name: 'PALIER_HOLD',
    purpose: 'Seconds a withheld request waits for a tap before it is answered 429. 0 answers at once.',
    wants: 'a whole number of seconds, 0 to 120',
    fallback: '25',
    parse: value.integer(0, 120),
  }),
  enforce: setting({
    name: 'PALIER_ENFORCE',
    purpose: '`observe` withholds nothing and logs what it would have withheld.',
    wants: '`enforce` or `observe`',
    fallback: 'enforce',
    parse: value.oneOf('enforce', 'observe'),
  }),
  keyPolicy: setting({
    name: 'PALIER_KEY_POLICY',
    purpose:
      'Which security keys may be enrolled: `attested` (in the FIDO metadata, hardware proved), `device-bound` (not a synced passkey), `any` (trials).',
    wants: '`any`, `device-bound` or `attested`',
    fallback: '`any` with an http issuer, `attested` with an https one',
    parse: value.oneOf('any', 'device-bound', 'attested'),
  }),
  metadataRoots: setting({
    name: 'PALIER_METADATA_ROOTS',
    purpose: "Who signs the metadata of security keys, in the place of FIDO's root: for an authority of your own.",
    wants: 'PEM certificates, the text itself',
    fallback: "FIDO's root, whose signer must be the metadata service",
    parse: value.certificates,
  }),
  clientRedirects: setting({
    name: 'PALIER_CLIENT_REDIRECTS',
    purpose: 'Where clients may be sent after an SSO login: an origin with a path prefix, or a custom scheme.',
    wants: 'https://chat.example.org/, http://localhost:* or io.element.desktop: and the like, comma-separated',
    fallback: '`http://localhost:*` and the reader with an http issuer, none with an https one',
    parse: value.list(value.clientRedirect),
  }),
  acrAliases: setting({
    name: 'PALIER_ACR_ALIASES',
    purpose: "Extra acr values that relying parties may ask for and that mean phrh here, such as ProConnect's eidas3.",
    wants: 'words without spaces, comma-separated',
    fallback: 'none',
    parse: value.list(value.word),
  }),
  serverRoutes: setting({
    name: 'PALIER_SERVER_ROUTES',
    purpose:
      'Routes that are for servers, not clients (federation, server keys, .well-known): closed, or passed on without client tokens.',
    wants: '`closed` or `passed`',
    fallback: 'closed',
    parse: value.oneOf('closed', 'passed'),
  }),
  existingLogins: setting({
    name: 'PALIER_EXISTING_LOGINS',
    purpose:
      'Clients that still hold a token of the homeserver from before the gateway: `refused` sends them to sign in at once; `asked-softly` lets them read on, counted and not withheld, until the day that the policy names for their group (`existing_logins`).',
    wants: '`refused` or `asked-softly`',
    fallback: 'refused',
    parse: value.oneOf('refused', 'asked-softly'),
  }),
  legacyMedia: setting({
    name: 'PALIER_LEGACY_MEDIA',
    purpose:
      'The media routes that ask for no token (`/_matrix/media/…/download`, `thumbnail`): `open` lets anyone who knows the id of a file read it unmetered, as far as the homeserver still serves it (Synapse: what is older than authenticated media). For clients that cannot send a token for files.',
    wants: '`closed` or `open`',
    fallback: 'closed',
    parse: value.oneOf('closed', 'open'),
  }),
  pushGateways: setting({
    name: 'PALIER_PUSH_GATEWAYS',
    purpose:
      'Push gateways that a client may register at without a tap, when it asks for `event_id_only` and nothing else: whole addresses.',
    wants: 'addresses such as `https://push.example.org/_matrix/push/v1/notify`, comma-separated',
    fallback: "`https://matrix.org/_matrix/push/v1/notify` (Element's)",
    parse: value.list(value.address),
  }),
  webhooks: setting({
    name: 'PALIER_WEBHOOKS',
    purpose:
      'Who is told of alerts by signed webhooks (Standard Webhooks). A word `inside` at the end permits a private or loopback address.',
    wants: 'each `name https://host/path whsec_<32 to 88 characters of base64> [inside]`, comma-separated',
    fallback: 'nobody',
    parse: value.list(value.webhook),
    secret: 'yes',
  }),
  smtpUrl: setting({
    name: 'PALIER_SMTP_URL',
    purpose: 'The mail server that alerts go out through. STARTTLS is required with smtp:, except on this machine.',
    wants: 'smtp://[user:password@]host[:port] or smtps://…',
    fallback: 'no mail',
    parse: value.smtpUrl,
    secret: 'password',
  }),
  mailFrom: setting({
    name: 'PALIER_MAIL_FROM',
    purpose: 'The address that mail comes from. Required with PALIER_SMTP_URL.',
    wants: 'a bare mail address, such as palier@example.org',
    fallback: 'none',
    parse: value.mailAddress,
  }),
  alertMailTo: setting({
    name: 'PALIER_ALERT_MAIL_TO',
    purpose: 'Who is told of alerts by mail, beside the owners that have an address (`palier alerts address`).',
    wants: 'bare mail addresses, comma-separated',
    fallback: 'nobody',
    parse: value.list(value.mailAddress),
  }),
  proofIssuer: setting({
    name: 'PALIER_PROOF_ISSUER',
    purpose:
      'Another OpenID Connect provider (a ministry’s, ProConnect). Whoever redeems an enrolment link signs in there first, and has to be the person the link is for. Its redirect URI is `PALIER_ISSUER` followed by `/enrol-proof`.',
    wants: 'the provider’s issuer, https (or http on this machine)',
    fallback: 'none: a link is its bearer’s',
    parse: value.issuerUrl,
  }),
  proofClientId: setting({
    name: 'PALIER_PROOF_CLIENT_ID',
    purpose: 'The client id of Palier at that provider.',
    wants: 'one word',
    fallback: 'none',
    parse: value.word,
  }),
  proofClientSecret: setting({
    name: 'PALIER_PROOF_CLIENT_SECRET',
    purpose: 'The client secret of Palier at that provider.',
    wants: 'one word',
    fallback: 'none',
    parse: value.word,
    secret: 'yes',
  }),
  proofClaim: setting({
    name: 'PALIER_PROOF_CLAIM',
    purpose:
      'What of its answer is compared: `email` with the person’s address, `preferred_username` with the username, `sub` with the external id.',
    wants: '`email`, `preferred_username` or `sub`',
    fallback: 'email',
    parse: value.oneOf('email', 'preferred_username', 'sub'),
  }),
  proofEmails: setting({
    name: 'PALIER_PROOF_EMAILS',
    purpose:
      'Which addresses of that provider count: `verified` those with `email_verified: true`; `all` also those of which it does not say, for a provider that hands out none that is not the person’s own.',
    wants: '`verified` or `all`',
    fallback: 'verified',
    parse: value.oneOf('verified', 'all'),
  }),
  synapseAdminTokenFile: setting({
    name: 'PALIER_SYNAPSE_ADMIN_TOKEN_FILE',
    purpose:
      'A file with an access token of a Synapse administrator: prompts are then sent as server notices, too. It is read at each notice. The account should have no other use.',
    wants: 'a path',
    fallback: 'no server notices',
    parse: value.path,
  }),
  auditHeadsFile: setting({
    name: 'PALIER_AUDIT_HEADS_FILE',
    purpose:
      'A file that signed heads of the audit log are added to, one a line, every five minutes in which something happened. Put it where whoever can write to the database cannot: another disk, a write-once share. They also go to every webhook.',
    wants: 'a path',
    fallback: 'no file',
    parse: value.path,
  }),
  consentDialog: setting({
    name: 'PALIER_CONSENT_DIALOG',
    purpose:
      "`1` answers Element Web's withheld history with `403 M_CONSENT_NOT_GIVEN`, at which it opens a dialog with the link. Element Desktop's search index then gives up the rooms it meets that in: see docs/operations/alerts.md.",
    wants: '`0` or `1`',
    fallback: '0',
    parse: value.oneOf('0', '1'),
  }),
  logLevel: setting({
    name: 'PALIER_LOG_LEVEL',
    purpose: 'The least severe line that is logged.',
    wants: '`debug`, `info`, `warn` or `error`',
    fallback: 'info',
    parse: value.oneOf('debug', 'info', 'warn', 'error'),
  }),
  idHost: host('PALIER_ID_HOST', 'id'),
  idPort: port('PALIER_ID_PORT', 'id', "the issuer's port when it is http, else 8080"),
  gatewayHost: host('PALIER_GATEWAY_HOST', 'the gateway'),
  gatewayPort: port('PALIER_GATEWAY_PORT', 'the gateway', "the gateway URL's port when it is http, else 8008"),
  operationsHost: host(
    'PALIER_OPERATIONS_HOST',
    'the operations listener (health, readiness, metrics; keep it private)',
  ),
  operationsPort: port('PALIER_OPERATIONS_PORT', 'the operations listener', '9464'),
  sampleHost: host('PALIER_SAMPLE_HOST', 'the sample homeserver (private)'),
  samplePort: port('PALIER_SAMPLE_PORT', 'the sample homeserver', '8018'),
  readerHost: host('PALIER_READER_HOST', "the sample's reader page"),
  readerPort: port('PALIER_READER_PORT', "the sample's reader page", '8090'),
} as const

/** Names that are known but are not settings of the program itself: the file, and the browser of the tests. */
export const OTHER_NAMES = ['PALIER_CONFIG', 'PALIER_CHROMIUM'] as const

export type SettingKey = keyof typeof SETTINGS

/** What was set, parsed; a key is absent when it was not set. */
export type Values = { -readonly [K in SettingKey]?: NonNullable<ReturnType<(typeof SETTINGS)[K]['parse']>> }
