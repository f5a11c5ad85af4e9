// What a change of the metadata would do, as the console's API shows it.
import * as z from 'zod'
import type { Planned, PlannedImport } from '../../webauthn/metadata.ts'
import type { EnrolledKey } from '../../webauthn/port.ts'
import type { KeyWith } from '../../webauthn/standing.ts'

/** Keys and people that are named; the rest is counted. */
export const NAMED_AT_MOST = 500

const person = z.object({ id: z.string(), username: z.string(), display_name: z.string(), role: z.string() })
const affected = z.object({
  keys: z.int(),
  people: z.int(),
  models: z.array(
    z.object({ aaguid: z.string(), description: z.string().nullable(), reasons: z.array(z.string()), keys: z.int() }),
  ),
  /** The first 500, by username. */
  named: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      aaguid: z.string(),
      reasons: z.array(z.string()),
      person,
    }),
  ),
})

export const shownConsequences = z.object({
  /** Keys that stop working, with everything that was opened with them. */
  cut_off: affected,
  /** Keys that go on working and would not be admitted any more. */
  uncertified: affected,
  left_with_none: z.object({ people: z.int(), named: z.array(person) }),
  /** Owners among them. */
  owners_left_with_none: z.array(person),
  /** No owner could sign in any more: it will be refused. */
  locks_out_every_owner: z.boolean(),
  /** To be sent with the change: it is made only while it does exactly this. */
  shown: z.string(),
})

export const shownPreview = shownConsequences.extend({
  /** Names the BLOB that was looked at. */
  hash: z.string(),
  number: z.int(),
  next_update: z.string(),
  models: z.int(),
  allowed: z.int(),
  added: z.int(),
  removed: z.int(),
  /** Entries that could not be read and are left out. */
  unreadable: z.int(),
})

/** What a planned change does. `ownersWithKeys`: who could sign in as an owner before it. */
export function consequencesFrom(
  { consequences, shown }: Planned,
  nameOf: (aaguid: string) => string | null,
  ownersWithKeys: readonly string[],
): z.input<typeof shownConsequences> {
  const { cutOff, uncertified, leftWithNone } = consequences
  const lost = new Set(leftWithNone.map(({ id }) => id))
  return {
    cut_off: affectedFrom(cutOff, nameOf),
    uncertified: affectedFrom(uncertified, nameOf),
    left_with_none: { people: leftWithNone.length, named: leftWithNone.slice(0, NAMED_AT_MOST).map(personFrom) },
    owners_left_with_none: leftWithNone.filter(({ role }) => role === 'owner').map(personFrom),
    locks_out_every_owner: ownersWithKeys.length > 0 && ownersWithKeys.every((id) => lost.has(id)),
    shown,
  }
}

export function previewFrom(
  hash: string,
  plan: PlannedImport,
  ownersWithKeys: readonly string[],
): z.input<typeof shownPreview> {
  return {
    ...consequencesFrom(plan, (aaguid) => plan.after.get(aaguid)?.description ?? null, ownersWithKeys),
    hash,
    number: plan.blob.number,
    next_update: plan.blob.nextUpdate,
    models: plan.models.length,
    allowed: plan.models.filter(({ allowed }) => allowed).length,
    added: plan.added,
    removed: plan.removed,
    unreadable: plan.blob.unreadable,
  }
}

function affectedFrom(
  keys: readonly KeyWith<string>[],
  nameOf: (aaguid: string) => string | null,
): z.input<typeof affected> {
  const byModel = Map.groupBy(keys, ({ key }) => key.aaguid)
  return {
    keys: keys.length,
    people: new Set(keys.map(({ key }) => key.person.id)).size,
    models: [...byModel].map(([aaguid, of]) => ({
      aaguid,
      description: nameOf(aaguid),
      reasons: [...new Set(of.flatMap(({ reasons }) => reasons))],
      keys: of.length,
    })),
    named: keys.slice(0, NAMED_AT_MOST).map(({ key, reasons }) => ({
      id: key.id,
      name: key.name,
      aaguid: key.aaguid,
      reasons: [...reasons],
      person: personFrom(key.person),
    })),
  }
}

function personFrom({ id, username, displayName, role }: EnrolledKey['person']): z.input<typeof person> {
  return { id, username, display_name: displayName, role }
}
