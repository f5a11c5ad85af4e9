// What only two administrators can release together, as canonical JSON, and the challenge that each of them signs.
import * as z from 'zod'
import { type ActIntent, actIntentSchema } from './act-intent.ts'
import { canonicalJson, intentChallenge } from './intent.ts'

const common = {
  v: z.literal(1),
  /** `rel_…`: names the release. */
  jti: z.string(),
  iss: z.string(),
  server_name: z.string(),
  /** Why, in the requesting administrator's words, cleaned as it is shown. */
  reason: z.string(),
  /** Seconds that it lasts once both have tapped. */
  lives_seconds: z.int().positive(),
  /** Seconds since the epoch: made, and no longer to be tapped. */
  iat: z.int(),
  exp: z.int(),
}

/** History of named rooms and dates, past the day's ceiling of taps, for one device of one person. */
const exportIntentSchema = z.strictObject({
  ...common,
  typ: z.literal('export-release'),
  /** Who reads: neither of the two administrators. */
  subject: z.strictObject({ person: z.string(), username: z.string(), user_id: z.string() }),
  /** The device that reads, as it signed in. */
  device: z.strictObject({
    key: z.string(),
    id: z.string(),
    name: z.string().nullable(),
    client: z.string(),
    network: z.string(),
    signed_in_at: z.int(),
  }),
  /** The only network it may read from; null: any. */
  network: z.string().nullable(),
  /** Room ids, sorted, each once. */
  rooms: z.array(z.string()).min(1),
  /** Only events whose `origin_server_ts` lies from `from` to before `until`, seconds since the epoch. */
  dates: z.strictObject({ from: z.int(), until: z.int() }),
  max_events: z.int().positive(),
})

/** An outage: thresholds are counted and withhold nothing, for everybody, for that long. */
const enforcementOffIntentSchema = z.strictObject({ ...common, typ: z.literal('enforcement-off') })

export const releaseIntentSchema = z.discriminatedUnion('typ', [exportIntentSchema, enforcementOffIntentSchema])

export type ExportIntent = z.infer<typeof exportIntentSchema>
export type ReleaseIntent = z.infer<typeof releaseIntentSchema>
export type ReleaseTyp = ReleaseIntent['typ']

/** Whatever two administrators sign: releases, and the console's grave acts. */
export const twoPersonIntentSchema = z.union([releaseIntentSchema, actIntentSchema])
export type TwoPersonIntent = ReleaseIntent | ActIntent

const DOMAINS: Readonly<Record<TwoPersonIntent['typ'], string>> = {
  'export-release': 'palier/export-release/v1\0',
  'enforcement-off': 'palier/enforcement-off/v1\0',
  'console-act': 'palier/console-act/v1\0',
}

/** The intent as canonical JSON (RFC 8785): the bytes that are stored, shown, and signed by both. */
export function canonicalReleaseIntent(intent: TwoPersonIntent): string {
  return canonicalJson(intent)
}

/** The challenge of one of the two taps: the same bytes for both, a nonce of its own for each. */
export function releaseChallenge(
  nonce: Uint8Array,
  typ: TwoPersonIntent['typ'],
  canonical: string,
): Uint8Array<ArrayBuffer> {
  return intentChallenge(nonce, canonical, DOMAINS[typ])
}
