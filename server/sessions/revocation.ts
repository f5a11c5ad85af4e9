// Revocation: ends a person, a key, a session, an authorization or a device, here and in every other process.

import type { Transaction } from '../../db/client.ts'
import type { Audit } from '../audit/port.ts'
import type { Homeserver } from '../homeserver/port.ts'
import type { Log } from '../platform/log.ts'
import type { Sealer } from '../platform/seal.ts'
import type { Ended, OwedLogoutStore, RevocationKind, RevocationStore } from './port.ts'
import { endUpstream } from './upstream-logout.ts'

export interface RevocationDeps {
  readonly revocations: RevocationStore
  readonly owedLogouts: OwedLogoutStore
  /** Null in a process that cannot reach the homeserver: a gateway's outbox ends the devices there. */
  readonly homeserver: Pick<Homeserver, 'endDevice'> | null
  /** Owes the sid's client a back-channel logout, within the transaction that ends the sid. */
  readonly enqueueLogout: (tx: Transaction, sid: string) => Promise<void>
  /** Owes operators word of devices that ended, within the same transaction. */
  readonly told?: (tx: Transaction, devices: readonly string[], reason: string) => Promise<void>
  readonly audit: Pick<Audit, 'append'>
  readonly sealer: Sealer
  readonly log: Log
}

export interface Revoker {
  /**
   * Ends the subject and all that hangs on it, in one transaction with its row in the feed: when it resolves, no process
   * accepts its tokens any more once it has heard the feed (within a second). `reason` is a stable id such as `logout`,
   * `not-me`, `credential-revoked`, `person-suspended`.
   */
  revoke(kind: RevocationKind, subject: string, reason: string): Promise<Ended>
}

/** The one way to end anything. */
export function revocationService(deps: RevocationDeps): Revoker {
  return {
    async revoke(kind, subject, reason) {
      const ended = await deps.revocations.revoke(kind, subject, reason, async (tx, { devices, sids }) => {
        for (const sid of sids) await deps.enqueueLogout(tx, sid)
        if (kind === 'device' && devices.length === 0) return
        await deps.told?.(tx, devices, reason)
        await deps.audit.append(
          { action: 'session.ended', actor: 'system', subject, detail: { kind, reason, devices, sids } },
          tx,
        )
      })
      deps.log.info('session.revoked', { kind, reason, devices: ended.devices.length, sids: ended.sids.length })
      if (deps.homeserver && ended.devices.length > 0) {
        // Best effort, not awaited: the sealed tokens are the outbox, and whoever polls it next tries again.
        void endUpstream({ ...deps, homeserver: deps.homeserver }, ended.devices)
      }
      return ended
    },
  }
}
