// Every verb of the console's API, noun by noun.
import type * as z from 'zod'
import { actsVerbs } from './acts/verbs.ts'
import { alertVerbs } from './alerts/verbs.ts'
import { receiptVerbs } from './audit/receipts.ts'
import { auditVerbs } from './audit/verbs.ts'
import { expectedVerbs } from './enrolment/expected.ts'
import { linkVerbs } from './enrolment/links.ts'
import { lostVerbs } from './enrolment/lost.ts'
import { groupVerbs } from './groups/verbs.ts'
import { importVerbs } from './imports/verbs.ts'
import { incidentVerbs } from './incidents/verbs.ts'
import { keyPolicyVerbs } from './keys/policy-verbs.ts'
import { keyVerbs } from './keys/verbs.ts'
import { meVerbs } from './me/verbs.ts'
import { modelVerbs } from './metadata/model-verbs.ts'
import { metadataVerbs } from './metadata/verbs.ts'
import { peopleListVerbs } from './people/lists.ts'
import { peopleVerbs } from './people/verbs.ts'
import { policyChangeVerbs } from './policy/changes.ts'
import { policySimulateVerbs } from './policy/simulate.ts'
import { policyVerbs } from './policy/verbs.ts'
import { privacyVerbs } from './privacy/verbs.ts'
import { readingVerbs } from './reading/verbs.ts'
import { sessionVerbs } from './sessions/verbs.ts'
import { tokenVerbs } from './tokens/verbs.ts'
import type { Verb, VerbDefinition } from './verb.ts'
import { watchVerbs } from './watch/verbs.ts'

const ALL = [
  ...meVerbs,
  ...peopleListVerbs,
  ...peopleVerbs,
  ...linkVerbs,
  ...expectedVerbs,
  ...lostVerbs,
  ...groupVerbs,
  ...importVerbs,
  ...actsVerbs,
  ...policyVerbs,
  ...policyChangeVerbs,
  ...policySimulateVerbs,
  ...auditVerbs,
  ...receiptVerbs,
  ...tokenVerbs,
  ...keyVerbs,
  ...keyPolicyVerbs,
  ...metadataVerbs,
  ...modelVerbs,
  ...sessionVerbs,
  ...alertVerbs,
  ...watchVerbs,
  ...readingVerbs,
  ...incidentVerbs,
  ...privacyVerbs,
] as const

/** All of them, for the router, the OpenAPI document and the table of roles. */
export const VERBS: readonly Verb[] = ALL as unknown as readonly Verb[]

type All = (typeof ALL)[number]
type Of<Id> = Extract<All, { readonly id: Id }>

/** What the console's pages call: input and answer by the verb's id. Types only. */
export type ConsoleApi = {
  readonly [Id in All['id']]: Of<Id> extends VerbDefinition<string, infer Input, infer Answer>
    ? { readonly input: z.input<Input>; readonly answer: z.output<Answer> }
    : never
}
