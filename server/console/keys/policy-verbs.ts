// What groups ask of their people's keys.
import * as z from 'zod'
import { Refusal } from '../../errors/failure.ts'
import { groupAsksLess } from '../../webauthn/looser.ts'
import type { GroupKeyPolicy } from '../../webauthn/rule.ts'
import { actorOf, isAct, secondOf } from '../actor.ts'
import type { ConsoleDeps } from '../deps.ts'
import { type Call, verb } from '../verb.ts'
import type { GroupPolicyRow, PolicyFrom } from './port.ts'
import { policyWord } from './shown.ts'

const shownPolicy = z.object({
  group: z.object({ id: z.string(), name: z.string(), members: z.int() }),
  policy: policyWord,
  aaguids: z.array(z.string()).nullable(),
  platform_allowed: z.boolean(),
  min_keys: z.int(),
  updated_at: z.string(),
  version: z.int(),
})

const group = z.string().min(1).max(100)
const aaguids = z.array(z.guid()).min(1).max(1000).nullable()
/** Of what loosens: why, in the words of who asks. */
const reason = z.string().trim().min(1).max(500).optional()
/** Of an act: what it replaces. Two people sign from what to what, and it is done only from there. */
const from = z
  .strictObject({
    policy: policyWord,
    aaguids: z.array(z.string()).nullable(),
    platform_allowed: z.boolean(),
    min_keys: z.union([z.literal(1), z.literal(2)]),
  })
  .nullable()
  .optional()

const setInput = z.strictObject({
  group,
  policy: policyWord,
  aaguids,
  platform_allowed: z.boolean(),
  min_keys: z.union([z.literal(1), z.literal(2)]),
  /** Of what is edited; 0 where the group has none yet. */
  version: z.int().min(0),
  reason,
  from,
})
const removeInput = z.strictObject({ group, version: z.int().min(1), reason, from })

export const keyPolicyVerbs = [
  verb({
    id: 'key-policies.list',
    permission: 'keys.read',
    weight: 'read',
    summary: 'Lists what groups ask of their people’s keys, and what counts for people of whom no group asks anything.',
    input: z.strictObject({ group: group.optional() }),
    answer: z.object({ items: z.array(shownPolicy), setting: policyWord }),
    run: async (deps, input) => {
      const rows =
        input.group === undefined
          ? await deps.keys.policies()
          : [await deps.keys.policyOf(input.group)].filter((row) => row !== null)
      return { items: rows.map(shownFrom), setting: deps.config.keyPolicy }
    },
  }),

  verb({
    id: 'key-policies.set',
    permission: 'keys.policy',
    weight: async (deps, input) => weightOf(deps, input, policyFrom(input)),
    signed: async (deps, input) => ({ ...input, from: recordedOrNull(await seen(deps, input)) }),
    summary:
      'Sets what a group asks of its people’s keys. Of several groups the strictest counts. Keys enrolled before go on working and are shown as below it. What lets in keys that were refused needs two administrators.',
    input: setInput,
    answer: z.object({ item: shownPolicy }),
    run: async (deps, input, call) => {
      const { by, now } = call
      const name = await deps.keys.groupName(input.group)
      if (name === null) throw new Refusal(404, 'unknown-group')
      const policy = policyFrom(input)
      const before = await agreed(deps, input, policy, call)
      const set = await deps.keys.setPolicy(input.group, before, policy, now, {
        action: 'key-policy.set',
        actor: actorOf(by),
        subject: input.group,
        detail: { name, from: recordedOrNull(before), to: recorded(policy), ...why(input, call) },
      })
      if (!set) throw await moved(deps, input.group)
      return { item: shownFrom((await deps.keys.policyOf(input.group)) as GroupPolicyRow) }
    },
  }),

  verb({
    id: 'key-policies.remove',
    permission: 'keys.policy',
    weight: async (deps, input) => weightOf(deps, input, null),
    signed: async (deps, input) => ({ ...input, from: recordedOrNull(await seen(deps, input)) }),
    summary:
      'Takes a group’s policy of keys away: its people’s other groups count, or the setting. What lets in keys that were refused needs two administrators.',
    input: removeInput,
    answer: z.object({ removed: z.boolean() }),
    run: async (deps, input, call) => {
      const { by } = call
      const name = await deps.keys.groupName(input.group)
      const before = await agreed(deps, input, null, call)
      if (name === null || before === null) throw new Refusal(404, 'unknown-group')
      const removed = await deps.keys.removePolicy(input.group, before, {
        action: 'key-policy.removed',
        actor: actorOf(by),
        subject: input.group,
        detail: { name, from: recorded(before), ...why(input, call) },
      })
      if (!removed) throw await moved(deps, input.group)
      return { removed }
    },
  }),
] as const

type Asked = z.output<typeof setInput> | z.output<typeof removeInput>

function policyFrom(input: z.output<typeof setInput>): GroupKeyPolicy {
  return {
    policy: input.policy,
    aaguids: input.aaguids === null ? null : [...new Set(input.aaguids.map((aaguid) => aaguid.toLowerCase()))],
    platformAllowed: input.platform_allowed,
    minKeys: input.min_keys,
  }
}

/** The group's policy, at the version that is edited; null: it has none. Throws `Refusal` 404 `unknown-group`, 409 `edited-meanwhile`. */
async function seen(deps: ConsoleDeps, { group: id, version }: Asked): Promise<GroupPolicyRow | null> {
  const [name, now] = await Promise.all([deps.keys.groupName(id), deps.keys.policyOf(id)])
  if (name === null || (now === null && version !== 0)) throw new Refusal(404, 'unknown-group')
  if ((now?.version ?? 0) !== version) throw await moved(deps, id)
  return now
}

async function weightOf(deps: ConsoleDeps, input: Asked, to: GroupKeyPolicy | null): Promise<'change' | 'grave'> {
  if (!groupAsksLess(await seen(deps, input), to, deps.config.keyPolicy)) return 'change'
  if (input.reason === undefined) throw new Refusal(422, 'loosening-needs-reason')
  return 'grave'
}

/**
 * What is replaced: of an act what was signed, and else what is there, which this must not loosen. Throws as `seen`, and 409
 * `edited-meanwhile` where another policy is there than was signed, or one has come that this would loosen.
 */
async function agreed(
  deps: ConsoleDeps,
  input: Asked,
  to: GroupKeyPolicy | null,
  { by }: Call,
): Promise<PolicyFrom | null> {
  const now = await seen(deps, input)
  if (isAct(by)) {
    const isSame = JSON.stringify(recordedOrNull(now)) === JSON.stringify(input.from ?? null)
    if (!isSame) throw await moved(deps, input.group)
  } else if (groupAsksLess(now, to, deps.config.keyPolicy)) throw await moved(deps, input.group)
  return now
}

/** What the audit log says of an act, besides. */
function why({ reason: words }: Asked, { by }: Call) {
  return isAct(by) ? { reason: words ?? null, second: secondOf(by) } : {}
}

async function moved(deps: ConsoleDeps, groupId: string): Promise<Refusal> {
  const now = await deps.keys.policyOf(groupId)
  return new Refusal(409, 'edited-meanwhile', 'another version', { shown: now === null ? null : shownFrom(now) })
}

function recordedOrNull(policy: GroupKeyPolicy | null) {
  return policy === null ? null : recorded(policy)
}

function recorded({ policy, aaguids, platformAllowed, minKeys }: GroupKeyPolicy) {
  return {
    policy,
    aaguids: aaguids === null ? null : [...aaguids],
    platform_allowed: platformAllowed,
    min_keys: minKeys,
  }
}

function shownFrom(row: GroupPolicyRow): z.input<typeof shownPolicy> {
  return {
    group: row.group,
    policy: row.policy,
    aaguids: row.aaguids === null ? null : [...row.aaguids],
    platform_allowed: row.platformAllowed,
    min_keys: row.minKeys,
    updated_at: row.updatedAt.toISOString(),
    version: row.version,
  }
}
