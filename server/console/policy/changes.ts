// Changes of the policy. What tightens is done at once, what loosens takes two.
import * as z from 'zod'
import { Refusal } from '../../errors/failure.ts'
import { loosens } from '../../policy/diff.ts'
import { type PolicyDocument, writePolicy } from '../../policy/document.ts'
import { applyPolicy } from '../../policy/versions.ts'
import { actorOf, isAct } from '../actor.ts'
import type { ConsoleDeps } from '../deps.ts'
import { type Call, verb } from '../verb.ts'
import { newlyExempted, notSignedByExempted, usernameIn } from './exempted.ts'
import { versionAt } from './verbs.ts'
import { conflict, goodPolicy, isOneForm, ONE_FORM, POLICY_BODY_BYTES, policyGround, written } from './written.ts'

const basedOn = z.int().min(0)
const reason = z.string().min(1).max(500)
/** The emergency level is switched on whatever is in force: others may change that in between, but not for ever. */
const ATTEMPTS = 10

const applied = z.object({ number: z.int() })

interface Proposal {
  readonly document: PolicyDocument
  readonly from: number
}

export const policyChangeVerbs = [
  verb({
    id: 'policy.apply',
    permission: 'policy.write',
    weight: async (deps, input) => weightOf(deps, await proposal(deps, input)),
    signed: async (deps, input) => {
      const { document } = await proposal(deps, input)
      const asWritten = writePolicy(document) as Record<string, unknown>
      return { document: asWritten, based_on: input.based_on, reason: input.reason }
    },
    concerns: async (input, deps) => theOneExempted(deps, await proposal(deps, input)),
    maxBodyBytes: POLICY_BODY_BYTES,
    summary:
      'Brings a policy into force as a new version, made of the one that `based_on` names. What loosens takes two.',
    input: z.strictObject({ ...written, based_on: basedOn, reason }).refine(isOneForm, ONE_FORM),
    answer: applied,
    run: async (deps, input, call) => apply(deps, await proposal(deps, input), input.reason, call),
  }),
  verb({
    id: 'policy.roll-back',
    permission: 'policy.write',
    weight: async (deps, input) => weightOf(deps, await earlier(deps, input)),
    concerns: async (input, deps) => theOneExempted(deps, await earlier(deps, input)),
    summary: 'Brings an earlier version into force again, as a new one. What loosens takes two.',
    input: z.strictObject({ number: z.int().min(0), based_on: basedOn, reason }),
    answer: applied,
    run: async (deps, input, call) => apply(deps, await earlier(deps, input), input.reason, call),
  }),
  verb({
    id: 'policy.emergency',
    permission: 'policy.write',
    weight: async (deps, { state }) => {
      const { now } = await policyGround(deps)
      if ((now.document.emergency !== null) === (state === 'on')) throw new Refusal(409, 'policy-unchanged')
      return state === 'on' ? 'change' : 'grave'
    },
    summary: 'On: nobody reads history without a tap, exemptions and outages included. Off, as before, takes two.',
    input: z.strictObject({ state: z.enum(['on', 'off']), reason: z.string().min(3).max(300) }),
    answer: applied,
    run: (deps, input, call) => switchEmergency(deps, input, call),
  }),
] as const

async function proposal(
  deps: ConsoleDeps,
  input: {
    readonly yaml?: string | undefined
    readonly document?: Record<string, unknown> | undefined
    based_on: number
  },
): Promise<Proposal> {
  const ground = await policyGround(deps)
  const document = goodPolicy(input, ground)
  if (ground.now.number !== input.based_on) throw await conflict(deps, input.based_on, ground)
  return { document, from: input.based_on }
}

async function earlier(deps: ConsoleDeps, input: { readonly number: number; based_on: number }): Promise<Proposal> {
  const ground = await policyGround(deps)
  if (ground.now.number !== input.based_on) throw await conflict(deps, input.based_on, ground)
  const { document } = await versionAt(deps, input.number)
  return { document: { ...document, emergency: ground.now.document.emergency }, from: input.based_on }
}

async function weightOf(deps: ConsoleDeps, { document, from }: Proposal): Promise<'change' | 'grave'> {
  const { now } = await policyGround(deps)
  // Another version came in between: whether it loosens that one is not known, and it would not be applied.
  return now.number !== from || loosens(now.document, document) ? 'grave' : 'change'
}

/** Whoever would be exempted, alone and by name. Several are told apart when the act runs. */
async function theOneExempted(deps: ConsoleDeps, { document }: Proposal): Promise<string | null> {
  const { now } = await policyGround(deps)
  const [user, ...others] = newlyExempted(now.document, document)
  const username = user === undefined || others.length > 0 ? null : usernameIn(user, deps.config.serverName)
  return username === null ? null : deps.policy.personOf(username)
}

async function apply(
  deps: ConsoleDeps,
  { document, from }: Proposal,
  why: string,
  { by }: Call,
): Promise<z.input<typeof applied>> {
  const { store } = deps.policy
  // Whoever comes without an act was told that it takes none: of this very document, or it is not applied.
  const ground = await policyGround(deps)
  if (!isAct(by) && (ground.now.number !== from || loosens(ground.now.document, document)))
    throw await conflict(deps, from, ground)
  notSignedByExempted(by, newlyExempted(ground.now.document, document), deps.config.serverName)
  const second = by.second?.personId ?? null
  const result = await applyPolicy(
    { store, clock: deps.clock },
    { from, document, by: by.personId, actor: actorOf(by), reason: why.trim(), second },
  )
  switch (result.state) {
    case 'applied':
      return { number: result.number }
    case 'unchanged':
      throw new Refusal(409, 'policy-unchanged')
    case 'unknown-group':
      throw new Refusal(409, 'unknown-group')
    case 'conflict':
      throw await conflict(deps, from, await policyGround(deps))
  }
}

async function switchEmergency(
  deps: ConsoleDeps,
  { state, reason: why }: { readonly state: 'on' | 'off'; readonly reason: string },
  call: Call,
): Promise<z.input<typeof applied>> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const { now } = await policyGround(deps)
    if ((now.document.emergency !== null) === (state === 'on')) throw new Refusal(409, 'policy-unchanged')
    const emergency = state === 'on' ? { since: deps.clock.now(), reason: oneLine(why) } : null
    const result = await applyPolicy(
      { store: deps.policy.store, clock: deps.clock },
      {
        from: now.number,
        document: { ...now.document, emergency },
        by: call.by.personId,
        actor: actorOf(call.by),
        reason: oneLine(why),
        kind: `emergency-${state}`,
        second: call.by.second?.personId ?? null,
      },
    )
    if (result.state === 'applied') return { number: result.number }
    if (result.state !== 'conflict') throw new Refusal(409, 'policy-unchanged')
  }
  throw new Refusal(503, 'unavailable')
}

/** As the document keeps a reason: one line, three characters at least. */
function oneLine(words: string): string {
  const line = words.replaceAll(/[\p{C}\s]+/gu, ' ').trim()
  if (line.length < 3) throw new Refusal(400, 'bad-reason')
  return line
}
