// The Metrics port where nobody scrapes: each observation is a line of the log, to be counted by whatever keeps the logs.
import type { Log } from '../platform/log.ts'
import type { Metrics } from '../platform/metrics.ts'

/** Metrics as `metric` lines at the level `debug`. */
export function loggedMetrics(log: Log): Metrics {
  const line = (name: string, labels: Readonly<Record<string, string>>, value: number) =>
    log.debug('metric', { ...labels, name, value })
  return {
    count: (name, labels, by = 1) => line(name, labels, by),
    set: (name, labels, value) => line(name, labels, value),
    observe: (name, labels, value) => line(name, labels, value),
  }
}
