// Every identifier and secret that Palier hands out: its prefix, length, pattern and generator, in one table.
// Secrets are stored as SHA-256 hashes only (`hashToken`); ids are stored as they are.
import { sha256Base64Url } from './crypto.ts'
import { base64Url } from './encoding.ts'
import type { Random } from './random.ts'

const KINDS = {
  // ids: name a row, give no right
  person: { prefix: 'per', bytes: 16 },
  credential: { prefix: 'key', bytes: 16 },
  ceremony: { prefix: 'cer', bytes: 16 },
  sid: { prefix: 'sid', bytes: 16 },
  device: { prefix: 'dev', bytes: 16 },
  reservation: { prefix: 'rsv', bytes: 16 },
  allowance: { prefix: 'alw', bytes: 16 },
  group: { prefix: 'grp', bytes: 16 },
  release: { prefix: 'rel', bytes: 16 },
  service: { prefix: 'svc', bytes: 16 },
  renewal: { prefix: 'ren', bytes: 16 },
  incident: { prefix: 'inc', bytes: 16 },
  reveal: { prefix: 'rev', bytes: 16 },
  notification: { prefix: 'ntf', bytes: 16 },
  alert: { prefix: 'alr', bytes: 16 },
  act: { prefix: 'act', bytes: 16 },
  apiToken: { prefix: 'tok', bytes: 16 },
  expectedKey: { prefix: 'exp', bytes: 16 },
  gatewayProcess: { prefix: 'gwp', bytes: 12 },
  peopleImport: { prefix: 'imp', bytes: 16 },
  signingKey: { prefix: 'kid', bytes: 12 },
  // secrets: whoever holds one may use it
  idSession: { prefix: 'pis', bytes: 32 },
  browserBinding: { prefix: 'pbb', bytes: 32 },
  transaction: { prefix: 'ptx', bytes: 32 },
  authorizationCode: { prefix: 'pac', bytes: 32 },
  oidcAccessToken: { prefix: 'pat', bytes: 32 },
  oidcRefreshToken: { prefix: 'prt', bytes: 32 },
  clientSecret: { prefix: 'pcs', bytes: 32 },
  enrolmentTicket: { prefix: 'pet', bytes: 32 },
  ssoNonce: { prefix: 'psn', bytes: 32 },
  loginToken: { prefix: 'plt', bytes: 32 },
  matrixAccessToken: { prefix: 'pma', bytes: 32 },
  matrixRefreshToken: { prefix: 'pmr', bytes: 32 },
  approval: { prefix: 'apv', bytes: 32 },
  consoleToken: { prefix: 'pct', bytes: 32 },
  serviceToken: { prefix: 'pls', bytes: 32 },
} as const

export type TokenKind = keyof typeof KINDS

/** A fresh `prefix_<base64url>` of the given kind. */
export function newToken(kind: TokenKind, random: Random): string {
  const { prefix, bytes } = KINDS[kind]
  return `${prefix}_${base64Url(random.bytes(bytes))}`
}

/** Whether a string has exactly the form of that kind; says nothing of whether it was ever issued. */
export function isToken(kind: TokenKind, text: string): boolean {
  const { prefix, bytes } = KINDS[kind]
  const length = prefix.length + 1 + Math.ceil((bytes * 4) / 3)
  return text.length === length && text.startsWith(`${prefix}_`) && /^[A-Za-z0-9_-]+$/.test(text)
}

/** The form in which a secret is stored and looked up: SHA-256, base64url. */
export function hashToken(token: string): string {
  return sha256Base64Url(token)
}
