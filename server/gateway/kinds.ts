// What differs for callers that are no person at a device with a key, put around the pipeline: services see their rooms only, have
// limits of their own and nobody to prompt; clients from before the gateway are counted and nothing is withheld from them; who came
// in with a temporary pass reads what comes in now, and no tap gives them more.
import { lastUsed } from '../platform/last-used.ts'
import type { MeteringPolicy, RingMeter, WindowPolicy } from '../policy/defaults.ts'
import type { PolicyInForce, PolicySubject } from '../policy/port.ts'
import { liveOnly } from '../policy/temporary.ts'
import { onlyRooms } from './bounds.ts'
import type { Metered, MeteredRequest, UpstreamAnswer, UpstreamFailure, UpstreamRequest } from './metered-port.ts'
import type { Ask, Caller, StepUp } from './ports.ts'

const DAY_SECONDS = 86_400
/** How often the sponsor of one service hears that its budget is spent. */
const TOLD_MS = 3_600_000
const TOLD_REMEMBERED = 10_000

/** A service with a list of rooms is shown a /sync with those only: the rest is neither counted nor sent. */
export function withinRooms(metered: Metered): Metered {
  return (request) => {
    const { rooms } = request.caller
    if (rooms === null || request.route.row.id !== 'sync') return metered(request)
    const send: MeteredRequest['send'] = async (asked) => {
      // On disk nothing can be cut.
      const { spool: _, ...inMemory } = asked ?? {}
      const answer = await request.send(inMemory)
      // Filters and places are asked for with the same means: only an answer about rooms has any to cut.
      return answer.ok && answer.status === 200 ? cut(answer, rooms) : answer
    }
    return metered({ ...request, send })
  }
}

function cut(answer: UpstreamAnswer, rooms: readonly string[]): UpstreamAnswer | UpstreamFailure {
  try {
    const body: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(answer.body))
    if (typeof body !== 'object' || body === null || Array.isArray(body))
      return { ok: false, reason: 'died', sent: true }
    const kept = onlyRooms(body as Readonly<Record<string, unknown>>, rooms)
    return { ...answer, body: new TextEncoder().encode(JSON.stringify(kept)) }
  } catch {
    // What cannot be read cannot be cut, and is not shown.
    return { ok: false, reason: 'died', sent: true }
  }
}

/** An application service that speaks for a user does so in everything that is asked on the way, such as where to resume. */
export function asNamed(metered: Metered): Metered {
  return (request) => {
    const userId = request.caller.kind === 'service' ? request.route.query.first('user_id') : null
    if (userId === null) return metered(request)
    const named = <Asked extends UpstreamRequest>(asked: Asked | undefined): Asked | undefined =>
      asked?.target === undefined || /[?&]user_id=/.test(asked.target)
        ? asked
        : {
            ...asked,
            target: `${asked.target}${asked.target.includes('?') ? '&' : '?'}user_id=${encodeURIComponent(userId)}`,
          }
    return metered({
      ...request,
      send: (asked) => request.send(named(asked)),
      sendStreaming: (asked) => request.sendStreaming(named(asked)),
    })
  }
}

/** Policy by what kind of caller it is. */
export function policiesByKind<Policies extends PolicyInForce>(policies: Policies): Policies {
  const own = new WeakMap<object, { from: MeteringPolicy; metering: MeteringPolicy }>()
  const limited = (from: MeteringPolicy, limits: Readonly<Record<string, number>>): MeteringPolicy => {
    const known = own.get(limits)
    if (known?.from === from) return known.metering
    const metering = withLimits(from, limits)
    own.set(limits, { from, metering })
    return metering
  }
  return {
    ...policies,
    for(subject: PolicySubject & Partial<Pick<Caller, 'kind' | 'service' | 'temporary'>>) {
      const { kind, service, temporary } = subject
      if (temporary === true) return liveOnly(policies.for(subject))
      if (kind !== 'service' || !service) {
        const applied = policies.for(subject)
        return kind === 'existing' ? { ...applied, enforce: 'observe' } : applied
      }
      // Whomever it speaks for, it is itself: an exemption of somebody in its namespace is not one of its token, nor is one of
      // a client that people sign in with.
      const applied = policies.for({ ...subject, userId: service.userId, client: '' })
      return { ...applied, metering: limited(applied.metering, service.limits) }
    },
  }
}

/**
 * A service's limits are by the day: windows of a day or less get that number, longer ones as many times it as they have days;
 * `rooms` is the number of distinct rooms. Meters that are not named keep the policy's, and what the policy closes (a limit of
 * 0, as an emergency does) stays closed.
 */
export function withLimits(metering: MeteringPolicy, limits: Readonly<Record<string, number>>): MeteringPolicy {
  const own = (name: string) => (Object.hasOwn(limits, name) ? limits[name] : undefined)
  const windows = Object.fromEntries(
    (Object.entries(metering.windows) as [RingMeter, readonly WindowPolicy[]][]).map(([meter, of]) => {
      const limit = own(meter)
      if (limit === undefined) return [meter, of]
      const days = ({ windowSeconds }: WindowPolicy) => Math.max(1, Math.floor(windowSeconds / DAY_SECONDS))
      return [meter, of.map((window) => (window.limit === 0 ? window : { ...window, limit: limit * days(window) }))]
    }),
  ) as Record<RingMeter, readonly WindowPolicy[]>
  const rooms = own('rooms')
  const opened =
    rooms === undefined || metering.rooms.limit === 0 ? metering.rooms : { ...metering.rooms, limit: rooms }
  return { ...metering, windows, rooms: opened }
}

/**
 * Nobody is asked to tap for a service: it is refused, and `spent` tells who answers for it, at most once an hour. Nor for a
 * temporary pass, whoever holds a key of that person.
 */
export function stepUpByKind(
  stepUp: StepUp,
  deps: { readonly clock: { now(): number }; readonly spent: (ask: Ask) => void },
): StepUp {
  const told = lastUsed<string, number>(TOLD_REMEMBERED)
  return {
    ...stepUp,
    async request(ask) {
      if (ask.caller.temporary === true) return { approvalUri: '', approvalHash: '', state: 'denied' }
      if (ask.caller.kind !== 'service') return stepUp.request(ask)
      const key = `${ask.caller.device} ${ask.meter}`
      const now = deps.clock.now()
      if (now - (told.get(key) ?? Number.NEGATIVE_INFINITY) >= TOLD_MS) {
        told.set(key, now)
        deps.spent(ask)
      }
      return { approvalUri: '', approvalHash: '', state: 'denied' }
    },
  }
}
