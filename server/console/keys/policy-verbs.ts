// What groups ask of their people's keys.
import * as z from 'zod'
import { Refusal } from '../../errors/failure.ts'
import type { GroupKeyPolicy } from '../../webauthn/rule.ts'
import { actorOf } from '../actor.ts'
import type { ConsoleDeps } from '../deps.ts'
import { verb } from '../verb.ts'
import type { GroupPolicyRow } from './port.ts'
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
    weight: 'change',
    summary:
      'Sets what a group asks of its people’s keys. Of several groups the strictest counts. Keys enrolled before go on working and are shown as below it.',
    input: z.strictObject({
      group,
      policy: policyWord,
      aaguids: z.array(z.guid()).min(1).max(1000).nullable(),
      platform_allowed: z.boolean(),
      min_keys: z.union([z.literal(1), z.literal(2)]),
      /** Of what is edited; 0 where the group has none yet. */
      version: z.int().min(0),
    }),
    answer: z.object({ item: shownPolicy }),
    run: async (deps, input, { by, now }) => {
      const name = await deps.keys.groupName(input.group)
      if (name === null) throw new Refusal(404, 'unknown-group')
      const before = await deps.keys.policyOf(input.group)
      const policy: GroupKeyPolicy = {
        policy: input.policy,
        aaguids: input.aaguids === null ? null : [...new Set(input.aaguids.map((aaguid) => aaguid.toLowerCase()))],
        platformAllowed: input.platform_allowed,
        minKeys: input.min_keys,
      }
      const set = await deps.keys.setPolicy(input.group, input.version, policy, now, {
        action: 'key-policy.set',
        actor: actorOf(by),
        subject: input.group,
        detail: { name, from: before === null ? null : recorded(before), to: recorded(policy) },
      })
      if (!set) throw await moved(deps, input.group)
      return { item: shownFrom((await deps.keys.policyOf(input.group)) as GroupPolicyRow) }
    },
  }),

  verb({
    id: 'key-policies.remove',
    permission: 'keys.policy',
    weight: 'change',
    summary: 'Takes a group’s policy of keys away: its people’s other groups count, or the setting.',
    input: z.strictObject({ group, version: z.int().min(1) }),
    answer: z.object({ removed: z.boolean() }),
    run: async (deps, input, { by }) => {
      const before = await deps.keys.policyOf(input.group)
      if (before === null) throw new Refusal(404, 'unknown-group')
      const removed = await deps.keys.removePolicy(input.group, input.version, {
        action: 'key-policy.removed',
        actor: actorOf(by),
        subject: input.group,
        detail: { name: before.group.name, from: recorded(before) },
      })
      if (!removed) throw await moved(deps, input.group)
      return { removed }
    },
  }),
] as const

async function moved(deps: ConsoleDeps, groupId: string): Promise<Refusal> {
  const now = await deps.keys.policyOf(groupId)
  return new Refusal(409, 'edited-meanwhile', 'another version', { shown: now === null ? null : shownFrom(now) })
}

function recorded({ policy, aaguids, platformAllowed, minKeys }: GroupKeyPolicy) {
  return { policy, aaguids, platform_allowed: platformAllowed, min_keys: minKeys }
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
