// Which keys the database was sealed with: a probe each, so that a wrong PALIER_SECRET is noticed at start and not when
// the first token does not open.
import type { Clock } from './clock.ts'
import type { Log } from './log.ts'
import { SealBroken, type Sealer } from './seal.ts'

export interface SealKey {
  readonly keyId: string
  /** Sealed with that key. */
  readonly probe: string
  readonly createdAt: Date
  /** Set when nothing in the database needs it any more. */
  readonly retiredAt: Date | null
}

export interface SealKeysStore {
  all(): Promise<SealKey[]>
  /** Adds a key, or takes it back into use; what is already in use stays as it is. */
  use(keyId: string, probe: string, at: Date): Promise<void>
  /** Retires every key in use but one. Returns how many. */
  retireAllBut(keyId: string, at: Date): Promise<number>
}

/** Thrown at start when PALIER_SECRET does not open what the database holds. */
export class WrongSecret extends Error {
  constructor(keyId: string) {
    super(
      `PALIER_SECRET does not open what this database holds (its key ${keyId} is missing). Put the earlier secret after the ` +
        'new one, comma-separated, then run `palier secret rotate`; or point PALIER_DATA_DIR or PALIER_DATABASE_URL at the database it belongs to.',
    )
    this.name = 'WrongSecret'
  }
}

export interface SealKeysDeps {
  readonly store: SealKeysStore
  readonly sealer: Sealer
  readonly clock: Clock
  readonly log: Log
}

/** The keys in use, each of which the sealer opens the probe of; changes nothing. Throws `WrongSecret`. */
export async function openedSealKeys({ store, sealer }: Pick<SealKeysDeps, 'store' | 'sealer'>): Promise<SealKey[]> {
  const keys = (await store.all()).filter((key) => key.retiredAt === null)
  for (const { keyId, probe } of keys) {
    try {
      sealer.open('probe', probePlace(keyId), probe)
    } catch (error) {
      if (error instanceof SealBroken) throw new WrongSecret(keyId)
      throw error
    }
  }
  return keys
}

/** Opens the probe of every key in use and notes the current one. Throws `WrongSecret`. */
export async function checkSealKeys({ store, sealer, clock, log }: SealKeysDeps): Promise<void> {
  const keys = await openedSealKeys({ store, sealer })
  if (keys.some((key) => key.keyId === sealer.currentKeyId)) return
  const id = sealer.currentKeyId
  await store.use(id, sealer.seal('probe', probePlace(id), id), new Date(clock.now()))
  if (keys.length > 0) log.warn('seal.rotation-begun', { key: id, earlier: keys.map((key) => key.keyId) })
}

function probePlace(keyId: string) {
  return { table: 'seal_keys', row: keyId, owner: keyId }
}
