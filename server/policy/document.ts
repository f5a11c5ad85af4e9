// The policy document: one typed schema. What it decodes from is what people write and what versions keep; what it decodes to
// is what the program uses (seconds, bytes, epoch milliseconds). docs/reference/policy.md is generated from it.
import * as z from 'zod'
import { ACTIONS, SIGNALS } from '../detection/port.ts'
import { ALLOWANCE_METERS, type AllowanceMeter, RING_METERS, type RingMeter } from './defaults.ts'
import { plain } from './fault.ts'
import { count, DAY, duration, fraction, HOUR, instant, line, MINUTE, oneOf, size } from './values.ts'

/** The group that everybody is in. */
export const EVERYONE = 'everyone'

/** Beyond any meter, and far within what a bigint holds. */
const MOST = 1_000_000_000_000

const UNITS = {
  archive: 'messages',
  'catch-up': 'messages',
  live: 'messages',
  state: 'rows of rooms’ state',
  directory: 'directory entries',
  'media-bytes': 'bytes',
  'media-files': 'files',
  'key-backup': 'keys',
  joins: 'rooms joined',
  'tap-release': 'messages',
  pushers: 'push addresses',
} as const satisfies Record<RingMeter | AllowanceMeter, string>

/** Limits of 0 mean "nothing without a tap"; where a tap cannot help, they would mean nothing at all. */
const LEAST: Partial<Record<RingMeter, number>> = { live: 1, 'tap-release': 1 }

function units(meter: RingMeter | AllowanceMeter, least: number) {
  return meter === 'media-bytes' ? size(least, MOST * 1_000) : count(least, MOST, UNITS[meter])
}

function windows(meter: RingMeter) {
  const window = z.strictObject({
    window: duration(MINUTE, 366 * DAY),
    buckets: count(1, 1_000, 'sub-buckets'),
    limit: units(meter, LEAST[meter] ?? 0),
  })
  return z
    .array(window, { error: 'a list of windows, each `{ window: 1 h, buckets: 60, limit: … }`' })
    .meta({ fault: plain('not-windows') })
}

function limits(meter: RingMeter) {
  return z
    .array(units(meter, LEAST[meter] ?? 0), { error: 'a list of limits, one a window, in the order of `windows`' })
    .meta({ fault: plain('not-limits') })
}

function tap(meter: AllowanceMeter) {
  return z.strictObject({ units: units(meter, 1), for: duration(MINUTE, DAY) })
}

function each<Name extends string, Schema extends z.ZodType>(
  names: readonly Name[],
  schemaOf: (name: Name) => Schema,
): Record<Name, Schema> {
  return Object.fromEntries(names.map((name) => [name, schemaOf(name)])) as Record<Name, Schema>
}

const group = line(1, 100, 'the name or id of a group, or `everyone`')
const reason = line(3, 300, 'a reason')

export const limitRule = z.strictObject({
  group,
  from: instant.optional(),
  windows: z.strictObject(each(RING_METERS, (meter) => limits(meter).optional())).optional(),
  rooms: count(0, MOST, 'rooms').optional(),
  first_sync: count(0, MOST, 'messages').optional(),
  taps: z.strictObject(each(ALLOWANCE_METERS, (meter) => units(meter, 1).optional())).optional(),
})

export const enforcementRule = z.strictObject({ group, from: instant, mode: oneOf(['observe', 'enforce']) })

export const exemptionRule = z.strictObject({
  user: line(3, 255, 'a Matrix user id').optional(),
  group: group.optional(),
  client: line(4, 200, 'text that the User-Agent at sign-in contains').optional(),
  until: instant,
  reason,
})

export const existingLogin = z.strictObject({ group, from: instant })

const action = oneOf(ACTIONS)
const whole = (unit: string) => count(1, 1_000_000, unit)

/** Every section; those left out of a document are as they ship. */
export const policySchema = z.strictObject({
  windows: z.strictObject(each(RING_METERS, windows)),
  rooms: z.strictObject({ window: duration(HOUR, 30 * DAY), limit: count(0, MOST, 'rooms') }),
  first_sync: count(0, MOST, 'messages'),
  taps: z.strictObject(each(ALLOWANCE_METERS, tap)),
  weights: z.strictObject({ plaintext: count(1, 10, 'units'), encrypted: count(1, 10, 'units') }),
  live_window: duration(10, DAY),
  idle_after: duration(MINUTE, 4 * HOUR),
  give_backs: count(0, 100, 'times in 30 days'),
  limits: z.array(limitRule),
  enforcement: z.array(enforcementRule),
  exemptions: z.array(exemptionRule),
  existing_logins: z.array(existingLogin),
  detection: z.strictObject({
    sweep: z.strictObject({ action, rooms: whole('rooms in an hour') }),
    'machine-pace': z.strictObject({
      action,
      minutes: whole('minutes in a row'),
      events: whole('messages a minute'),
      variation: fraction(0, 1),
    }),
    'directory-crawl': z.strictObject({ action, rows: whole('directory entries in a day') }),
    'unusual-hours': z.strictObject({ action, events: whole('messages in an hour'), days: whole('days') }),
    'denied-approvals': z.strictObject({ action, denied: whole('prompts denied in a day') }),
    'live-ceiling': z.strictObject({ action }),
    together: z.array(z.strictObject({ signals: z.array(oneOf(SIGNALS)).min(2), action })),
  }),
  /** "Nobody reads history without a tap". Switched with `palier policy emergency`. */
  emergency: z.strictObject({ since: instant, reason }).nullable(),
})

/** The document as the program uses it. */
export type PolicyDocument = z.output<typeof policySchema>
/** The document as it is written and kept: durations, sizes and times as text. */
export type WrittenPolicy = z.input<typeof policySchema>

/** The written form, whole: what a version keeps and its hash covers. */
export function writePolicy(document: PolicyDocument): WrittenPolicy {
  return z.encode(policySchema, document)
}
