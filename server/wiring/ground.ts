// What every process stands on once its configuration, database and secret are open.
import type { Database } from '../../db/client.ts'
import type { Config } from '../config/config.ts'
import type { Clock } from '../platform/clock.ts'
import type { Log } from '../platform/log.ts'
import type { Random } from '../platform/random.ts'
import type { Sealer } from '../platform/seal.ts'

export interface Ground {
  readonly config: Config
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly sealer: Sealer
  readonly db: Database
}
