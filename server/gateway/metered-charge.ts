// What the ways of metering a request share: whose meters, which tap would pay, and the words of the decision line.
import type { Charge, Left, Scope, Spender, SpendRequest, Spent, Stream } from '../metering/port.ts'
import type { AllowanceMeter, MeteringPolicy } from '../policy/defaults.ts'
import type { DecisionLine } from './decision-line.ts'
import { isIdle } from './metered-plan.ts'
import type { MeteredRequest } from './metered-port.ts'
import type { HistoryParts, Serving } from './metered-serving.ts'
import type { Ask, Direction } from './ports.ts'

/** Writes the one decision line of a request. */
export type Say = (line: DecisionLine) => void

export type Short = Extract<Spent, { state: 'short' }>

/** What an allowance of this request is bound to, and what would be asked of the person. */
export interface Bound {
  /** Null: no room; `*`: all of them. */
  readonly room: string | null
  readonly direction: Direction
}

/** The caller's meters, by the limits in force for it. */
export function spenderOf(serving: Pick<Serving, 'applied'>, { caller }: MeteredRequest): Spender {
  const { serverName, personId, device } = caller
  return { serverName, personId, device, policy: serving.applied.metering }
}

export function scopeOf({ origin }: MeteredRequest, { room, direction }: Bound): Scope {
  return { network: origin.network, client: origin.client, room, direction }
}

/** A spend of an answer's units: all of them or none. */
export function spendOf(
  serving: Serving,
  request: MeteredRequest,
  streams: SpendRequest['streams'],
  bound: Bound | null,
  more: Partial<Pick<SpendRequest, 'live' | 'state' | 'tapOnly'>> = {},
): SpendRequest {
  return {
    ...spenderOf(serving, request),
    streams,
    live: 0,
    state: 0,
    position: null,
    since: null,
    idle: isIdle(request.caller, serving.clock.now(), serving.applied.metering),
    scope: bound && scopeOf(request, bound),
    ...more,
  }
}

/** The meter whose allowance pays a stream. */
export function allowanceOf(stream: Stream): AllowanceMeter {
  return stream === 'catch-up' || stream === 'first-sync' || stream === 'rooms' ? 'archive' : stream
}

/** The reason id of a stream that could not pay. */
export function reasonOf(stream: Stream, idle: boolean): string {
  const byIdle = stream === 'archive' || stream === 'catch-up' || stream === 'key-backup'
  return idle && byIdle ? 'idle' : `${stream}-exhausted`
}

/** What would be asked of the person for a request that is short of `stream` by `units`. */
export function askOf(
  request: MeteredRequest,
  policy: Pick<MeteringPolicy, 'taps'>,
  { room, direction }: Bound,
  short: { readonly stream: Stream; readonly reason: string; readonly units?: number; readonly exactly?: boolean },
): Ask {
  const { caller, origin } = request
  const meter = allowanceOf(short.stream)
  const usual = policy.taps[meter].units
  const units = short.units ?? 0
  // An answer larger than what a tap releases would ask for ever: the tap says its size then.
  const amount = short.exactly ? units : Math.max(usual, units)
  return {
    caller,
    origin,
    meter,
    ...(meter !== 'archive' && amount !== usual ? { amounts: amountsOf(meter, amount, policy) } : {}),
    rooms: room === null ? [] : [room],
    direction,
    reason: short.reason,
  }
}

// Bytes and files of media are released by one tap.
function amountsOf(
  meter: AllowanceMeter,
  amount: number,
  { taps }: Pick<MeteringPolicy, 'taps'>,
): NonNullable<Ask['amounts']> {
  if (meter !== 'media-bytes' && meter !== 'media-files') return { [meter]: amount }
  return {
    'media-bytes': taps['media-bytes'].units,
    'media-files': taps['media-files'].units,
    [meter]: amount,
  }
}

/** Units of a charge. */
export function unitsOf({ hashes, bare }: Charge): number {
  return hashes.length + bare
}

/** Units of all streams together. */
export function totalOf(streams: SpendRequest['streams']): number {
  return Object.values(streams).reduce((sum, charge) => sum + unitsOf(charge), 0)
}

/** Units meter by meter, for the decision line. */
export function unitsIn(streams: SpendRequest['streams']): NonNullable<DecisionLine['units']> {
  const units: Partial<Record<Stream, number>> = {}
  for (const [stream, charge] of Object.entries(streams)) units[stream as Stream] = unitsOf(charge)
  return units
}

/** Units of a stream that are still to be paid. */
export function missing(stream: Stream, streams: SpendRequest['streams'], short: Short): number {
  const charge = streams[stream]
  if (!charge) return 0
  return charge.hashes.filter((hash) => !short.free.has(hash)).length + charge.bare
}

export function leftOf(left: Left, stream: Stream): number {
  return left[stream] ?? 0
}

export function messageOf(error: unknown): string {
  return String(error instanceof Error ? error.message : error).slice(0, 200)
}

/** The line of a request with what every line of it says. */
export function sayer(
  serving: Serving,
  parts: Pick<HistoryParts, 'decisions'>,
  request: MeteredRequest,
  common: Partial<DecisionLine>,
): Say {
  const { version } = serving.applied
  return (line) => parts.decisions.write(request, { ...common, policyVersion: version, ...line })
}

/** Live events past their ceiling: nothing is withheld, somebody should look. */
export function alarm(deps: Pick<Serving, 'metrics' | 'log'>, { caller }: MeteredRequest): void {
  deps.metrics.count('palier_live_ceiling_alarms_total', {})
  deps.log.warn('metering.live-ceiling', { person: caller.personId, device: caller.device })
}
