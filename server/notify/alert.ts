// An alert as it lies in the outbox and goes to a webhook: one JSON, documented in docs/reference/webhooks.md.
import * as z from 'zod'
import type { Alert } from './port.ts'

const schema = z.object({
  type: z.string(),
  timestamp: z.string(),
  data: z.object({
    id: z.string(),
    kind: z.string(),
    action: z.string(),
    server_name: z.string(),
    person: z.string().nullable(),
    device: z.string().nullable(),
    explanation: z.object({ fr: z.string(), en: z.string() }),
    evidence: z.record(z.string(), z.number()),
  }),
})

export type AlertPayload = z.infer<typeof schema>

/** The payload of an alert. `id` is the alert's, the same at every receiver. */
export function alertPayload(id: string, alert: Alert, at: Date): string {
  const payload: AlertPayload = {
    type: alert.kind === 'test' ? 'palier.test' : 'palier.alert',
    timestamp: at.toISOString(),
    data: {
      id,
      kind: alert.kind,
      action: alert.action,
      server_name: alert.serverName,
      person: alert.personId,
      device: alert.device,
      explanation: { fr: alert.explanation.fr, en: alert.explanation.en },
      evidence: { ...alert.evidence },
    },
  }
  return JSON.stringify(payload)
}

/** What `alertPayload` made, or null. */
export function readAlert(payload: string): AlertPayload | null {
  try {
    return schema.parse(JSON.parse(payload))
  } catch {
    return null
  }
}
