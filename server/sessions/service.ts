// A service as a caller: what its token lets it be, and what it may not be. Pure.
import type { Caller, IdentifyFailure } from './caller.ts'
import type { SponsoredService } from './service-port.ts'

/** Why a service may not call now, or null. Expired, revoked and without a sponsor in good standing look alike outside. */
export function whyNoService(
  service: SponsoredService | null,
  serverName: string,
  nowMs: number,
): { readonly failure: IdentifyFailure; readonly reason: string } | null {
  if (service === null || service.serverName !== serverName) return { failure: 'unknown', reason: 'unknown' }
  if (service.endedAt !== null || service.homeserverToken === null) return { failure: 'unknown', reason: 'revoked' }
  if (service.expiresAt.getTime() <= nowMs) return { failure: 'unknown', reason: 'expired' }
  return service.sponsor.suspended ? { failure: 'unknown', reason: 'sponsor-suspended' } : null
}

/** The caller behind a service token. Its own id is whose meters count, and stands for a device. */
export function callerOfService(service: SponsoredService, homeserverToken: string, nowMs: number): Caller {
  return {
    kind: 'service',
    rooms: service.rooms,
    service: {
      name: service.name,
      userId: service.userId,
      networks: service.networks,
      namespace: service.namespace,
      sponsorId: service.sponsorId,
      limits: service.limits,
    },
    device: service.id,
    serverName: service.serverName,
    userId: service.userId,
    deviceId: service.id,
    personId: service.id,
    groups: [],
    client: service.name,
    credentialId: service.id,
    sid: service.id,
    homeserverToken,
    // Nobody taps for each day of a program: idleness is for what lies about on desks.
    lastTapAtMs: nowMs,
    lastActiveAtMs: nowMs,
    firstSyncUntilMs: null,
    expiresAtMs: service.expiresAt.getTime(),
    stepUpAware: false,
  }
}

/** Whether `userId` is one of the names; a `*` in a name stands for anything, such as `@_irc_*:example.org`. */
export function mayActAs(names: readonly string[], userId: string): boolean {
  return names.some((name) => {
    const star = name.indexOf('*')
    if (star === -1) return name === userId
    const [before, after] = [name.slice(0, star), name.slice(star + 1)]
    return userId.length >= before.length + after.length && userId.startsWith(before) && userId.endsWith(after)
  })
}
