// The only place that reads the wall clock. Everything else is handed a Clock, so that time is an input.

/** Wall-clock time. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number
}

export const systemClock: Clock = { now: () => Date.now() }
