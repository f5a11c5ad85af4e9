// What a metered request of bounded size asks for, read off its classified route. Pure.
import type { Reserved } from '../metering/port.ts'
import type { Shape } from '../metering/scanner/port.ts'
import type { MeteringPolicy } from '../policy/defaults.ts'
import type { Classified } from './classify.ts'
import type { Caller, Direction } from './ports.ts'

export type Granted = Extract<Reserved, { state: 'granted' }>
export type Refused = Extract<Reserved, { state: 'refused' }>

export interface Plan {
  readonly shape: Shape
  readonly room: string
  readonly direction: Direction
  /** Events the answer may carry when the limit is honoured, at least 1. */
  readonly events: number
  /** The target that asks for at most that many events. */
  target(events: number): string
}

/** The plan of a route with a bounded answer; null for a route this pipeline does not know. */
export function planOf(route: Classified): Plan | null {
  const room = route.params['roomId']
  if (room === undefined) return null
  const path = route.target.split('?', 1)[0] as string
  const limited = (limit: number) => route.query.with('limit', String(limit), path)
  const asked = route.limit ?? 0
  const { id } = route.row
  if (id === 'rooms.event') return { shape: 'event', room, direction: 'event', events: 1, target: () => route.target }
  if (id === 'rooms.context') {
    // The event asked for comes besides the limit.
    return {
      shape: 'context',
      room,
      direction: 'around',
      events: asked + 1,
      target: (events) => limited(Math.min(asked, events - 1)),
    }
  }
  if (id === 'rooms.messages' || id.includes('relations') || id.includes('threads')) {
    const direction = route.query.first('dir') === 'f' ? 'forward' : 'backward'
    return {
      shape: 'chunk',
      room,
      direction,
      events: Math.max(1, asked),
      target: (events) => limited(Math.min(asked, events)),
    }
  }
  return null
}

/**
 * Whether a device was without activity and tap for longer than the idle limit. Sessions do not count a request as activity
 * once the limit has passed: only a tap ends it.
 */
export function isIdle(caller: Caller, nowMs: number, policy: Pick<MeteringPolicy, 'idleLimitMs'>): boolean {
  return nowMs - Math.max(caller.lastActiveAtMs, caller.lastTapAtMs) > policy.idleLimitMs
}
