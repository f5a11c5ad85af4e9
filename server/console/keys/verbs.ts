// The inventory of keys: who has which, how they stand, and taking one away.
import * as z from 'zod'
import { Refusal } from '../../errors/failure.ts'
import { displayNameFrom } from '../../people/username.ts'
import { isStorableInstant } from '../../platform/storable.ts'
import { CUT_OFF_REASONS } from '../../webauthn/port.ts'
import { keyRule } from '../../webauthn/rule.ts'
import { actorOf } from '../actor.ts'
import type { ConsoleDeps } from '../deps.ts'
import { mayDisarm } from '../people/rules.ts'
import { type Call, verb } from '../verb.ts'
import { type InventoryRow, KEY_FILTERS } from './port.ts'
import { keyFrom, ruleFrom, shownFrom, shownKey, shownRow, shownRule, standingsNow } from './shown.ts'

const id = z.string().min(1).max(100)

export const keyVerbs = [
  verb({
    id: 'keys.list',
    permission: 'keys.read',
    weight: 'read',
    summary:
      'Lists keys with their people, by username: all, or people with none or one, uncertified, compromised, below their groups’ policy, never used, unused, revoked.',
    input: z.strictObject({
      filter: z.enum(KEY_FILTERS).default('all'),
      /** For `unused`: not used since; a year ago where absent. */
      before: z.iso.datetime().refine(isStorableInstant, 'not in the years 1 to 9999').optional(),
      q: z.string().max(100).optional(),
      person: id.optional(),
      group: id.optional(),
      model: z.string().max(36).optional(),
      after: z.string().max(400).optional(),
      limit: z.coerce.number().int().min(1).max(200).default(50),
    }),
    answer: z.object({ items: z.array(shownRow), next: z.string().nullable() }),
    run: async (deps, input, { now }) => {
      const setting = deps.config.keyPolicy
      const { found, today } = await standingsNow(deps, now)
      const q = input.q?.trim() ?? ''
      const rows = await deps.keys.list(
        {
          filter: input.filter,
          before: input.filter === 'unused' ? (input.before ? new Date(input.before) : yearBefore(now)) : null,
          q: q === '' ? null : q,
          person: input.person ?? null,
          group: input.group ?? null,
          model: input.model?.toLowerCase() ?? null,
          after: placeFrom(input.after),
          limit: input.limit + 1,
        },
        today,
        setting,
      )
      const page = rows.slice(0, input.limit)
      return {
        items: page.map((row) => shownFrom(row, found, setting)),
        next: rows.length > input.limit ? placeOf(page.at(-1)) : null,
      }
    },
  }),

  verb({
    id: 'keys.summary',
    permission: 'keys.read',
    weight: 'read',
    summary: 'Counts people by their keys, and keys by how they stand.',
    input: z.strictObject({}),
    answer: z.object({
      people: z.int(),
      none: z.int(),
      one: z.int(),
      keys: z.int(),
      uncertified: z.int(),
      compromised: z.int(),
      below: z.int(),
      never_used: z.int(),
    }),
    run: async (deps, _input, { now }) => {
      const { today } = await standingsNow(deps, now)
      const { neverUsed, ...counts } = await deps.keys.counts(today, deps.config.keyPolicy)
      return { ...counts, never_used: neverUsed }
    },
  }),

  verb({
    id: 'keys.show',
    permission: 'keys.read',
    weight: 'read',
    summary:
      'Shows one key: its model, what its person’s groups ask for, where it was last used, and what is open by it.',
    input: z.strictObject({ id }),
    answer: z.object({
      item: shownRow.extend({ key: shownKey }),
      rule: shownRule,
      opened: z.object({ sessions: z.int(), devices: z.int() }),
    }),
    run: async (deps, input, { now }) => {
      const row = await known(deps, input.id)
      const { found } = await standingsNow(deps, now)
      const setting = deps.config.keyPolicy
      const rule = keyRule(row.person.groups, setting)
      return {
        item: { ...shownFrom(row, found, setting), key: keyFrom(row.key, found, rule) },
        rule: ruleFrom(rule),
        opened: await deps.keys.opened(input.id),
      }
    },
  }),

  verb({
    id: 'keys.rename',
    permission: 'keys.enrol',
    weight: 'change',
    summary: 'Renames a key that was not revoked.',
    input: z.strictObject({ id, name: z.string().min(1).max(200), version: z.int() }),
    answer: z.object({ key: shownKey }),
    run: async (deps, input, call) => {
      const name = displayNameFrom(input.name)
      if (name === null) throw new Refusal(400, 'bad-name', 'name: 1 to 100 characters on one line')
      const { key, person } = await known(deps, input.id)
      // By its name its owner knows which one to take out of use.
      mayDisarm(call.by, person)
      const event = {
        action: 'key.renamed',
        actor: actorOf(call.by),
        subject: input.id,
        detail: { person: person.id, from: key.name, to: name },
      }
      if (!(await deps.keys.rename(input.id, input.version, name, event)))
        throw new Refusal(409, 'edited-meanwhile', 'another version', { shown: await shownOf(deps, input.id, call) })
      return { key: await shownOf(deps, input.id, call) }
    },
  }),

  verb({
    id: 'keys.revoke',
    permission: 'keys.revoke',
    weight: 'change',
    summary: 'Revokes a key: what was opened with it ends within a second. Never the last owner’s last key.',
    input: z.strictObject({
      id,
      reason: z
        .string()
        .trim()
        .min(1)
        .max(500)
        // What the metadata did is told to whoever taps the key; what an administrator did is not.
        .refine((text) => !CUT_OFF_REASONS.some((reason) => reason === text), 'in your own words'),
    }),
    answer: z.object({ key: shownKey, changed: z.boolean() }),
    run: async (deps, { id: keyId, reason }, call) => {
      const { person } = await known(deps, keyId)
      mayDisarm(call.by, person)
      const changed = await deps.keys.revoke(keyId, reason, call.now, {
        action: 'key.revoked',
        actor: actorOf(call.by),
        subject: keyId,
        detail: { person: person.id, reason },
      })
      return { key: await shownOf(deps, keyId, call), changed }
    },
  }),
] as const

async function known(deps: ConsoleDeps, keyId: string) {
  const row = await deps.keys.find(keyId)
  if (row === null) throw new Refusal(404, 'unknown-key')
  return row
}

async function shownOf(deps: ConsoleDeps, keyId: string, { now }: Call) {
  const row = await known(deps, keyId)
  const { found } = await standingsNow(deps, now)
  return keyFrom(row.key, found, keyRule(row.person.groups, deps.config.keyPolicy))
}

function yearBefore(now: Date): Date {
  return new Date(now.getTime() - 365 * 86_400_000)
}

/** A place in the list: username, `~`, key. Neither has a `~`. */
function placeOf(row: InventoryRow | undefined): string | null {
  return row === undefined ? null : `${row.person.username}~${row.key?.id ?? ''}`
}

function placeFrom(after: string | undefined): { username: string; key: string } | null {
  if (after === undefined) return null
  const [username, key, more] = after.split('~')
  if (!username || key === undefined || more !== undefined)
    throw new Refusal(400, 'bad-request', 'after: not a place in this list')
  return { username, key }
}
