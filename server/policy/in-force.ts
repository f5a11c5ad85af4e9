// The policy in force, from memory: read again every second, the last good one kept when the database is away.
import type { DetectionPolicy } from '../detection/port.ts'
import type { Clock } from '../platform/clock.ts'
import { inTime } from '../platform/in-time.ts'
import type { Log } from '../platform/log.ts'
import { decodePolicy } from './decode.ts'
import { defaultPolicy, type MeteringPolicy } from './defaults.ts'
import type { PolicyDocument } from './document.ts'
import type { Enforcement, Outage, PolicyInForce, PolicyStore, PolicyVersion } from './port.ts'
import { type Resolver, resolver } from './resolve.ts'
import { detectionOf, shippedPolicy } from './shipped.ts'
import { documentHash } from './versions.ts'

/** How often it is read: an emergency is in force everywhere within two seconds. */
export const POLICY_PERIOD_MS = 1_000
/** A reading that takes longer is given up; what was read last stays in force. */
const READING_MS = 900
/** The first one is waited for: a machine that has just started is slow, and there is nothing else to go by. */
const FIRST_READING_MS = 30_000
const SAY_AGAIN_MS = 60_000

export interface PolicyFeed extends PolicyInForce {
  /** Number of the version in force; 0: the thresholds as they ship. */
  version(): number
  document(): PolicyDocument
  detection(): DetectionPolicy
  /** The outage that holds, or null. */
  outage(): Outage | null
  /** Reads it again. Never rejects: what was read last stays in force. */
  refresh(): Promise<void>
}

export interface InForceDeps {
  readonly store: Pick<PolicyStore, 'now'>
  readonly clock: Clock
  readonly log: Log
  readonly serverName: string
  /** The process's own switch: `observe` wins over everything. */
  readonly operator: Enforcement
  /** The thresholds in the code. */
  readonly code?: MeteringPolicy
}

/** Reads the policy for the first time. Rejects when it cannot be read, or is not one that this program can follow. */
export async function policyInForce(deps: InForceDeps): Promise<PolicyFeed> {
  const { clock, log, operator, code = defaultPolicy } = deps
  const shipped = shippedPolicy(code)
  let version = 0
  let document = shipped
  let resolved: Resolver = resolver(document, { version, operator, code })
  let outage: Outage | null = null
  /** The number last read, followed or not: what cannot be followed is not tried again each second. */
  let seen = 0
  let away = false
  let saidOffAtMs = 0

  function take(next: PolicyVersion): void {
    const decoded =
      documentHash(next.document) === next.sha256 ? decodePolicy(next.document, { check: false, code }) : null
    seen = next.number
    if (!decoded?.ok) {
      const { path = [], wants = '' } = decoded?.mistakes[0] ?? {}
      const detail = decoded === null ? 'it is not what was applied' : `${path.join('.')} wants ${wants}`
      log.error('policy.version-refused', { version: next.number, detail })
      throw new Error(`policy version ${next.number} cannot be followed: ${detail}`)
    }
    version = next.number
    document = decoded.document
    resolved = resolver(document, { version, operator, code })
    log.info('policy.in-force', { version, by: next.appliedBy, reason: next.reason })
  }

  async function read(patienceMs: number): Promise<void> {
    const now = await inTime(patienceMs, deps.store.now(seen, deps.serverName))
    // What changes is said at once.
    if (now.outage?.release !== outage?.release) saidOffAtMs = 0
    outage = now.outage
    if (now.version && now.version.number !== seen) {
      saidOffAtMs = 0
      take(now.version)
    }
  }

  function sayWhatIsOff(): void {
    const nowMs = clock.now()
    const { emergency } = document
    if ((outage === null && emergency === null) || nowMs - saidOffAtMs < SAY_AGAIN_MS) return
    saidOffAtMs = nowMs
    if (emergency)
      log.warn('policy.emergency', { since: new Date(emergency.since).toISOString(), reason: emergency.reason })
    if (outage && outage.untilMs > nowMs) {
      const { release, untilMs, by, reason } = outage
      log.warn('policy.enforcement-off', { release, until: new Date(untilMs).toISOString(), by, reason })
    }
  }

  await read(FIRST_READING_MS)
  sayWhatIsOff()
  return {
    for: (subject) => {
      const nowMs = clock.now()
      return resolved.for(subject, nowMs, outage !== null && nowMs < outage.untilMs)
    },
    base: () => resolved.base(),
    version: () => version,
    document: () => document,
    detection: () => detectionOf(document),
    outage: () => (outage !== null && clock.now() < outage.untilMs ? outage : null),
    async refresh() {
      try {
        await read(READING_MS)
        if (away) log.info('policy.read-again', { version })
        away = false
      } catch (error) {
        if (!away)
          log.error('policy.not-read', { version, detail: error instanceof Error ? error.message.slice(0, 200) : '' })
        away = true
      }
      sayWhatIsOff()
    },
  }
}
