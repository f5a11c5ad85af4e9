// What the console's verbs stand on: a port a noun, put together by server/wiring/console.ts.
import type { Config } from '../config/config.ts'
import type { Clock } from '../platform/clock.ts'
import type { Log } from '../platform/log.ts'
import type { Random } from '../platform/random.ts'
import type { ActDesk } from './acts/port.ts'
import type { AlertConsole } from './alerts/port.ts'
import type { AuditConsole } from './audit/port.ts'
import type { EnrolmentConsole } from './enrolment/port.ts'
import type { IncidentConsole } from './incidents/port.ts'
import type { KeysConsole } from './keys/port.ts'
import type { MetadataConsole } from './metadata/port.ts'
import type { PeopleConsole } from './people/port.ts'
import type { PolicyConsole } from './policy/port.ts'
import type { PrivacyConsole } from './privacy/port.ts'
import type { ReadingStore } from './reading/port.ts'
import type { SessionConsole } from './sessions/port.ts'
import type { ApiTokens } from './tokens/port.ts'
import type { WatchConsole } from './watch/port.ts'

export interface ConsoleDeps {
  readonly config: Config
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly actDesk: ActDesk
  readonly audit: AuditConsole
  readonly apiTokens: ApiTokens
  readonly sessions: SessionConsole
  readonly alerts: AlertConsole
  readonly watch: WatchConsole
  readonly people: PeopleConsole
  readonly enrolment: EnrolmentConsole
  readonly policy: PolicyConsole
  readonly reading: ReadingStore
  readonly incidents: IncidentConsole
  readonly privacy: PrivacyConsole
  readonly keys: KeysConsole
  readonly metadata: MetadataConsole
}
