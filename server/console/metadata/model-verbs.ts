// Models of security keys: what the metadata says of each, how many keys of it there are, and whether it is allowed.
import * as z from 'zod'
import { Refusal } from '../../errors/failure.ts'
import { iconFrom } from '../../webauthn/icon.ts'
import { planAllowance } from '../../webauthn/metadata.ts'
import type { Standing } from '../../webauthn/standing.ts'
import { actorOf } from '../actor.ts'
import type { ConsoleDeps } from '../deps.ts'
import { standingsNow } from '../keys/shown.ts'
import { type Call, verb } from '../verb.ts'
import { consequencesFrom, shownConsequences } from './shown.ts'
import { changeRefused } from './verbs.ts'

const shownModel = z.object({
  aaguid: z.string(),
  description: z.string(),
  /** The first word of its name: the metadata has no field for the maker. */
  vendor: z.string(),
  /** Certified level: 0 (none), 1, 1.5 (L1plus), 2, 2.5, 3, 3.5. */
  level: z.number(),
  hardware: z.boolean(),
  built_in: z.boolean().nullable(),
  concerns: z.array(z.enum(['status-revoked', 'status-retired', 'status-compromised'])),
  allowed: z.boolean(),
  /** Allowed, hardware, certified and without a concern: what `attested` asks of a model. */
  certified: z.boolean(),
  /** Active keys of it. */
  keys: z.int(),
})

const aaguid = z.guid().transform((text) => text.toLowerCase())
const listed = z
  .string()
  .max(40_000)
  .transform((text) => text.toLowerCase().split(','))
  .pipe(z.array(z.guid()).min(1).max(1000))
const some = z.strictObject({ aaguids: z.array(aaguid).min(1).max(1000), reason: z.string().trim().min(1).max(500) })
const changed = z.object({ changed: z.int() })

export const modelVerbs = [
  verb({
    id: 'models.list',
    permission: 'keys.read',
    weight: 'read',
    summary:
      'Lists the models of the metadata by name, and those that keys are enrolled of and the metadata does not have.',
    input: z.strictObject({}),
    answer: z.object({
      items: z.array(shownModel),
      unknown: z.array(z.object({ aaguid: z.string(), keys: z.int() })),
    }),
    run: async (deps, _input, { now }) => {
      const { found } = await standingsNow(deps, now)
      const keys = await deps.metadata.enrolled()
      return {
        items: [...found.values()].map((standing) => modelFrom(standing, keys.get(standing.aaguid) ?? 0)),
        unknown: [...keys].filter(([one]) => !found.has(one)).map(([one, count]) => ({ aaguid: one, keys: count })),
      }
    },
  }),

  verb({
    id: 'models.icon',
    permission: 'keys.read',
    weight: 'read',
    summary: 'The picture of a model: PNG or JPEG, or 404 where the metadata has none that is one.',
    input: z.strictObject({ aaguid }),
    answer: null,
    run: async (deps, input) => {
      const icon = iconFrom(await deps.metadata.icon(input.aaguid))
      if (icon === null) throw new Refusal(404, 'no-picture')
      return new Response(new Uint8Array(icon.bytes), {
        headers: {
          'Content-Type': icon.type,
          'Content-Security-Policy': "default-src 'none'; sandbox",
          'X-Content-Type-Options': 'nosniff',
          'Cache-Control': 'private, max-age=3600',
        },
      })
    },
  }),

  verb({
    id: 'models.look',
    permission: 'keys.read',
    weight: 'read',
    summary:
      'Says which enrolled keys would be below `attested` once models are allowed or forbidden. They go on working.',
    input: z.strictObject({ aaguids: listed, allowed: z.enum(['true', 'false']) }),
    answer: shownConsequences,
    run: async (deps, input, { now }) => {
      const { found } = await standingsNow(deps, now)
      const plan = await planAllowance(deps.metadata, input.aaguids, input.allowed === 'true')
      return consequencesFrom(plan, (one) => found.get(one)?.description ?? null, [])
    },
  }),

  verb({
    id: 'models.allow',
    permission: 'keys.policy',
    weight: 'grave',
    summary: 'Allows models: `attested` admits keys of them again. Needs two administrators.',
    input: some,
    answer: changed,
    run: (deps, input, call) => setAllowed(deps, input, true, call),
  }),

  verb({
    id: 'models.forbid',
    permission: 'keys.policy',
    weight: 'change',
    summary:
      'Forbids models: `attested` admits no more keys of them. Those enrolled go on working and are shown as uncertified.',
    input: some,
    answer: changed,
    run: (deps, input, call) => setAllowed(deps, input, false, call),
  }),
] as const

async function setAllowed(deps: ConsoleDeps, input: z.output<typeof some>, allowed: boolean, { by, now }: Call) {
  const models = await deps.metadata.modelsBriefly()
  const known = new Map(models.map((model) => [model.aaguid, model]))
  const unknown = input.aaguids.find((one) => !known.has(one))
  if (unknown !== undefined) throw new Refusal(404, 'unknown-model', unknown)
  const aaguids = [...new Set(input.aaguids)].filter((one) => known.get(one)?.allowed !== allowed)
  if (aaguids.length === 0) return { changed: 0 }
  const actor = actorOf(by)
  const result = await deps.metadata.changes.apply({
    blob: null,
    allow: { aaguids, allowed },
    cutOff: [],
    nameOf: (one) => known.get(one)?.description ?? one,
    at: now,
    actor,
    audit: {
      action: allowed ? 'models.allowed' : 'models.forbidden',
      actor,
      subject: 'models',
      detail: { aaguids, reason: input.reason },
    },
  })
  if (!result.ok) throw changeRefused(result.reason)
  return { changed: aaguids.length }
}

function modelFrom({ aaguid: id, description, judged, certified }: Standing, keys: number): z.input<typeof shownModel> {
  return {
    aaguid: id,
    description,
    vendor: vendorOf(description),
    level: judged.certification,
    hardware: judged.hardwareProtected,
    built_in: judged.builtIn,
    concerns: [...judged.concerns],
    allowed: judged.allowed,
    certified,
    keys,
  }
}

/** The first word of a model's name. */
export function vendorOf(description: string): string {
  const [word = ''] = description.trim().split(/[\s,(/]+/, 1)
  return /^yubikey$/i.test(word) ? 'Yubico' : word || '?'
}
