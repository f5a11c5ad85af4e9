// Renewing a service: the person who answers for it taps over an intent that names it, and its token holds for another while.
import { type Context, Hono } from 'hono'
import * as z from 'zod'
import { Refusal } from '../errors/failure.ts'
import type { Clock } from '../platform/clock.ts'
import { fromBase64Url } from '../platform/encoding.ts'
import { readJson } from '../platform/json-api.ts'
import type { Log } from '../platform/log.ts'
import { isToken, newToken } from '../platform/tokens.ts'
import { browserHash } from '../sessions/browser.ts'
import { signedIn } from '../sessions/id-session.ts'
import { SERVICE_DAYS_AT_MOST, type Service, type ServiceStore } from '../sessions/service-port.ts'
import { canonicalJson, intentChallenge } from './intent.ts'
import { type ReceiptFault, readIntent, receiptDigest, tapFault, tapSchema } from './receipt.ts'
import { beginTap, finishTap, type TapDeps, tapOrigin } from './tap.ts'

const DOMAIN = 'palier/service-renewal/v1\0'
const DAY_SECONDS = 86_400
/** How long a renewal can be tapped once it was shown. */
const RENEWAL_LIVES_SECONDS = 15 * 60

export const renewalIntentSchema = z.strictObject({
  v: z.literal(1),
  typ: z.literal('service-renewal'),
  /** `ren_…` */
  jti: z.string(),
  iss: z.string(),
  /** The sponsor. */
  sub: z.string(),
  server_name: z.string(),
  service: z.strictObject({
    id: z.string(),
    name: z.string(),
    user_id: z.string(),
    namespace: z.array(z.string()),
    networks: z.array(z.string()),
    rooms: z.array(z.string()).nullable(),
  }),
  /** Seconds since the epoch: until when its token holds then. */
  until: z.int(),
  iat: z.int(),
  exp: z.int(),
})

export type RenewalIntent = z.infer<typeof renewalIntentSchema>

export const renewalReceiptSchema = tapSchema.extend({
  v: z.literal(1),
  typ: z.literal('palier-service-receipt'),
  rp_id: z.string(),
  origin: z.string(),
  intent: z.string(),
})

export type RenewalReceipt = z.infer<typeof renewalReceiptSchema>

export interface NewRenewal {
  readonly id: string
  readonly serviceId: string
  readonly personId: string
  /** Canonical JSON. */
  readonly intent: string
  readonly createdAt: Date
  readonly expiresAt: Date
}

export interface StoredRenewal extends NewRenewal {
  readonly renewedAt: Date | null
}

export interface RenewalStore {
  /** False when as many of the person's as may wait for a tap do, exact however many begin at once. */
  begin(renewal: NewRenewal): Promise<boolean>
  get(id: string): Promise<StoredRenewal | null>
  /**
   * One transaction: the renewal, once (UPDATE … WHERE renewed_at IS NULL RETURNING); the service's new end, while it has not
   * ended for good and this person still answers for it, in good standing with that key; the audit entry.
   */
  renew(input: {
    readonly id: string
    readonly personId: string
    readonly credentialId: string
    readonly receipt: RenewalReceipt
    readonly receiptDigest: string
    readonly until: Date
    readonly at: Date
  }): Promise<boolean>
}

export interface RenewalDeps extends TapDeps {
  readonly clock: Clock
  readonly log: Log
  readonly services: Pick<ServiceStore, 'sponsoredBy'>
  readonly renewals: RenewalStore
}

const renewalId = z.string().refine((text) => isToken('renewal', text), 'not a renewal')
const empty = z.strictObject({})
const named = z.strictObject({ service: z.string().refine((text) => isToken('service', text), 'not a service') })
const begun = z.strictObject({ renewal: renewalId })
const tapped = z.strictObject({ renewal: renewalId, ceremony: z.string().max(64), response: z.unknown() })

/** Mounts `/api/services/*`; browser and session cookies and the JSON guard must run before it. */
export function renewalRoutes(deps: RenewalDeps): Hono {
  const app = new Hono()
  app.post('/api/services/list', async (c) => {
    await readJson(c, empty)
    const { personId } = await signedIn(c)
    const nowMs = deps.clock.now()
    return c.json({ services: (await deps.services.sponsoredBy(personId)).map((service) => listed(service, nowMs)) })
  })
  app.post('/api/services/renewal', (c) => prepare(c, deps))
  app.post('/api/services/options', (c) => options(c, deps))
  app.post('/api/services/verify', (c) => verify(c, deps))
  return app
}

/** What is wrong with a renewal's receipt, or null: as `verifyReceipt` checks one. */
export async function renewalFault(input: unknown): Promise<ReceiptFault | null> {
  const parsed = renewalReceiptSchema.safeParse(input)
  if (!parsed.success) return 'not-a-receipt'
  const receipt = parsed.data
  const intent = readIntent(receipt.intent, renewalIntentSchema)
  if (typeof intent === 'string') return intent
  const nonce = fromBase64Url(receipt.nonce) ?? new Uint8Array()
  return tapFault(receipt, { ...receipt, iss: intent.iss, challenge: intentChallenge(nonce, receipt.intent, DOMAIN) })
}

function listed(service: Service, nowMs: number) {
  return {
    id: service.id,
    name: service.name,
    user_id: service.userId,
    namespace: service.namespace,
    networks: service.networks,
    rooms_total: service.rooms?.length ?? null,
    last_used_at: service.lastUsedAt?.toISOString() ?? null,
    expires_at: service.expiresAt.toISOString(),
    expired: service.expiresAt.getTime() <= nowMs,
  }
}

async function prepare(c: Context, deps: RenewalDeps): Promise<Response> {
  const asked = await readJson(c, named)
  const { personId } = await signedIn(c)
  const service = (await deps.services.sponsoredBy(personId)).find(({ id }) => id === asked.service)
  if (service === undefined) throw new Refusal(404, 'unknown-service')
  const iat = Math.floor(deps.clock.now() / 1000)
  const intent: RenewalIntent = {
    v: 1,
    typ: 'service-renewal',
    jti: newToken('renewal', deps.random),
    iss: deps.config.issuer,
    sub: personId,
    server_name: service.serverName,
    service: {
      id: service.id,
      name: service.name,
      user_id: service.userId,
      namespace: [...service.namespace],
      networks: [...service.networks],
      rooms: service.rooms === null ? null : [...service.rooms],
    },
    until: iat + SERVICE_DAYS_AT_MOST * DAY_SECONDS,
    iat,
    exp: iat + RENEWAL_LIVES_SECONDS,
  }
  const isBegun = await deps.renewals.begin({
    id: intent.jti,
    serviceId: service.id,
    personId,
    intent: canonicalJson(intent),
    createdAt: new Date(iat * 1000),
    expiresAt: new Date(intent.exp * 1000),
  })
  if (!isBegun) throw new Refusal(429, 'too-many-ceremonies')
  return c.json({
    renewal: intent.jti,
    service: intent.service,
    until: new Date(intent.until * 1000).toISOString(),
  })
}

async function options(c: Context, deps: RenewalDeps): Promise<Response> {
  const { renewal: id } = await readJson(c, begun)
  const { session, renewal } = await own(c, deps, id)
  const who = { subject: renewal.id, browserHash: browserHash(c), personId: session.personId }
  return c.json(await beginTap(deps, who, (nonce) => intentChallenge(nonce, renewal.intent, DOMAIN)))
}

async function verify(c: Context, deps: RenewalDeps): Promise<Response> {
  const { renewal: id, ceremony, response } = await readJson(c, tapped)
  const { session, renewal } = await own(c, deps, id)
  const intent = renewalIntentSchema.parse(JSON.parse(renewal.intent))
  const who = { subject: renewal.id, browserHash: browserHash(c), personId: session.personId }
  const { credentialId, tap } = await finishTap(deps, who, { ceremony, response })
  const receipt: RenewalReceipt = {
    v: 1,
    typ: 'palier-service-receipt',
    ...tapOrigin(deps),
    intent: renewal.intent,
    ...tap,
  }
  const fault = await renewalFault(receipt)
  if (fault !== null) throw new Refusal(403, 'tap-refused', `receipt: ${fault}`)
  const until = new Date(intent.until * 1000)
  const at = new Date(deps.clock.now())
  const { personId } = session
  const renewed = { id, personId, credentialId, receipt, receiptDigest: receiptDigest(receipt), until, at }
  if (!(await deps.renewals.renew(renewed))) throw new Refusal(409, 'already-decided')
  deps.log.info('service.renewed', { service: intent.service.id, person: personId, until: until.toISOString() })
  return c.json({ service: intent.service.id, expires_at: until.toISOString() })
}

/** A renewal of one's own that can be tapped now. */
async function own(c: Context, deps: RenewalDeps, id: string) {
  const session = await signedIn(c)
  const renewal = await deps.renewals.get(id)
  if (renewal === null || renewal.personId !== session.personId) throw new Refusal(404, 'unknown-service')
  if (renewal.renewedAt !== null) throw new Refusal(409, 'already-decided')
  if (renewal.expiresAt.getTime() <= deps.clock.now()) throw new Refusal(410, 'renewal-expired')
  return { session, renewal }
}
