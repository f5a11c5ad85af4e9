// A person's own page: keys, devices, approvals, and what counts against them now.
import { type Context, Hono } from 'hono'
import * as z from 'zod'
import { Refusal } from '../errors/failure.ts'
import { displayNameFrom } from '../people/username.ts'
import type { Clock } from '../platform/clock.ts'
import { readJson } from '../platform/json-api.ts'
import { jsonFile } from '../platform/json-file.ts'
import { type LiveIdSession, signedIn } from '../sessions/id-session.ts'
import { type ApprovalLinks, listed } from './approvals.ts'
import { type CompanionWatch, companionStream } from './events.ts'
import type { AccountStore, DeviceEnder, KeyEnder, Languages, OwnData, OwnMeters, SelfEnrolment } from './port.ts'

/** How young a tap must be to change what the account holds. */
export const FRESH_TAP_SECONDS = 5 * 60
const APPROVALS_SHOWN = 50
/** For how long, and how many: until its person has looked. */
const REVOKED_SHOWN_MS = 30 * 24 * 3_600_000
const REVOKED_SHOWN = 10
const SHA256_BASE64URL = /^[A-Za-z0-9_-]{43}$/

export interface AccountRouteDeps {
  readonly clock: Clock
  readonly account: AccountStore
  readonly meters: OwnMeters
  readonly links: ApprovalLinks
  /** Where administrators work. */
  readonly consoleUri: string
  readonly watch: Pick<CompanionWatch, 'listen'>
  readonly devices: DeviceEnder
  readonly keys: KeyEnder
  readonly languages: Languages
  readonly data: OwnData
  readonly enrolment: SelfEnrolment
}

const empty = z.strictObject({})
const oneKey = z.string().regex(/^key_[A-Za-z0-9_-]{22}$/)
const newName = z.strictObject({ key: oneKey, name: z.string().max(200), version: z.int().min(1) })
const oneDevice = z.strictObject({ device: z.string().regex(/^dev_[A-Za-z0-9_-]{22}$/) })

/** Mounts `/api/me/*`; browser and session cookies and the JSON guard must run before it. */
export function accountRoutes(deps: AccountRouteDeps): Hono {
  const app = new Hono()
  app.post('/api/me/context', async (c) => {
    await readJson(c, empty)
    return c.json(await overview(deps, await signedIn(c)))
  })
  app.get('/api/me/events', async (c) => companionStream(c, deps.watch, await signedIn(c)))
  app.post('/api/me/end-device', (c) => endDevice(c, deps))
  app.post('/api/me/rename-key', (c) => renameKey(c, deps))
  app.post('/api/me/report-lost', (c) => reportLost(c, deps))
  app.post('/api/me/language', async (c) => {
    const { locale } = await readJson(c, z.strictObject({ locale: z.enum(['fr', 'en']) }))
    await deps.languages.speaks((await signedIn(c)).personId, locale)
    return c.json({})
  })
  app.post('/api/me/add-key', async (c) => {
    await readJson(c, empty)
    const session = fresh(await signedIn(c), deps.clock)
    return c.json({ enrol_uri: await deps.enrolment.link(session.personId) })
  })
  app.post('/api/me/export', async (c) => {
    await readJson(c, empty)
    const { personId } = fresh(await signedIn(c), deps.clock)
    const pieces = await deps.data.take(personId)
    if (pieces === null) throw new Refusal(401, 'signin-required')
    return jsonFile(pieces, `palier-${personId}.json`)
  })
  app.get('/api/me/receipt', (c) => receipt(c, deps))
  return app
}

function fresh(session: LiveIdSession, clock: Clock): LiveIdSession {
  const ageSeconds = (clock.now() - session.authTime.getTime()) / 1000
  if (ageSeconds > FRESH_TAP_SECONDS) throw new Refusal(401, 'fresh-tap-required')
  return session
}

async function overview(deps: AccountRouteDeps, session: LiveIdSession) {
  const { person } = session
  const now = new Date(deps.clock.now())
  const [keys, revoked, devices, approvals, meters] = await Promise.all([
    deps.account.keys(person.id),
    deps.account.revokedKeys(person.id, new Date(now.getTime() - REVOKED_SHOWN_MS), REVOKED_SHOWN),
    deps.account.devices(person.id, now),
    deps.account.approvals(person.id, APPROVALS_SHOWN),
    deps.meters.readings(person.id),
  ])
  return {
    person: { username: person.username, display_name: person.displayName, role: person.role },
    console_uri: person.role === 'person' ? null : deps.consoleUri,
    keys: keys.map((key) => ({
      id: key.id,
      name: key.name,
      created_at: key.createdAt.toISOString(),
      last_used_at: key.lastUsedAt?.toISOString() ?? null,
      last_used_network: key.lastUsedNetwork,
      last_used_client: key.lastUsedClient,
      acr: key.acr,
      version: key.version,
      in_use: key.id === session.credentialId,
    })),
    revoked_keys: revoked.map(({ id, name, revokedAt }) => ({ id, name, revoked_at: revokedAt.toISOString() })),
    devices: devices.map((device) => ({
      id: device.id,
      device_id: device.deviceId,
      display_name: device.displayName,
      client: device.client,
      network: device.network,
      signed_in_at: device.signedInAt.toISOString(),
      last_active_at: device.lastActiveAt.toISOString(),
      expires_at: device.expiresAt.toISOString(),
    })),
    approvals: approvals.map((approval) => listed(approval, deps.links, now)),
    meters: meters.map(({ meter, used, limit, windowSeconds }) => ({
      meter,
      used,
      limit,
      window_seconds: windowSeconds,
    })),
  }
}

async function renameKey(c: Context, deps: AccountRouteDeps): Promise<Response> {
  const { key, name: asked, version } = await readJson(c, newName)
  const { personId } = await signedIn(c)
  const name = displayNameFrom(asked)
  if (name === null) throw new Refusal(400, 'bad-name', 'name: 1 to 100 characters on one line')
  const event = { action: 'key.renamed', actor: personId, subject: key, detail: { person: personId, name } }
  const outcome = await deps.account.renameKey({ personId, key, version }, name, event)
  if (outcome === 'unknown') throw new Refusal(404, 'unknown-key')
  if (outcome === 'moved') throw new Refusal(409, 'edited-meanwhile')
  return c.json({ version: version + 1 })
}

/** No young tap is asked for: whoever lost a key may have no other to touch, and what this does is close. */
async function reportLost(c: Context, deps: AccountRouteDeps): Promise<Response> {
  const { key } = await readJson(c, z.strictObject({ key: oneKey }))
  const session = await signedIn(c)
  if (!(await deps.keys.reportLost(session.personId, key))) throw new Refusal(404, 'unknown-key')
  const left = await deps.account.keys(session.personId)
  return c.json({ signed_out: key === session.credentialId, keys: left.length })
}

async function endDevice(c: Context, deps: AccountRouteDeps): Promise<Response> {
  const { device } = await readJson(c, oneDevice)
  const session = await signedIn(c)
  if (!(await deps.account.ownsDevice(session.personId, device))) throw new Refusal(404, 'unknown-device')
  await deps.devices.endOwn(device)
  return c.json({})
}

async function receipt(c: Context, deps: AccountRouteDeps): Promise<Response> {
  const session = await signedIn(c)
  const approval = c.req.query('approval') ?? ''
  const found = SHA256_BASE64URL.test(approval) ? await deps.account.receipt(session.personId, approval) : null
  if (found === null) throw new Refusal(404, 'unknown-receipt')
  c.header('Content-Disposition', 'attachment; filename="palier-receipt.json"')
  return c.json(found as object)
}
