// The console's view of stored reading: charts, people, incidents.
import { consoleIncidents } from '../../db/stores/console-incidents.ts'
import { consolePrivacy } from '../../db/stores/console-privacy.ts'
import { consoleReading } from '../../db/stores/console-reading.ts'
import { meterStore } from '../../db/stores/metering.ts'
import type { Audit } from '../audit/port.ts'
import type { ConsoleDeps } from '../console/deps.ts'
import { roomPseudonym } from '../metering/room.ts'
import { hmacKey } from '../platform/crypto.ts'
import { defaultPolicy } from '../policy/defaults.ts'
import type { Ground } from './ground.ts'
import { metersInForce } from './policy.ts'

export function readingConsole(
  ground: Ground,
  audit: Pick<Audit, 'append'>,
): Pick<ConsoleDeps, 'reading' | 'incidents' | 'privacy'> {
  const { db, config, sealer } = ground
  const { remaining } = metersInForce(ground, meterStore(db, defaultPolicy))
  const rooms = hmacKey(sealer.macKey('room-pseudonym'))
  const pseudonym = (roomId: string) => roomPseudonym(rooms, roomId)
  return {
    reading: consoleReading(db),
    incidents: consoleIncidents(db, { remaining, serverName: config.serverName, pseudonym }),
    privacy: consolePrivacy(db, { audit, sealer }),
  }
}
