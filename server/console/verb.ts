// A verb of the console's API: what it is called, who may call it, what it takes and gives, and what it does. The API, its OpenAPI
// document, the table role × verb and that table's tests are all made from the list of verbs (verbs.ts).
import type * as z from 'zod'
import type { ConsoleDeps } from './deps.ts'
import type { AdministratorRole, Permission } from './permissions.ts'

/**
 * `read`: changes nothing. `ask`: changes nothing either but has too much to say for a query, or brings a tap of its own; POST, and
 * no young tap is asked for. `change`: needs a tap at most five minutes old, or an API token with that permission. `grave`: needs two
 * administrators, each with a tap over the same words; run when the second has tapped.
 */
export type Weight = 'read' | 'ask' | 'change' | 'grave'

/** Who calls. */
export interface Caller {
  /** `per_…` */
  readonly personId: string
  readonly username: string
  readonly role: AdministratorRole
  /** What the API token was given of what the role holds; null: all of it. */
  readonly permissions: readonly Permission[] | null
  /** The API token that spoke for the person; null: the person's own session. */
  readonly tokenId: string | null
  /** Hash of the browser's cookie, of a session. */
  readonly browserHash: string | null
  /** Of a grave verb that runs: the second administrator. */
  readonly second: { readonly personId: string; readonly username: string } | null
}

export interface Call {
  readonly by: Caller
  readonly now: Date
  /** For streams: aborted when the client goes. */
  readonly signal: AbortSignal
  /** For streams: whether the caller still holds what let them call. Asks the database. Absent where no stream is answered. */
  readonly stillAllowed?: () => Promise<boolean>
}

export interface VerbDefinition<Id extends string, Input extends z.ZodObject, Answer extends z.ZodType> {
  /** `noun.verb`: served at `/api/console/noun/verb`; GET with a query for a `read`, POST with JSON for the others. */
  readonly id: Id
  readonly permission: Permission
  /** A function where it depends on what is asked: loosening is grave, tightening is not. */
  readonly weight: Weight | ((deps: ConsoleDeps, input: z.output<Input>, call: Call) => Promise<'change' | 'grave'>)
  /** One English sentence, for the OpenAPI document and the table of roles. */
  readonly summary: string
  /** Strict. Of a `read` it is flat, and numbers are coerced from text. */
  readonly input: Input
  /** What it answers; members that are not in it are not sent. Null: `run` answers with a `Response` of its own (a file, a stream). */
  readonly answer: Answer | null
  /** Of a grave verb: the person whom it is about, where that person may not sign it. */
  readonly concerns?: (input: z.output<Input>, deps: ConsoleDeps) => string | null | Promise<string | null>
  /**
   * Of a grave verb: the input as it is signed, when words of the request may come to mean something else before the second tap (a
   * group by its name). Absent: as it was sent.
   */
  readonly signed?: (deps: ConsoleDeps, input: z.output<Input>, call: Call) => Promise<z.output<Input>>
  /** Largest body in bytes; 64 kB where absent. */
  readonly maxBodyBytes?: number
  readonly run: (deps: ConsoleDeps, input: z.output<Input>, call: Call) => Promise<z.input<Answer> | Response>
}

/** A verb, whatever its types. */
export type Verb = VerbDefinition<string, z.ZodObject, z.ZodType>

/** Defines a verb, keeping its types for the client. */
export function verb<const Id extends string, Input extends z.ZodObject, Answer extends z.ZodType>(
  definition: VerbDefinition<Id, Input, Answer>,
): VerbDefinition<Id, Input, Answer> {
  return definition
}
