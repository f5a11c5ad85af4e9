// Keys as the console's API shows them.
import * as z from 'zod'
import { CUT_OFF_REASONS } from '../../webauthn/port.ts'
import { belowRule, type GroupKeyPolicy, type KeyRule, keyRule } from '../../webauthn/rule.ts'
import type { Standing } from '../../webauthn/standing.ts'
import { standings } from '../../webauthn/standing.ts'
import type { ConsoleDeps } from '../deps.ts'
import type { InventoryKey, InventoryRow, ModelsToday } from './port.ts'

export const policyWord = z.enum(['any', 'device-bound', 'attested'])

export const shownRule = z.object({
  policy: policyWord,
  aaguids: z.array(z.string()).nullable(),
  platform_allowed: z.boolean(),
  min_keys: z.int(),
  /** Whether it comes of the person's groups, or of PALIER_KEY_POLICY. */
  from: z.enum(['groups', 'setting']),
})

export const shownKey = z.object({
  id: z.string(),
  name: z.string(),
  kind: z.enum(['security-key', 'platform']),
  serial: z.string().nullable(),
  model: z.object({ aaguid: z.string(), description: z.string().nullable() }),
  /** Whether the maker proved it at enrolment and the model is certified and sound today. */
  certified: z.boolean(),
  acr: z.enum(['phr', 'phrh']),
  policy: policyWord,
  enrolled_at: z.string(),
  last_used_at: z.string().nullable(),
  /** Of the last sign-in with it. */
  last_network: z.string().nullable(),
  last_client: z.string().nullable(),
  revoked_at: z.string().nullable(),
  revoked_reason: z.string().nullable(),
  /** Revoked because of what the metadata says of its model. */
  cut_off: z.boolean(),
  /** Why it is below what the person's groups ask for. */
  below: z.array(z.enum(['uncertified', 'can-be-copied', 'model-not-listed', 'built-in'])),
  version: z.int(),
})

export const shownRow = z.object({
  person: z.object({
    id: z.string(),
    username: z.string(),
    display_name: z.string(),
    role: z.string(),
    suspended: z.boolean(),
    /** Active keys. */
    keys: z.int(),
    /** Keys that the person's groups ask for. */
    min_keys: z.int(),
  }),
  key: shownKey.nullable(),
})

/** How models stand now, for deciding and for showing. */
export async function standingsNow(deps: Pick<ConsoleDeps, 'metadata'>, now: Date) {
  const found = standings(await deps.metadata.modelsBriefly(), now)
  const all = [...found.values()]
  const today: ModelsToday = {
    certified: all.filter(({ certified }) => certified).map(({ aaguid }) => aaguid),
    unsafe: all.filter(({ cutOff }) => cutOff !== null).map(({ aaguid }) => aaguid),
  }
  return { found, today }
}

/** A row of the inventory, judged by what counts for its person. */
export function shownFrom(
  { person, key }: InventoryRow,
  models: ReadonlyMap<string, Standing>,
  setting: GroupKeyPolicy['policy'],
): z.input<typeof shownRow> {
  const rule = keyRule(person.groups, setting)
  return {
    person: {
      id: person.id,
      username: person.username,
      display_name: person.displayName,
      role: person.role,
      suspended: person.suspendedAt !== null,
      keys: person.keys,
      min_keys: rule.minKeys,
    },
    key: key === null ? null : keyFrom(key, models, rule),
  }
}

export function ruleFrom(rule: KeyRule): z.input<typeof shownRule> {
  return {
    policy: rule.policy,
    aaguids: rule.aaguids === null ? null : [...rule.aaguids],
    platform_allowed: rule.platformAllowed,
    min_keys: rule.minKeys,
    from: rule.from,
  }
}

export function keyFrom(
  key: InventoryKey,
  models: ReadonlyMap<string, Standing>,
  rule: KeyRule,
): z.input<typeof shownKey> {
  const standing = models.get(key.aaguid)
  const certified = key.acr === 'phrh' && standing?.certified === true
  return {
    id: key.id,
    name: key.name,
    kind: key.kind,
    serial: key.serial,
    model: { aaguid: key.aaguid, description: standing?.description ?? null },
    certified,
    acr: key.acr,
    policy: key.policy,
    enrolled_at: key.createdAt.toISOString(),
    last_used_at: key.lastUsedAt?.toISOString() ?? null,
    last_network: key.lastNetwork,
    last_client: key.lastClient,
    revoked_at: key.revokedAt?.toISOString() ?? null,
    revoked_reason: key.revokedReason,
    cut_off: CUT_OFF_REASONS.some((reason) => reason === key.revokedReason),
    below: key.revokedAt === null ? [...belowRule({ ...key, platform: key.kind === 'platform', certified }, rule)] : [],
    version: key.version,
  }
}
