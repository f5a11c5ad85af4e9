// Tells the homeserver which devices have ended. The sealed token of an ended device is the outbox: wiped once told.
import type { Homeserver } from '../homeserver/port.ts'
import type { Log } from '../platform/log.ts'
import type { Sealer } from '../platform/seal.ts'
import { sealPlace } from '../platform/seal-columns.ts'
import type { OwedLogoutStore } from './port.ts'

interface Deps {
  readonly owedLogouts: OwedLogoutStore
  readonly homeserver: Pick<Homeserver, 'endDevice'>
  readonly sealer: Sealer
  readonly log: Log
}

/** One round over what is due, or over the devices named. Never rejects. Returns how many devices were ended. */
export async function endUpstream(deps: Deps, devices?: readonly string[]): Promise<number> {
  try {
    const owed = await deps.owedLogouts.take(20, devices)
    const told = await Promise.all(owed.map((one) => endOne(deps, one)))
    return told.filter(Boolean).length
  } catch (error) {
    deps.log.warn('homeserver.logout_failed', { detail: reasonOf(error) })
    return 0
  }
}

async function endOne(deps: Deps, owed: Awaited<ReturnType<OwedLogoutStore['take']>>[number]): Promise<boolean> {
  try {
    const token = deps.sealer.open(
      'homeserver-token',
      sealPlace('devices', owed.device, owed.personId),
      owed.homeserverToken,
    )
    if (!(await deps.homeserver.endDevice(token))) return false
    await deps.owedLogouts.done(owed.device)
    return true
  } catch (error) {
    deps.log.warn('homeserver.logout_failed', { device: owed.device, detail: reasonOf(error) })
    return false
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown'
}
