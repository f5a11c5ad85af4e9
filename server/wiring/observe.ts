// From the gateway's events to its metrics.
import type { GatewayEvent } from '../gateway/node/server.ts'
import type { Log } from '../platform/log.ts'
import type { Metrics } from '../platform/metrics.ts'

/** Counts every request; says in the log what went wrong with one. */
export function observer(metrics: Metrics, log: Log): (event: GatewayEvent) => void {
  return (event) => {
    const { treatment, status, outcome, reason, durationMs } = event
    metrics.count('palier_requests_total', {
      treatment,
      status: status === 0 ? 'none' : `${Math.floor(status / 100)}xx`,
    })
    metrics.observe('palier_request_seconds', { treatment }, durationMs / 1000)
    if (outcome === 'upstream-failed') metrics.count('palier_upstream_failures_total', { reason: reason || 'unknown' })
    if (outcome === 'failed' || outcome === 'upstream-failed') {
      log.warn('gateway.request_failed', { row: event.row, outcome, reason, status, device: event.device })
    }
  }
}
