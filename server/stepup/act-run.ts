// Runs acts that were granted or waited their day out: each is taken once, checked against its receipt once more, and ends once.
import { Refusal } from '../errors/failure.ts'
import type { Clock } from '../platform/clock.ts'
import type { Log } from '../platform/log.ts'
import { type ActIntent, actIntentSchema } from './act-intent.ts'
import type { ActOutcome, ActStore, TakenAct } from './act-port.ts'
import { loneReceiptSchema, verifyLoneReceipt } from './act-receipt.ts'
import { verifyReleaseReceipt } from './release-receipt.ts'

/** Past it, an act that still runs was cut off with its process. */
const INTERRUPTED_AFTER_MS = 15 * 60_000
const ANSWERS_KEPT_MS = 30 * 24 * 3_600_000
const AT_ONCE = 20

export interface ActRunDeps {
  readonly clock: Clock
  readonly log: Log
  readonly acts: ActStore
  readonly rolesOf: (verb: string) => readonly string[]
  /** Calls the verb with what was signed. Throws what the verb throws. */
  readonly perform: (signed: {
    readonly verb: string
    readonly input: Readonly<Record<string, unknown>>
    readonly first: TakenAct['first']
    readonly second: TakenAct['second']
  }) => Promise<Readonly<Record<string, unknown>>>
}

/** Runs one act if it is due and nobody has taken it. Resolves when its end is stored; never throws for what the verb does. */
export async function runAct(deps: ActRunDeps, id: string, verb: string): Promise<void> {
  const taken = await deps.acts.take(id, deps.rolesOf(verb), new Date(deps.clock.now()))
  if (taken.state !== 'taken') {
    if (taken.state === 'void') deps.log.warn('act.failed', { act: id, verb, reason: 'signer-void' })
    return
  }
  const outcome = await performed(deps, taken.act)
  await deps.acts.finish(id, outcome, new Date(deps.clock.now()))
  if (outcome.ok) deps.log.warn('act.done', { act: id, verb })
  else deps.log.warn('act.failed', { act: id, verb, reason: outcome.failure })
}

/** What the cron does: writes down what expired or was cut off, and runs what is due. */
export async function runDueActs(deps: ActRunDeps): Promise<void> {
  const nowMs = deps.clock.now()
  const now = new Date(nowMs)
  await deps.acts.expire(now)
  await deps.acts.giveUp(new Date(nowMs - INTERRUPTED_AFTER_MS), now)
  await deps.acts.forgetAnswers(new Date(nowMs - ANSWERS_KEPT_MS))
  for (const { id, verb } of await deps.acts.due(now, AT_ONCE)) await runAct(deps, id, verb)
}

async function performed(deps: ActRunDeps, act: TakenAct): Promise<ActOutcome> {
  const intent = await signedIntent(act)
  if (intent === null) return { ok: false, failure: 'intent-changed' }
  const { first, second } = act
  try {
    return { ok: true, answer: await deps.perform({ verb: intent.verb, input: intent.input, first, second }) }
  } catch (error) {
    if (error instanceof Refusal) {
      deps.log.info('act.refused', { act: act.id, verb: act.verb, reason: error.reason, detail: error.detail })
      return { ok: false, failure: error.reason }
    }
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error)
    deps.log.error('act.crashed', { act: act.id, verb: act.verb, detail })
    return { ok: false, failure: 'act-crashed' }
  }
}

/** What was signed, when the stored receipt proves it: a row that was changed while it waited is not run. */
async function signedIntent(act: TakenAct): Promise<ActIntent | null> {
  const lone = loneReceiptSchema.safeParse(act.receipt).success
  const verdict = lone ? await verifyLoneReceipt(act.receipt) : await verifyReleaseReceipt(act.receipt)
  if (!verdict.ok || lone !== (act.second === null)) return null
  const people = 'tap' in verdict ? [verdict.tap.person] : verdict.taps.map(({ person }) => person)
  if (people[0] !== act.first.personId || (people[1] ?? null) !== (act.second?.personId ?? null)) return null
  const intent = actIntentSchema.safeParse(verdict.intent)
  return intent.success && intent.data.jti === act.id && intent.data.verb === act.verb ? intent.data : null
}
