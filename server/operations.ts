// The operations listener: whether the process lives, whether it should be sent traffic, and its metrics. Private by default
// (127.0.0.1): it has no authentication of its own.
import { Hono } from 'hono'
import { inTime } from './platform/in-time.ts'
import type { PrometheusMetrics } from './platform/prometheus.ts'

/** One thing that has to hold for traffic to be welcome: null when it does, else why not, without secrets. */
export interface ReadinessCheck {
  readonly name: string
  check(): Promise<string | null>
}

export interface OperationsDeps {
  readonly version: string
  readonly metrics: Pick<PrometheusMetrics, 'contentType' | 'text'>
  readonly checks: readonly ReadinessCheck[]
  /** Milliseconds a check may take before it counts as failed. */
  readonly checkTimeoutMs?: number
}

/** `/health` (alive), `/ready` (200 or 503 with what is wrong), `/metrics` (Prometheus). */
export function operationsApp(deps: OperationsDeps): Hono {
  const app = new Hono()
  app.get('/health', (c) => c.json({ status: 'ok', version: deps.version }))
  app.get('/ready', async (c) => {
    const checks = await Promise.all(deps.checks.map((check) => run(check, deps.checkTimeoutMs ?? 2_000)))
    const ready = checks.every((check) => check.problem === null)
    return c.json({ status: ready ? 'ready' : 'not-ready', checks }, ready ? 200 : 503, { 'Cache-Control': 'no-store' })
  })
  app.get('/metrics', async (c) => c.body(await deps.metrics.text(), 200, { 'Content-Type': deps.metrics.contentType }))
  return app
}

async function run(check: ReadinessCheck, timeoutMs: number): Promise<{ name: string; problem: string | null }> {
  // The error's own text may name hosts and users: the check is told to put its reason in words instead.
  const asked = check.check().catch(() => 'failed')
  const problem = await inTime(timeoutMs, asked).catch(() => `no answer within ${timeoutMs} ms`)
  return { name: check.name, problem }
}
