// When signing keys change: next → active → retired. Pure: what must change among the keys there are, at a time.
import type { SigningAlgorithm, SigningKey } from './port.ts'

export const ALGORITHMS: readonly SigningAlgorithm[] = ['RS256', 'ES256']
/** How long a key signs. */
export const ACTIVE_MS = 30 * 24 * 3600 * 1000
/** How long a key is published before it signs: longer than relying parties cache the key set. */
export const PUBLISHED_BEFORE_USE_MS = 24 * 3600 * 1000
/** How long a retired key stays published: longer than any token that it signed lives. */
export const PUBLISHED_AFTER_USE_MS = 24 * 3600 * 1000

export interface RotationPlan {
  /** Rows as they must become. */
  readonly changed: readonly SigningKey[]
  /** Keys to generate. */
  readonly wanted: readonly { readonly algorithm: SigningAlgorithm; readonly state: 'next' | 'active' }[]
}

/** What the keys must become at `now` (epoch milliseconds). Nothing when all is well. */
export function planRotation(keys: readonly SigningKey[], now: number): RotationPlan {
  const changed: SigningKey[] = []
  const wanted: { algorithm: SigningAlgorithm; state: 'next' | 'active' }[] = []
  const at = new Date(now)
  for (const algorithm of ALGORITHMS) {
    const of = (state: SigningKey['state']) => keys.filter((key) => key.algorithm === algorithm && key.state === state)
    const active = of('active')[0]
    const next = of('next')[0]
    const isDue = active !== undefined && now - (active.activatedAt ?? active.createdAt).getTime() >= ACTIVE_MS
    const isKnown = next !== undefined && now - next.createdAt.getTime() >= PUBLISHED_BEFORE_USE_MS
    // Without an active key nothing can be signed: the next one, which some may know already, comes before a new one.
    if (active === undefined && next === undefined) wanted.push({ algorithm, state: 'active' })
    if (next !== undefined && (active === undefined || (isDue && isKnown))) {
      if (active !== undefined) changed.push({ ...active, state: 'retired', retiredAt: at })
      changed.push({ ...next, state: 'active', activatedAt: at })
      wanted.push({ algorithm, state: 'next' })
    } else if (next === undefined) {
      wanted.push({ algorithm, state: 'next' })
    }
    for (const key of of('retired')) {
      if (key.privateJwk !== null) changed.push({ ...key, privateJwk: null })
    }
  }
  return { changed, wanted }
}

/** Whether a key belongs in the published set at `now`. */
export function isPublished(key: SigningKey, now: number): boolean {
  return key.state !== 'retired' || now - (key.retiredAt?.getTime() ?? 0) < PUBLISHED_AFTER_USE_MS
}
