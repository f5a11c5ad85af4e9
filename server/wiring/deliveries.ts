// The workers that deliver what is owed, on Node: one for each channel that the configuration names.
import * as z from 'zod'
import { outboxStore, promptStore } from '../../db/stores/outbox.ts'
import { consoleOrigin } from '../config/config.ts'
import { isLoopback } from '../config/values.ts'
import { homeserverExchange } from '../homeserver/relying-party/exchange.ts'
import { synapseNotices } from '../homeserver/relying-party/server-notices.ts'
import { mails } from '../notify/mail.ts'
import { type OutboxWorkerDeps, outboxWorker } from '../notify/outbox.ts'
import { noticePrompts, type PromptDetails, type PromptReader, type ServerNotices } from '../notify/prompt.ts'
import { webhooks } from '../notify/webhook.ts'
import type { Worker } from '../notify/worker.ts'
import { smtpMailer } from '../platform/mail-node.ts'
import type { Metrics } from '../platform/metrics.ts'
import { nodeOutbound } from '../platform/outbound-node.ts'
import { sealPlace } from '../platform/seal-columns.ts'
import { readSecretFile } from '../platform/secret-node.ts'
import { approvalUri } from '../stepup/request.ts'
import type { Ground } from './ground.ts'

export interface Deliveries {
  /** Takes nothing more, and waits for what is under way. What is still owed is delivered by the next process. */
  stop(): Promise<void>
  /** Takes away what is long done; hourly. */
  sweep(): Promise<void>
}

/** Starts them. `homeserverUrl` null where there is no homeserver to send notices through. */
export function startDeliveries(
  ground: Ground,
  input: { readonly metrics: Metrics; readonly homeserverUrl: string | null },
): Deliveries {
  const outbox = outboxStore(ground.db)
  const workers = channels(ground, input.homeserverUrl).map((channel) =>
    outboxWorker({ outbox, random: ground.random, log: ground.log, metrics: input.metrics, ...channel }),
  )
  for (const each of workers) each.start()
  return {
    stop: async () => {
      await Promise.all(workers.map((each: Worker) => each.stop()))
    },
    sweep: () => outbox.sweep(),
  }
}

type ChannelDeps = Pick<OutboxWorkerDeps, 'channel' | 'targets' | 'serverName' | 'deliver'>

/** How each configured channel delivers; also what `palier alerts test` tries. */
export function channels(ground: Ground, homeserverUrl: string | null): ChannelDeps[] {
  const { config, clock } = ground
  const found: ChannelDeps[] = []
  if (config.webhooks.length > 0) {
    const deliver = webhooks({ receivers: config.webhooks, outbound: nodeOutbound(), clock })
    found.push({ channel: 'webhook', targets: config.webhooks.map(({ name }) => name), serverName: null, deliver })
  }
  if (config.smtpUrl !== null && config.mailFrom !== null) {
    const openLink = (id: string, sealed: string) =>
      ground.sealer.open('enrolment-link', sealPlace('outbox', id), sealed)
    const mailer = smtpMailer({
      url: config.smtpUrl,
      from: config.mailFrom,
      domain: new URL(config.issuer).hostname,
      loopback: isLoopback(new URL(config.smtpUrl).hostname),
    })
    found.push({
      channel: 'mail',
      targets: null,
      serverName: null,
      deliver: mails({ mailer, issuer: consoleOrigin(config), openLink }),
    })
  }
  const notices = noticesOf(ground, homeserverUrl)
  if (notices !== null) {
    const deliver = noticePrompts({ prompts: promptReader(ground), notices })
    found.push({ channel: 'server-notice', targets: null, serverName: config.serverName, deliver })
  }
  return found
}

/** Server notices through this homeserver; null where they are not configured. */
export function noticesOf({ config }: Pick<Ground, 'config'>, homeserverUrl: string | null): ServerNotices | null {
  const tokenFile = config.synapseAdminTokenFile
  if (tokenFile === null || homeserverUrl === null) return null
  const exchange = homeserverExchange({ homeserverUrl, gatewayUrl: config.gatewayUrl })
  return synapseNotices({ exchange, adminToken: () => readSecretFile(tokenFile) })
}

/** What a notice says of an intent; whatever else it holds is on the page. */
const shownSchema = z.object({
  device: z.object({ id: z.string(), name: z.string().nullable() }),
  asking: z.object({ client: z.string(), network: z.string() }),
  rooms: z.array(z.object({ id: z.string() })),
  amounts: z.array(z.object({ meter: z.string(), units: z.number() })),
})

/** Reads a prompt when it is sent: it may have been decided meanwhile, and only then is its link opened. */
function promptReader(ground: Ground): PromptReader {
  const prompts = promptStore(ground.db)
  return {
    async read(hash) {
      const prompt = await prompts.pending(hash)
      if (prompt === null) return null
      const { device, asking, rooms, amounts } = shownSchema.parse(JSON.parse(prompt.intent))
      const details: PromptDetails = {
        link: approvalUri(ground, prompt),
        device: device.name ?? device.id,
        client: asking.client,
        network: asking.network,
        amounts,
        rooms: rooms.length === 0 || rooms.some(({ id }) => id === '*') ? null : rooms.length,
        expiresAt: prompt.expiresAt,
      }
      return { details, locale: prompt.locale }
    },
  }
}
