// The metrics port: every metric by name, declared in one table, so that a dashboard's names have one home.
// Labels have few values, known beforehand: never a person, a device, a room or a path.

const DURATION_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

interface Definition {
  readonly kind: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  readonly labels: readonly string[]
  readonly buckets?: readonly number[]
}

export const METRICS = {
  palier_requests_total: {
    kind: 'counter',
    help: 'Requests by treatment and status class.',
    labels: ['treatment', 'status'],
  },
  palier_request_seconds: {
    kind: 'histogram',
    help: 'Seconds until the first byte of an answer.',
    labels: ['treatment'],
    buckets: DURATION_BUCKETS,
  },
  palier_metered_decisions_total: {
    kind: 'counter',
    help: 'Decisions on metered requests.',
    labels: ['decision', 'reason'],
  },
  palier_metered_events_total: {
    kind: 'counter',
    help: 'Units (events, rows, files, bytes) by meter and what became of them.',
    labels: ['window', 'outcome'],
  },
  palier_readings_lost_total: {
    kind: 'counter',
    help: 'Lines of reading that could not be stored: the meters are exact all the same.',
    labels: [],
  },
  palier_held_requests: { kind: 'gauge', help: 'Requests waiting for a tap now.', labels: [] },
  palier_open_requests: { kind: 'gauge', help: 'Requests open now.', labels: [] },
  palier_revocation_feed_silence_seconds: {
    kind: 'gauge',
    help: 'Seconds since the revocation feed was last heard.',
    labels: [],
  },
  palier_live_ceiling_alarms_total: {
    kind: 'counter',
    help: 'Devices whose live events passed the ceiling.',
    labels: [],
  },
  palier_alerts_total: {
    kind: 'counter',
    help: 'Alerts raised by detection.',
    labels: ['signal'],
  },
  palier_notifications_total: {
    kind: 'counter',
    help: 'Attempts to deliver server notices, webhooks and mail.',
    labels: ['channel', 'outcome'],
  },
  palier_upstream_failures_total: {
    kind: 'counter',
    help: 'Homeserver answers that could not be used.',
    labels: ['reason'],
  },
} as const satisfies Record<string, Definition>

type Named<K extends Definition['kind']> = {
  [N in keyof typeof METRICS]: (typeof METRICS)[N]['kind'] extends K ? N : never
}[keyof typeof METRICS]

export type MetricName = keyof typeof METRICS
export type LabelsOf<N extends MetricName> = Readonly<Record<(typeof METRICS)[N]['labels'][number], string>>

/** Where features count. A metric without labels takes no second argument's fields (`{}`). */
export interface Metrics {
  /** Adds to a counter; 1 by default. */
  count<N extends Named<'counter'>>(name: N, labels: LabelsOf<N>, by?: number): void
  /** Sets a gauge. */
  set<N extends Named<'gauge'>>(name: N, labels: LabelsOf<N>, value: number): void
  /** Records a value in a histogram, in the unit its name ends with. */
  observe<N extends Named<'histogram'>>(name: N, labels: LabelsOf<N>, value: number): void
}
