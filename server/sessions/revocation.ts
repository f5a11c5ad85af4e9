// Revocation: ends a person, a key, a session, an authorization or a device, here and in every other process.

import type { Transaction } from '../../db/client.ts'
import type { Audit } from '../audit/port.ts'
import type { Homeserver } from '../homeserver/port.ts'
import type { Log } from '../platform/log.ts'
import type { Sealer } from '../platform/seal.ts'
import type { Ended, EndedMany, OwedLogoutStore, RevocationKind, RevocationStore } from './port.ts'
import { endUpstream } from './upstream-logout.ts'

export interface RevocationDeps {
  readonly revocations: RevocationStore
  readonly owedLogouts: OwedLogoutStore
  /** Null in a process that cannot reach the homeserver: a gateway's outbox ends the devices there. */
  readonly homeserver: Pick<Homeserver, 'endDevice'> | null
  /** Owes the sids' clients back-channel logouts, within the transaction that ends the sids. */
  readonly enqueueLogout: (tx: Transaction, sids: readonly string[]) => Promise<void>
  /** Owes operators word of devices that ended, within the same transaction. */
  readonly told?: (tx: Transaction, devices: readonly string[], reason: string) => Promise<void>
  readonly audit: Pick<Audit, 'append'>
  readonly sealer: Sealer
  readonly log: Log
}

/** Who ended it, and what else belongs to that. */
export interface EndedBy {
  /** A person's id; `system` where nobody is named. */
  readonly actor: string
  /** For the audit log, beside what was ended: why, in words, and the second administrator. */
  readonly detail?: Readonly<Record<string, unknown>>
  /** What holds if and only if the end does: runs in its transaction, before its audit entry, also when nothing was left to end. */
  readonly also?: (tx: Transaction, ended: Ended) => Promise<void>
}

export interface Revoker {
  /**
   * Ends the subject and all that hangs on it, in one transaction with its row in the feed: when it resolves, no process
   * accepts its tokens any more once it has heard the feed (within a second). `reason` is a stable id such as `logout`,
   * `not-me`, `credential-revoked`, `person-suspended`.
   */
  revoke(kind: RevocationKind, subject: string, reason: string, by?: EndedBy): Promise<Ended>
  /** As `revoke` of each person in a group, or of everyone (null), but those in `sparing`: all of them in one transaction. */
  revokeMany(
    whose: { readonly group: string | null; readonly sparing: readonly string[] },
    reason: string,
    by: Omit<EndedBy, 'also'>,
  ): Promise<EndedMany>
}

/** The one way to end anything. */
export function revocationService(deps: RevocationDeps): Revoker {
  return {
    async revoke(kind, subject, reason, by) {
      const ended = await deps.revocations.revoke(kind, subject, reason, async (tx, all) => {
        const { devices, sids } = all
        await deps.enqueueLogout(tx, sids)
        await by?.also?.(tx, all)
        if (kind === 'device' && devices.length === 0) return
        await deps.told?.(tx, devices, reason)
        await deps.audit.append(
          {
            action: 'session.ended',
            actor: by?.actor ?? 'system',
            subject,
            detail: { kind, reason, devices, sids, ...by?.detail },
          },
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

    async revokeMany(whose, reason, by) {
      const subject = whose.group ?? 'everyone'
      const ended = await deps.revocations.revokeMany(whose, reason, async (tx, { people, devices, sids }) => {
        await deps.enqueueLogout(tx, sids)
        const counts = { people, devices: devices.length, sids: sids.length }
        await deps.audit.append(
          {
            action: 'sessions.ended-many',
            actor: by.actor,
            subject,
            detail: { reason, ...counts, spared: whose.sparing, ...by.detail },
          },
          tx,
        )
      })
      const counts = { people: ended.people, devices: ended.devices.length, sids: ended.sids.length }
      deps.log.warn('session.revoked-many', { subject, reason, ...counts })
      return ended
    },
  }
}
