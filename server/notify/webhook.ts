// Signed webhooks, as Standard Webhooks (github.com/standard-webhooks) has them: HMAC-SHA-256 over id, time and body.
import type { WebhookReceiver } from '../config/values.ts'
import type { Clock } from '../platform/clock.ts'
import { hmacSha256 } from '../platform/crypto.ts'
import { type Outbound, OutboundFailed } from '../platform/outbound.ts'
import type { Deliver, Delivery, Owed } from './port.ts'

export interface WebhookDeps {
  readonly receivers: readonly WebhookReceiver[]
  readonly outbound: Outbound
  readonly clock: Clock
}

/** Delivers to the receivers that are configured. 2xx is delivered, 410 is never asked again, all else is tried again. */
export function webhooks({ receivers, outbound, clock }: WebhookDeps): Deliver {
  const byName = new Map(receivers.map((receiver) => [receiver.name, receiver]))
  return {
    async deliver(owed, signal): Promise<Delivery> {
      const receiver = byName.get(owed.target)
      if (receiver === undefined) return { state: 'failed', error: 'not configured here' }
      try {
        const headers = signedHeaders(receiver, owed, Math.floor(clock.now() / 1000))
        const { url, inside } = receiver
        const { status } = await outbound.post({ url, headers, body: owed.payload, inside, signal })
        if (status >= 200 && status < 300) return { state: 'delivered' }
        return { state: 'failed', error: `status ${status}`, final: status === 410 }
      } catch (error) {
        if (!(error instanceof OutboundFailed)) throw error
        return { state: 'failed', error: error.message }
      }
    },
  }
}

/** The headers of one attempt. `webhook-id` is the same for every attempt, `webhook-timestamp` (seconds) is of this one. */
export function signedHeaders(
  receiver: Pick<WebhookReceiver, 'keys'>,
  owed: Pick<Owed, 'id' | 'payload'>,
  nowSeconds: number,
): Record<string, string> {
  const signed = `${owed.id}.${nowSeconds}.${owed.payload}`
  const signatures = receiver.keys.map(
    (key) => `v1,${Buffer.from(hmacSha256(Buffer.from(key, 'base64'), signed)).toString('base64')}`,
  )
  return {
    'content-type': 'application/json',
    'user-agent': 'Palier',
    'webhook-id': owed.id,
    'webhook-timestamp': String(nowSeconds),
    'webhook-signature': signatures.join(' '),
  }
}
