// What a page of the live watch shows at one moment.
import * as z from 'zod'
import { shownText } from '../../platform/shown-text.ts'
import { alertAnswer, alertShown } from '../alerts/verbs.ts'
import type { ConsoleDeps } from '../deps.ts'
import type { ReadingTotal } from '../reading/port.ts'
import type { GatewayHeard, Tap } from './port.ts'

const MINUTES = 60
const MINUTE_MS = 60_000
const NEAR_AT_MOST = 20
/** A gateway says that it is there every five seconds. */
export const GATEWAY_LATE_MS = 15_000
const NAME_CHARACTERS = 80
const CLIENT_CHARACTERS = 200

/** Meters whose unit is an event: bytes and rows are not added to them. */
export const EVENT_METERS: ReadonlySet<string> = new Set(['archive', 'catch-up', 'first-sync', 'live'])

const person = z.object({ id: z.string(), username: z.string(), display_name: z.string() })

export const tapAnswer = z.object({
  id: z.string(),
  state: z.enum(['pending', 'approved', 'denied', 'expired']),
  person: person.nullable(),
  device: z.object({ id: z.string(), name: z.string().nullable() }),
  client: z.string(),
  network: z.string(),
  amounts: z.array(z.object({ meter: z.string(), units: z.number() })),
  rooms: z.number().nullable(),
  asked_at: z.string(),
  expires_at: z.string(),
  decided_at: z.string().nullable(),
})

export const snapshotAnswer = z.object({
  at: z.string(),
  /** Events of the last hour, minute by minute, oldest first; the last one is under way. */
  minutes: z.array(z.object({ at: z.string(), live: z.number(), released: z.number(), withheld: z.number() })),
  near: z.array(
    z.object({
      person,
      server_name: z.string(),
      meter: z.string(),
      window_seconds: z.number(),
      used: z.number(),
      limit: z.number(),
      share: z.number(),
    }),
  ),
  held: z.object({ requests: z.number(), pending: z.number(), newest: z.array(tapAnswer) }),
  last_hour: z.object({ approved: z.number(), denied: z.number(), expired: z.number(), newest: z.array(tapAnswer) }),
  alerts: z.object({ open: z.number(), newest: z.array(alertAnswer) }),
  gateways: z.array(
    z.object({
      id: z.string(),
      server_name: z.string(),
      started_at: z.string(),
      heard_at: z.string(),
      held: z.number(),
      late: z.boolean(),
    }),
  ),
})
export type Snapshot = z.output<typeof snapshotAnswer>

/** A tap as it is answered: what clients called themselves is made fit to show, and rooms are counted, not named. */
export function tapShown(tap: Tap): z.input<typeof tapAnswer> {
  const { person: who, device } = tap
  return {
    id: tap.id,
    state: tap.state,
    person: who && { id: who.id, username: who.username, display_name: who.displayName },
    device: { id: device.id, name: device.name === null ? null : shownText(device.name, NAME_CHARACTERS) },
    client: shownText(tap.client, CLIENT_CHARACTERS) ?? '',
    network: tap.network,
    amounts: tap.amounts.map(({ meter, units }) => ({ meter, units })),
    rooms: tap.rooms,
    asked_at: tap.askedAt.toISOString(),
    expires_at: tap.expiresAt.toISOString(),
    decided_at: tap.decidedAt?.toISOString() ?? null,
  }
}

/** Events by minute, from totals of minutes; minutes without any are zeros. */
export function minutesOf(totals: readonly ReadingTotal[], now: Date): Snapshot['minutes'] {
  const lastMs = Math.floor(now.getTime() / MINUTE_MS) * MINUTE_MS
  const minutes = Array.from({ length: MINUTES }, (_, index) => ({
    at: new Date(lastMs - (MINUTES - 1 - index) * MINUTE_MS).toISOString(),
    live: 0,
    released: 0,
    withheld: 0,
  }))
  for (const { at, meter, units, withheld } of totals) {
    const minute = minutes[MINUTES - 1 - (lastMs - at.getTime()) / MINUTE_MS]
    if (minute === undefined || !EVENT_METERS.has(meter)) continue
    minute[meter === 'live' ? 'live' : 'released'] += units
    minute.withheld += withheld
  }
  return minutes
}

/** All of it, read now. */
export async function takeSnapshot(deps: Pick<ConsoleDeps, 'watch' | 'clock'>): Promise<Snapshot> {
  const now = new Date(deps.clock.now())
  const from = new Date(now.getTime() - MINUTES * MINUTE_MS)
  const [watched, near, totals] = await Promise.all([
    deps.watch.now(),
    deps.watch.near(NEAR_AT_MOST),
    deps.watch.totals({ from, to: new Date(now.getTime() + MINUTE_MS), width: 'minute' }),
  ])
  const { gateways, pending, decided, alerts } = watched
  return {
    at: now.toISOString(),
    minutes: minutesOf(totals, now),
    near: near.map(({ person: who, serverName, reading, share }) => ({
      person: { id: who.id, username: who.username, display_name: who.displayName },
      server_name: serverName,
      meter: reading.meter,
      window_seconds: reading.windowSeconds,
      used: reading.used + reading.held,
      limit: reading.limit,
      share: Math.round(share * 1000) / 1000,
    })),
    held: {
      requests: gateways.filter((one) => !isLate(one, now)).reduce((sum, { held }) => sum + held, 0),
      pending: pending.count,
      newest: pending.newest.map(tapShown),
    },
    last_hour: {
      approved: decided.approved,
      denied: decided.denied,
      expired: decided.expired,
      newest: decided.newest.map(tapShown),
    },
    alerts: { open: alerts.open, newest: alerts.newest.map(alertShown) },
    gateways: gateways.map((one) => ({
      id: one.id,
      server_name: one.serverName,
      started_at: one.startedAt.toISOString(),
      heard_at: one.heardAt.toISOString(),
      held: one.held,
      late: isLate(one, now),
    })),
  }
}

function isLate({ heardAt }: GatewayHeard, now: Date): boolean {
  return now.getTime() - heardAt.getTime() > GATEWAY_LATE_MS
}
