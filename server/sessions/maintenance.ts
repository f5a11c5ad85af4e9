// What sessions need done now and then in a gateway: devices past their end, and homeservers to be told.
import type { Homeserver } from '../homeserver/port.ts'
import type { Log } from '../platform/log.ts'
import type { Sealer } from '../platform/seal.ts'
import type { DeviceStore, OwedLogoutStore } from './port.ts'
import { endUpstream } from './upstream-logout.ts'

const EVERY_MS = 5_000

/** Starts the rounds, in any number of processes; the returned function stops them and waits for the one under way. */
export function sessionsMaintenance(deps: {
  readonly devices: Pick<DeviceStore, 'expire'>
  readonly owedLogouts: OwedLogoutStore
  readonly homeserver: Pick<Homeserver, 'endDevice'>
  readonly sealer: Sealer
  readonly log: Log
}): () => Promise<void> {
  let running = Promise.resolve()
  let busy = false
  const round = async (): Promise<void> => {
    busy = true
    try {
      await deps.devices.expire()
      await endUpstream(deps)
    } catch {
      deps.log.warn('sessions.maintenance_failed')
    } finally {
      busy = false
    }
  }
  const timer = setInterval(() => {
    if (!busy) running = round()
  }, EVERY_MS)
  return () => {
    clearInterval(timer)
    return running
  }
}
