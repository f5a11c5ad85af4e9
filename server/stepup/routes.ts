// The approval page's API: see what is asked, tap, deny, or say that it was someone else.
import { type Context, Hono } from 'hono'
import * as z from 'zod'
import { Refusal } from '../errors/failure.ts'
import type { Clock } from '../platform/clock.ts'
import { readJson } from '../platform/json-api.ts'
import type { Log } from '../platform/log.ts'
import { hashToken, isToken, newToken } from '../platform/tokens.ts'
import { browserHash } from '../sessions/browser.ts'
import { type LiveIdSession, signedIn } from '../sessions/id-session.ts'
import { stateAt, step } from './approval.ts'
import { type Intent, intentChallenge, intentSchema } from './intent.ts'
import type { ApprovalStore, EndDevice, StoredApproval } from './port.ts'
import { type Receipt, receiptDigest, verifyReceipt } from './receipt.ts'
import { beginTap, finishTap, type TapDeps, type Tapper, tapOrigin } from './tap.ts'

/** Denied by the signed-in person within a day: so often nobody mistakes their own request. */
const DENIALS_END_DEVICE = 3

export interface ApprovalRouteDeps extends TapDeps {
  readonly clock: Clock
  readonly log: Log
  readonly approvals: ApprovalStore
  readonly endDevice: EndDevice
}

const approvalToken = z.string().refine((text) => isToken('approval', text), 'not an approval')
const named = z.strictObject({ approval: approvalToken })
const tapped = z.strictObject({ approval: approvalToken, ceremony: z.string().max(64), response: z.unknown() })

/** Mounts `/api/approvals/*`; browser and session cookies and the JSON guard must run before it. */
export function approvalRoutes(deps: ApprovalRouteDeps): Hono {
  const app = new Hono()
  app.post('/api/approvals/context', (c) => context(c, deps))
  app.post('/api/approvals/options', (c) => options(c, deps))
  app.post('/api/approvals/verify', (c) => verify(c, deps))
  app.post('/api/approvals/deny', (c) => deny(c, deps))
  app.post('/api/approvals/not-me', (c) => notMe(c, deps))
  return app
}

async function context(c: Context, deps: ApprovalRouteDeps): Promise<Response> {
  const { approval: token } = await readJson(c, named)
  const { approval, intent, session } = await own(c, deps, token)
  return c.json({
    state: stateOf(approval, deps),
    device: {
      display_name: intent.device.name,
      device_id: intent.device.id,
      client: intent.device.client,
      network: intent.device.network,
      signed_in_at: new Date(intent.device.signed_in_at * 1000).toISOString(),
    },
    asking: intent.asking,
    rooms: intent.rooms,
    rooms_total: intent.rooms.length,
    direction: intent.direction,
    meter: intent.meter,
    amounts: intent.amounts,
    lives_seconds: intent.lives_seconds,
    reason: intent.reason,
    created_at: approval.createdAt.toISOString(),
    expires_at: approval.expiresAt.toISOString(),
    person: { username: session.person.username, display_name: session.person.displayName },
  })
}

async function options(c: Context, deps: ApprovalRouteDeps): Promise<Response> {
  const { approval: token } = await readJson(c, named)
  const { approval } = await own(c, deps, token)
  refuseDecided(approval, deps)
  return c.json(await beginTap(deps, tapperOf(c, approval), (nonce) => intentChallenge(nonce, approval.intent)))
}

async function verify(c: Context, deps: ApprovalRouteDeps): Promise<Response> {
  const { approval: token, ceremony, response } = await readJson(c, tapped)
  const { approval, intent } = await own(c, deps, token)
  refuseDecided(approval, deps)
  const { credentialId, tap } = await finishTap(deps, tapperOf(c, approval), { ceremony, response })
  const receipt: Receipt = { v: 1, typ: 'palier-receipt', ...tapOrigin(deps), intent: approval.intent, ...tap }
  // Evidence that could not be checked later is refused now: nobody may take an allowance and disown the tap.
  const verdict = await verifyReceipt(receipt)
  if (!verdict.ok) throw new Refusal(403, 'tap-refused', `receipt: ${verdict.fault}`)
  const result = await deps.approvals.approve({
    hash: approval.hash,
    personId: approval.personId,
    credentialId,
    receipt,
    receiptDigest: receiptDigest(receipt),
    at: new Date(deps.clock.now()),
    allowance: {
      id: newToken('allowance', deps.random),
      rooms: intent.rooms.map((room) => room.id),
      direction: intent.direction,
      amounts: Object.fromEntries(intent.amounts.map(({ meter, units }) => [meter, units])),
      livesSeconds: intent.lives_seconds,
    },
  })
  if (!result.ok) throw new Refusal(409, REFUSALS[result.reason])
  deps.log.info('approval.approved', { approval: approval.hash, person: approval.personId, device: approval.deviceId })
  const { meter, amounts } = intent
  return c.json({ state: 'approved', meter, amounts, expires_at: result.expiresAt.toISOString() })
}

const REFUSALS = {
  'ceiling-reached': 'ceiling-reached',
  'device-ended': 'unknown-device',
  'not-pending': 'already-decided',
} as const

async function deny(c: Context, deps: ApprovalRouteDeps): Promise<Response> {
  const { approval: token } = await readJson(c, named)
  const { approval, session } = await own(c, deps, token)
  refuseDecided(approval, deps)
  const at = new Date(deps.clock.now())
  const denials = await deps.approvals.deny(approval.hash, session.personId, 'approval.denied', at)
  if (denials === null) throw new Refusal(409, 'already-decided')
  if (denials < DENIALS_END_DEVICE) return c.json({ state: 'denied', device_ended: false })
  // Past the third as well: should ending have failed then, it is made up for now.
  const { deviceId: device, personId, serverName } = approval
  await deps.endDevice.end({ device, personId, serverName }, 'three-denials')
  deps.log.warn('approval.three-denials', { person: approval.personId, device: approval.deviceId, denials })
  return c.json({ state: 'denied', device_ended: true })
}

/** Needs the link only: whoever holds it may end the device that asked, and nothing more. It also works after a decision. */
async function notMe(c: Context, deps: ApprovalRouteDeps): Promise<Response> {
  const { approval: token } = await readJson(c, named)
  const approval = await find(deps, token)
  // The device first: should the rest fail, nothing reads on, and saying it again finishes it.
  const { deviceId: device, personId, serverName } = approval
  await deps.endDevice.end({ device, personId, serverName }, 'not-me')
  await deps.approvals.deny(approval.hash, 'link', 'approval.not-me', new Date(deps.clock.now()))
  deps.log.warn('approval.not-me', { approval: approval.hash, person: approval.personId, device: approval.deviceId })
  return c.json({ state: 'denied', device_ended: true })
}

async function find(deps: ApprovalRouteDeps, token: string): Promise<StoredApproval> {
  const approval = await deps.approvals.get(hashToken(token))
  if (approval === null) throw new Refusal(404, 'unknown-approval')
  return approval
}

/** The approval, its intent and the session of the person it belongs to; nothing is told to anyone else. */
async function own(
  c: Context,
  deps: ApprovalRouteDeps,
  token: string,
): Promise<{ approval: StoredApproval; intent: Intent; session: LiveIdSession }> {
  const session = await signedIn(c)
  const approval = await find(deps, token)
  if (approval.personId !== session.personId) throw new Refusal(403, 'other-person')
  return { approval, intent: intentSchema.parse(JSON.parse(approval.intent)), session }
}

function stateOf(approval: StoredApproval, deps: ApprovalRouteDeps) {
  return stateAt({ state: approval.state, expiresAtMs: approval.expiresAt.getTime() }, deps.clock.now())
}

function refuseDecided(approval: StoredApproval, deps: ApprovalRouteDeps): void {
  const next = step({ state: approval.state, expiresAtMs: approval.expiresAt.getTime() }, 'approve', deps.clock.now())
  if (next.ok) return
  throw next.reason === 'approval-expired' ? new Refusal(410, 'approval-expired') : new Refusal(409, 'already-decided')
}

function tapperOf(c: Context, approval: StoredApproval): Tapper {
  return { subject: approval.hash, browserHash: browserHash(c), personId: approval.personId }
}
