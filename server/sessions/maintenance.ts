// What sessions need done now and then in a gateway: devices past their end, and homeservers to be told.
import type { Homeserver } from '../homeserver/port.ts'
import type { Log } from '../platform/log.ts'
import type { Sealer } from '../platform/seal.ts'
import type { DeviceStore, OwedLogoutStore } from './port.ts'
import { endUpstream } from './upstream-logout.ts'

/** One round; run again and again, in any number of processes. Rejects when the devices cannot be read. */
export async function maintainSessions(deps: {
  readonly devices: Pick<DeviceStore, 'expire'>
  readonly owedLogouts: OwedLogoutStore
  readonly homeserver: Pick<Homeserver, 'endDevice'>
  readonly sealer: Sealer
  readonly log: Log
}): Promise<void> {
  await deps.devices.expire()
  await endUpstream(deps)
}
