// A grave act of the console as canonical JSON: the verb, what it is called with, why, and who asked. Both administrators sign it.
import * as z from 'zod'

/** Verb, input and reason as they will be run: nothing that is not signed reaches the verb. */
export const actIntentSchema = z.strictObject({
  v: z.literal(1),
  typ: z.literal('console-act'),
  /** `act_…`: names the act. */
  jti: z.string(),
  iss: z.string(),
  server_name: z.string(),
  verb: z.string(),
  input: z.record(z.string(), z.unknown()),
  /** Whom it is about, where a person may not sign what is done to them. */
  concerns: z.string().nullable(),
  /** Why, in the requesting administrator's words, cleaned as it is shown. */
  reason: z.string(),
  asked_by: z.strictObject({ person: z.string(), username: z.string() }),
  /** Seconds since the epoch: made, and no longer to be tapped. */
  iat: z.int(),
  exp: z.int(),
})

export type ActIntent = z.infer<typeof actIntentSchema>
