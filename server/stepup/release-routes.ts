// The release page's API, for administrators: ask, look, tap, deny, withdraw, and take the receipt.
import { type Context, Hono } from 'hono'
import * as z from 'zod'
import { Refusal } from '../errors/failure.ts'
import { readJson } from '../platform/json-api.ts'
import { isToken } from '../platform/tokens.ts'
import { browserHash } from '../sessions/browser.ts'
import { type LiveIdSession, signedIn } from '../sessions/id-session.ts'
import { releaseStateAt, tapFor, withdrawable } from './release.ts'
import { releaseIntentSchema } from './release-intent.ts'
import type { StoredRelease } from './release-port.ts'
import {
  beginReleaseTap,
  denyRelease,
  find,
  finishReleaseTap,
  type ReleaseDeps,
  releasing,
  requestRelease,
  withdrawRelease,
} from './release-service.ts'

const LISTED = 50
const HOUR_SECONDS = 3_600
/** A week: past it, an investigation asks again. */
const EXPORT_HOURS = 168
/** An outage that lasts longer is decided again by two. */
const OFF_HOURS = 24
const EVENTS = 1_000_000
const ROOMS = 100
/** 9999-12-31: past it, a date is a mistake. */
const LATEST_SECONDS = 253_402_214_400

const empty = z.strictObject({})
const releaseId = z.string().refine((text) => isToken('release', text), 'not a release')
const one = z.strictObject({ release: releaseId })
/** As much as an intent of a hundred rooms takes. */
const shown = z.string().max(48 * 1024)
const begun = z.strictObject({ release: releaseId, intent: shown })
const tapped = z.strictObject({
  release: releaseId,
  intent: shown,
  ceremony: z.string().max(64),
  response: z.unknown(),
})
const username = z.string().min(1).max(64)
const reason = z.string().min(1).max(500)
const seconds = z.int().min(0).max(LATEST_SECONDS)
const draft = z.discriminatedUnion('typ', [
  z
    .strictObject({
      typ: z.literal('export-release'),
      username,
      device: z.string().refine((text) => isToken('device', text), 'not a device'),
      any_network: z.boolean(),
      // Named, one by one: a release of every room would be a release of the account.
      rooms: z
        .array(z.string().regex(/^![^\s\p{Cc}\p{Cf}*]{1,254}$/u))
        .min(1)
        .max(ROOMS),
      from: seconds,
      until: seconds,
      events: z.int().min(1).max(EVENTS),
      hours: z.int().min(1).max(EXPORT_HOURS),
      reason,
    })
    .refine(({ from, until }) => from < until, { path: ['until'], message: 'not after from' }),
  z.strictObject({ typ: z.literal('enforcement-off'), hours: z.int().min(1).max(OFF_HOURS), reason }),
])

/** Mounts `/api/releases/*`; browser and session cookies and the JSON guard must run before it. */
export function releaseRoutes(deps: ReleaseDeps): Hono {
  const app = new Hono()
  app.post('/api/releases/list', async (c) => {
    await readJson(c, empty)
    await administrator(c)
    await deps.releases.expire(new Date(deps.clock.now()))
    const releases = await deps.releases.list(LISTED)
    return c.json({ releases: releases.map((release) => summary(release, deps.clock.now())) })
  })
  app.post('/api/releases/person', (c) => person(c, deps))
  app.post('/api/releases/request', (c) => request(c, deps))
  app.post('/api/releases/context', (c) => context(c, deps))
  app.post('/api/releases/options', async (c) => {
    const { release, intent } = await readJson(c, begun)
    return c.json(await beginReleaseTap(deps, who(c, await administrator(c)), release, intent))
  })
  app.post('/api/releases/verify', async (c) => {
    const { release, intent, ceremony, response } = await readJson(c, tapped)
    const by = who(c, await administrator(c))
    const result = await finishReleaseTap(deps, by, { id: release, shown: intent, ceremony, response })
    return c.json(
      result.state === 'granted' ? { state: result.state, until: result.until.toISOString() } : { state: result.state },
    )
  })
  app.post('/api/releases/deny', async (c) => {
    const { release } = await readJson(c, one)
    await denyRelease(deps, who(c, await administrator(c)), release)
    return c.json({ state: 'denied' })
  })
  app.post('/api/releases/withdraw', async (c) => {
    const { release } = await readJson(c, one)
    await withdrawRelease(deps, who(c, await administrator(c)), release)
    return c.json({ state: 'withdrawn' })
  })
  app.get('/api/releases/receipt', (c) => receipt(c, deps))
  return app
}

/** Everything here is for administrators; what there is to see is told to nobody else. */
async function administrator(c: Context): Promise<LiveIdSession> {
  const session = await signedIn(c)
  if (session.person.role !== 'owner') throw new Refusal(403, 'owners-only')
  return session
}

function who(c: Context, session: LiveIdSession) {
  return { id: session.person.id, username: session.person.username, browserHash: browserHash(c) }
}

async function person(c: Context, deps: ReleaseDeps): Promise<Response> {
  const asked = await readJson(c, z.strictObject({ username }))
  await administrator(c)
  const found = await deps.subjects.find(asked.username, deps.config.serverName, new Date(deps.clock.now()))
  if (found === null) throw new Refusal(404, 'unknown-person')
  return c.json({
    username: found.username,
    display_name: found.displayName,
    devices: found.devices.map((device) => ({
      id: device.id,
      device_id: device.deviceId,
      display_name: device.displayName,
      client: device.client,
      network: device.network,
      signed_in_at: device.signedInAt.toISOString(),
      expires_at: device.expiresAt.toISOString(),
    })),
  })
}

async function request(c: Context, deps: ReleaseDeps): Promise<Response> {
  const asked = await readJson(c, draft)
  const session = await administrator(c)
  const livesSeconds = asked.hours * HOUR_SECONDS
  const release = await requestRelease(
    deps,
    session.personId,
    asked.typ === 'enforcement-off'
      ? { typ: asked.typ, livesSeconds, reason: asked.reason }
      : { ...asked, anyNetwork: asked.any_network, livesSeconds },
  )
  return c.json({ release })
}

async function context(c: Context, deps: ReleaseDeps): Promise<Response> {
  const asked = await readJson(c, one)
  const session = await administrator(c)
  const release = await find(deps, asked.release)
  const intent = releaseIntentSchema.parse(JSON.parse(release.intent))
  const subject = intent.typ === 'export-release' ? intent.subject.person : null
  const may = tapFor(releasing(release, subject), session.personId, deps.clock.now())
  return c.json({
    ...summary(release, deps.clock.now()),
    intent: release.intent,
    you: {
      username: session.person.username,
      tap: may.ok ? may.tap : null,
      why: may.ok ? null : may.reason,
    },
  })
}

function summary(release: StoredRelease, nowMs: number) {
  const intent = releaseIntentSchema.parse(JSON.parse(release.intent))
  const clocks = { expiresAtMs: release.expiresAt.getTime(), grantedUntilMs: release.grantedUntil?.getTime() ?? null }
  const state = releaseStateAt({ state: release.state, ...clocks }, nowMs)
  const over = state === 'granted' && (clocks.grantedUntilMs ?? 0) <= nowMs
  return {
    id: release.id,
    typ: release.typ,
    state: over ? ('over' as const) : state,
    reason: intent.reason,
    subject: intent.typ === 'export-release' ? intent.subject.username : null,
    rooms_total: intent.typ === 'export-release' ? intent.rooms.length : null,
    max_events: intent.typ === 'export-release' ? intent.max_events : null,
    used: release.used,
    lives_seconds: intent.lives_seconds,
    requested_by: release.requestedBy.displayName,
    first: release.first?.displayName ?? null,
    second: release.second?.displayName ?? null,
    created_at: release.createdAt.toISOString(),
    expires_at: release.expiresAt.toISOString(),
    granted_until: release.grantedUntil?.toISOString() ?? null,
    can_withdraw: withdrawable({ state: release.state, ...clocks }, nowMs),
  }
}

async function receipt(c: Context, deps: ReleaseDeps): Promise<Response> {
  await administrator(c)
  const id = c.req.query('release') ?? ''
  const found = isToken('release', id) ? await deps.releases.receipt(id) : null
  if (found === null) throw new Refusal(404, 'unknown-receipt')
  c.header('Content-Disposition', 'attachment; filename="palier-release-receipt.json"')
  return c.json(found as object)
}
