// Whoever ends a device has its incident written at once; a gateway writes those that were missed.
import { recordEnds } from '../../db/stores/incidents.ts'
import type { MeterStore } from '../metering/port.ts'
import type { Revoker } from '../sessions/revocation.ts'
import type { Ground } from './ground.ts'

type Parts = Pick<Ground, 'db' | 'random' | 'log'> & { readonly meters: Pick<MeterStore, 'giveBack'> }

/** A revoker after whose every end the incidents are written: not in its way, and not its failure. */
export function leavingIncidents(revoker: Revoker, parts: Parts): Revoker {
  const record = () =>
    recordEnds(parts.db, parts).catch((error: unknown) =>
      parts.log.warn('incidents.record_failed', { detail: String(error instanceof Error ? error.message : error) }),
    )
  return {
    async revoke(kind, subject, reason, by) {
      const ended = await revoker.revoke(kind, subject, reason, by)
      if (ended.devices.length > 0) void record()
      return ended
    },
    async revokeMany(whose, reason, by) {
      const ended = await revoker.revokeMany(whose, reason, by)
      if (ended.devices.length > 0) void record()
      return ended
    },
  }
}
