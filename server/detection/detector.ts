// Looks at a person after their meters moved: off the request's path, at most once in ten seconds, one query a look.
import type { Transaction } from '../../db/client.ts'
import type { Audit } from '../audit/port.ts'
import type { Notifier } from '../notify/port.ts'
import type { Clock } from '../platform/clock.ts'
import { lastUsed } from '../platform/last-used.ts'
import type { Log } from '../platform/log.ts'
import type { Metrics } from '../platform/metrics.ts'
import type { MeteringPolicy } from '../policy/defaults.ts'
import { type Decided, decide } from './decide.ts'
import type { DetectionPolicy, DetectionStore, Subject } from './port.ts'
import { findings } from './signals.ts'

const LOOK_EVERY_MS = 10_000
/** Looks under way at once: the rest waits its turn. */
const AT_ONCE = 2
const WAITING_AT_MOST = 5_000
const PEOPLE_REMEMBERED = 20_000
const WAITING_POLL_MS = 1_000
/** Looks begin in steps of this, however many people read. */
const STEP_MS = 100

export interface DetectionInForce {
  readonly detection: DetectionPolicy
  readonly metering: MeteringPolicy
  /** Whether thresholds withhold: where they do not, detection only says what it saw. */
  readonly enforced: boolean
}

export interface DetectorDeps {
  readonly store: DetectionStore
  readonly notifier: Pick<Notifier, 'alert'>
  readonly audit: Pick<Audit, 'append'>
  /** Ends a device: what a revocation does, and nothing is given back. */
  readonly end: (device: string) => Promise<void>
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
  /** Between two looks at a person; ten seconds unless given. */
  readonly everyMs?: number
}

export interface Detector {
  /** Looks at this person and device soon, by the policy that is in force for them. Returns at once; never throws. */
  look(subject: Subject, inForce: DetectionInForce): void
  /** Whether the device gets no history until a tap. From memory, a second old at most. */
  waitsForTap(device: string): boolean
  /** One look now: for `look`, and for tests. */
  examine(subject: Subject, inForce: DetectionInForce): Promise<readonly Decided[]>
  start(): void
  /** Resolves when no look is under way any more. */
  stop(): Promise<void>
}

/** Detection on one instance. */
export function detector(deps: DetectorDeps): Detector {
  const { store, clock, log, everyMs = LOOK_EVERY_MS } = deps
  const lookedMs = lastUsed<string, number>(PEOPLE_REMEMBERED)
  const learned = lastUsed<string, true>(PEOPLE_REMEMBERED, 3_600_000)
  const waiting = new Map<string, { readonly subject: Subject; readonly inForce: DetectionInForce }>()
  const running = new Set<Promise<void>>()
  let asked: ReadonlySet<string> = new Set()
  let timer: ReturnType<typeof setTimeout> | null = null
  let timerDueMs = 0
  let poll: ReturnType<typeof setTimeout> | null = null
  let polling: Promise<void> = Promise.resolve()
  let stopped = true

  const complain = (error: unknown) =>
    log.warn('detection.failed', { detail: error instanceof Error ? error.message : String(error) })

  function work(): void {
    timer = null
    if (stopped) return
    const nowMs = clock.now()
    let nextMs = Number.POSITIVE_INFINITY
    for (const [key, { subject, inForce }] of waiting) {
      const dueMs = (lookedMs.get(subject.personId) ?? 0) + everyMs
      if (dueMs > nowMs) {
        nextMs = Math.min(nextMs, dueMs)
        continue
      }
      if (running.size >= AT_ONCE) return
      waiting.delete(key)
      lookedMs.set(subject.personId, nowMs)
      const done = examine(subject, inForce)
        .then(() => undefined, complain)
        .finally(() => {
          running.delete(done)
          if (waiting.size > 0) schedule(clock.now())
        })
      running.add(done)
    }
    if (nextMs !== Number.POSITIVE_INFINITY) schedule(nextMs)
  }

  function schedule(dueMs: number): void {
    if (stopped || (timer !== null && timerDueMs <= dueMs)) return
    if (timer !== null) clearTimeout(timer)
    const delayMs = Math.max(STEP_MS, dueMs - clock.now())
    timerDueMs = clock.now() + delayMs
    timer = setTimeout(work, delayMs)
  }

  async function examine(subject: Subject, inForce: DetectionInForce): Promise<readonly Decided[]> {
    const facts = await store.facts(subject, inForce.metering)
    await learn(subject, facts.hour, facts.directoryLastDay > 0)
    const found = findings(facts, inForce.detection.thresholds)
    if (found.length === 0) return []
    const decided = decide(found, await store.recent(subject.device), inForce.detection, inForce.enforced)
    const raised: Decided[] = []
    for (const one of decided) if (await raise(subject, one)) raised.push(one)
    return raised
  }

  async function learn(subject: Subject, hour: number, directory: boolean): Promise<void> {
    const key = [subject.personId, subject.network, subject.client, hour, directory].join('\n')
    if (learned.has(key)) return
    await store.learn(subject, directory)
    learned.set(key, true)
  }

  async function raise(subject: Subject, decided: Decided): Promise<boolean> {
    const { finding, action } = decided
    // Before it is written down that it was: whatever happens between the two, the device has ended.
    if (action === 'end') await deps.end(subject.device)
    const first = await store.raiseOnce(subject, finding, (tx) => tell(subject, decided, tx))
    if (!first) return false
    deps.metrics.count('palier_alerts_total', { signal: finding.signal })
    log.warn('detection.signal', {
      signal: finding.signal,
      action,
      score: finding.score,
      person: subject.personId,
      device: subject.device,
      detail: finding.explanation.en,
    })
    if (action === 'tap') asked = new Set([...asked, subject.device])
    return true
  }

  async function tell(subject: Subject, { finding, action }: Decided, tx: Transaction): Promise<void> {
    const { serverName, personId, device } = subject
    const { signal, explanation, evidence } = finding
    if (action === 'tap') await store.askForTap(device, tx)
    await deps.notifier.alert({ kind: signal, action, serverName, personId, device, explanation, evidence }, tx)
    await deps.audit.append(
      {
        action: 'detection.raised',
        actor: 'system',
        subject: device,
        detail: { signal, action, person: personId, score: finding.score, ...evidence },
      },
      tx,
    )
  }

  async function refresh(): Promise<void> {
    try {
      asked = await store.waitingForTap()
    } catch {
      // A database out of reach: whoever waited waits on.
    }
    if (!stopped) poll = setTimeout(again, WAITING_POLL_MS)
  }
  const again = () => {
    polling = refresh()
  }

  return {
    look(subject, inForce) {
      if (stopped || (waiting.size >= WAITING_AT_MOST && !waiting.has(subject.device))) return
      waiting.set(subject.device, { subject, inForce })
      schedule((lookedMs.get(subject.personId) ?? 0) + everyMs)
    },
    waitsForTap: (device) => asked.has(device),
    examine,
    start() {
      if (!stopped) return
      stopped = false
      again()
    },
    async stop() {
      stopped = true
      if (timer !== null) clearTimeout(timer)
      if (poll !== null) clearTimeout(poll)
      await Promise.all([polling, ...running])
    },
  }
}
