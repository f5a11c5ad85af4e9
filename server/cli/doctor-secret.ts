// Whether PALIER_SECRET opens what the database holds, and whether a rotation was left half done.
import type { Finding } from '../homeserver/relying-party/checks.ts'
import { openedSealKeys, type SealKeysDeps, WrongSecret } from '../platform/seal-keys.ts'

/** The finding; the database has to be at this version's schema. Changes nothing. */
export async function checkSecret(deps: Pick<SealKeysDeps, 'store' | 'sealer'>): Promise<Finding> {
  const name = 'secret'
  const wants = 'the PALIER_SECRET that this database was sealed with'
  try {
    const earlier = (await openedSealKeys(deps)).filter(({ keyId }) => keyId !== deps.sealer.currentKeyId)
    if (earlier.length === 0) return { level: 'ok', name, found: 'opens what is stored', wants }
    return {
      level: 'warning',
      name,
      found: 'opens what is stored, some of it with an earlier secret',
      wants: 'palier secret rotate, then the current secret alone',
    }
  } catch (error) {
    if (error instanceof WrongSecret) return { level: 'problem', name, found: error.message, wants }
    throw error
  }
}
