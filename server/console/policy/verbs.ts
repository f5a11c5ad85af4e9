// The policy: what is in force, its versions, and what a document would change.
import * as z from 'zod'
import { Refusal } from '../../errors/failure.ts'
import { writePolicy } from '../../policy/document.ts'
import { shippedPolicy } from '../../policy/shipped.ts'
import { decodeVersion, type PolicyAt } from '../../policy/versions.ts'
import { policyYaml } from '../../policy/yaml.ts'
import type { ConsoleDeps } from '../deps.ts'
import { verb } from '../verb.ts'
import {
  changesOf,
  difference,
  forms,
  isOneForm,
  mistake,
  ONE_FORM,
  POLICY_BODY_BYTES,
  policyGround,
  readWritten,
  told,
  version,
  written,
} from './written.ts'

const LARGEST = 2 ** 31 - 1
const number = z.coerce.number().int().min(0).max(LARGEST)

export const policyVerbs = [
  verb({
    id: 'policy.show',
    permission: 'policy.read',
    weight: 'read',
    summary:
      'The policy in force: as a document and as a file, with its groups, the emergency level and an outage if there is one.',
    input: z.strictObject({}),
    answer: z.object({
      number: z.int(),
      version: version.nullable(),
      document: z.record(z.string(), z.unknown()),
      yaml: z.string(),
      groups: z.array(z.object({ id: z.string(), name: z.string() })),
      emergency: z.object({ since: z.string(), reason: z.string() }).nullable(),
      outage: z.object({ release: z.string(), until: z.string(), reason: z.string() }).nullable(),
      /** Of the process that answers: `observe` withholds nothing whatever the policy says. */
      operator: z.enum(['enforce', 'observe']),
    }),
    run: async (deps) => {
      const { now, groups } = await policyGround(deps)
      const { outage } = await deps.policy.store.now(now.number, deps.config.serverName)
      const { emergency } = now.document
      return {
        number: now.number,
        version: now.version === null ? null : ((await told(deps, [now.version]))[0] ?? null),
        ...forms(now, groups),
        groups: [...(await deps.policy.groups())],
        emergency: emergency && { since: new Date(emergency.since).toISOString(), reason: emergency.reason },
        outage: outage && {
          release: outage.release,
          until: new Date(outage.untilMs).toISOString(),
          reason: outage.reason,
        },
        operator: deps.config.enforce,
      }
    },
  }),
  verb({
    id: 'policy.versions',
    permission: 'policy.read',
    weight: 'read',
    summary: 'Versions of the policy, the newest first.',
    input: z.strictObject({
      after: z.coerce.number().int().min(1).max(LARGEST).optional(),
      limit: z.coerce.number().int().min(1).max(200).default(50),
    }),
    answer: z.object({ items: z.array(version), next: z.string().nullable() }),
    run: async (deps, { after, limit }) => {
      const found = await deps.policy.store.history(limit + 1, after)
      const items = await told(deps, found.slice(0, limit))
      return { items, next: found.length > limit ? String(items.at(-1)?.number ?? '') : null }
    },
  }),
  verb({
    id: 'policy.version',
    permission: 'policy.read',
    weight: 'read',
    summary:
      'One version, and what coming back to it would change, or would have changed of the version `against`. 0: the thresholds as they ship.',
    input: z.strictObject({ number, against: number.optional() }),
    answer: z.object({
      number: z.int(),
      version: version.nullable(),
      document: z.record(z.string(), z.unknown()),
      yaml: z.string(),
      in_force: z.int(),
      changes: z.array(difference),
      loosens: z.boolean(),
    }),
    run: async (deps, { number: asked, against }) => {
      const { now, groups } = await policyGround(deps)
      const at = await versionAt(deps, asked)
      const from = against === undefined ? now : await versionAt(deps, against)
      const document = { ...at.document, emergency: from.document.emergency }
      const changes = changesOf(from.document, document, groups)
      return {
        number: at.number,
        version: at.version === null ? null : ((await told(deps, [at.version]))[0] ?? null),
        ...forms(at, groups),
        in_force: now.number,
        changes,
        loosens: changes.some((change) => change.loosens),
      }
    },
  }),
  verb({
    id: 'policy.check',
    permission: 'policy.read',
    weight: 'ask',
    maxBodyBytes: POLICY_BODY_BYTES,
    summary:
      'What a policy would change of what is in force, or of the version `against`, and whether that lets more be read; or every mistake in it, with its line.',
    input: z.strictObject({ ...written, against: z.int().min(0).max(LARGEST).optional() }).refine(isOneForm, ONE_FORM),
    answer: z.object({
      mistakes: z.array(mistake),
      /** The version in force. */
      number: z.int(),
      /** The version that the file says it was made of. */
      based_on: z.int().nullable(),
      changes: z.array(difference),
      loosens: z.boolean(),
      /** Groups by id: what `policy.apply` takes. Null with mistakes; so is the file. */
      document: z.record(z.string(), z.unknown()).nullable(),
      yaml: z.string().nullable(),
    }),
    run: async (deps, { against, ...sent }) => {
      const { now, groups } = await policyGround(deps)
      const from = against === undefined ? now : await versionAt(deps, against)
      const read = readWritten(sent, { now: from, groups })
      if (!read.ok) {
        const nothing = { based_on: null, changes: [], loosens: false, document: null, yaml: null }
        return { mistakes: [...read.mistakes], number: now.number, ...nothing }
      }
      const changes = changesOf(from.document, read.document, groups)
      return {
        mistakes: [],
        number: now.number,
        based_on: read.basedOn,
        changes,
        loosens: changes.some((change) => change.loosens),
        document: writePolicy(read.document) as Record<string, unknown>,
        yaml: policyYaml({ ...read.document, emergency: null }, groups, read.basedOn ?? now.number),
      }
    },
  }),
] as const

/** A version of that number; 0 is what ships. Throws `Refusal` 404 `unknown-version`. */
export async function versionAt({ policy }: Pick<ConsoleDeps, 'policy'>, asked: number): Promise<PolicyAt> {
  if (asked === 0) return { number: 0, document: shippedPolicy(), version: null }
  const found = await policy.store.get(asked)
  if (found === null) throw new Refusal(404, 'unknown-version')
  return decodeVersion(found)
}
