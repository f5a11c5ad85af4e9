// The Metrics port on prom-client, with the text that Prometheus scrapes.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { METRICS, type MetricName, type Metrics } from './metrics.ts'

export interface PrometheusMetrics extends Metrics {
  readonly contentType: string
  /** The exposition text. */
  text(): Promise<string>
}

/** Metrics with a registry of their own; `processMetrics` adds CPU, memory and event-loop figures of this process. */
export function prometheusMetrics(options: { readonly processMetrics?: boolean } = {}): PrometheusMetrics {
  const registry = new Registry()
  const counters = new Map<MetricName, Counter>()
  const gauges = new Map<MetricName, Gauge>()
  const histograms = new Map<MetricName, Histogram>()
  for (const [name, definition] of Object.entries(METRICS) as [MetricName, (typeof METRICS)[MetricName]][]) {
    const common = { name, help: definition.help, labelNames: [...definition.labels], registers: [registry] }
    if (definition.kind === 'counter') counters.set(name, new Counter(common))
    else if (definition.kind === 'gauge') gauges.set(name, new Gauge(common))
    else histograms.set(name, new Histogram({ ...common, buckets: [...definition.buckets] }))
  }
  if (options.processMetrics) collectDefaultMetrics({ register: registry })
  return {
    count: (name, labels, by = 1) => counters.get(name)?.inc(labels, by),
    set: (name, labels, value) => gauges.get(name)?.set(labels, value),
    observe: (name, labels, value) => histograms.get(name)?.observe(labels, value),
    contentType: registry.contentType,
    text: () => registry.metrics(),
  }
}
