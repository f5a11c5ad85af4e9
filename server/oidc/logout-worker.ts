// Back-channel logout (OIDC Back-Channel Logout 1.0): delivers logout tokens, again and again for a day.
import type { Config } from '../config/config.ts'
import { worker } from '../notify/worker.ts'
import type { Clock } from '../platform/clock.ts'
import { base64Url } from '../platform/encoding.ts'
import type { Log } from '../platform/log.ts'
import type { Random } from '../platform/random.ts'
import type { Keyring } from './keys.ts'
import type { LogoutDelivery, LogoutDeliveryStore } from './port.ts'

export const GIVE_UP_AFTER_MS = 24 * 3600 * 1000
const POLL_MS = 1000
const TIMEOUT_MS = 10_000
const LEASE_MS = 30_000
const AT_ONCE = 10
const LOGOUT_TOKEN_SECONDS = 120

export interface LogoutWorkerDeps {
  readonly config: Pick<Config, 'issuer'>
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly keys: Keyring
  readonly logoutDeliveries: LogoutDeliveryStore
  readonly fetch?: typeof fetch
}

/** Milliseconds until the next attempt: 2 s doubling up to an hour; null when a day has passed. */
export function retryDelayMs(attempts: number, ageMs: number): number | null {
  const delay = Math.min(2000 * 2 ** (attempts - 1), 3_600_000)
  return ageMs + delay > GIVE_UP_AFTER_MS ? null : delay
}

/** A worker that polls for what is owed; any number may run beside each other. `deliverDue` is one round of it. */
export function logoutWorker(deps: LogoutWorkerDeps) {
  const { clock, log, logoutDeliveries } = deps

  function take(limit: number): Promise<readonly LogoutDelivery[]> {
    const now = clock.now()
    return logoutDeliveries.take(new Date(now), new Date(now + LEASE_MS), limit)
  }

  async function deliver(delivery: LogoutDelivery): Promise<void> {
    const fault = await post(delivery).catch((error: unknown) => String(error))
    if (fault === null) {
      log.info('oidc.logout-delivered', { client: delivery.clientId, sid: delivery.sid, attempts: delivery.attempts })
      return logoutDeliveries.delivered(delivery.id, new Date(clock.now()))
    }
    const now = clock.now()
    const delay = retryDelayMs(delivery.attempts, now - delivery.createdAt.getTime())
    log.warn('oidc.logout-failed', {
      client: delivery.clientId,
      sid: delivery.sid,
      error: fault,
      final: delay === null,
    })
    return logoutDeliveries.failed(delivery.id, fault.slice(0, 500), delay === null ? null : new Date(now + delay))
  }

  /** Null when the client took it; otherwise what went wrong. */
  async function post(delivery: LogoutDelivery): Promise<string | null> {
    const iat = Math.floor(clock.now() / 1000)
    // §2.4: sid, exp, jti, one events member, and never a nonce.
    const logoutToken = await deps.keys.sign('RS256', 'logout+jwt', {
      iss: deps.config.issuer,
      aud: delivery.clientId,
      sub: delivery.subject,
      sid: delivery.sid,
      iat,
      exp: iat + LOGOUT_TOKEN_SECONDS,
      jti: base64Url(deps.random.bytes(16)),
      events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
    })
    const response = await (deps.fetch ?? fetch)(delivery.backchannelLogoutUri, {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ logout_token: logoutToken }).toString(),
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    await response.body?.cancel()
    return response.status === 200 || response.status === 204 ? null : `status ${response.status}`
  }

  const { start, stop, runDue } = worker(
    { failed: 'oidc.logout-worker', pollMs: POLL_MS, atOnce: AT_ONCE, take, run: deliver },
    log,
  )
  return { start, stop, deliverDue: runDue }
}
