// Bodies of metered requests: parsed by a schema and written anew, so that nothing in them can be read in two ways.
import type * as z from 'zod'
import { type MatrixError, matrixError } from '../errors/matrix.ts'
import { parseBody } from '../metering/scanner/reference.ts'

/** The body by its schema, or the 400 to answer. An empty body is an empty object. */
export function readBody<Schema extends z.ZodType>(
  body: Uint8Array,
  schema: Schema,
): { readonly value: z.output<Schema> } | { readonly error: MatrixError } {
  const parsed = body.length === 0 ? {} : parseBody(body)
  if (parsed === undefined) return { error: matrixError('M_NOT_JSON', 400, 'The request body is not JSON') }
  const checked = schema.safeParse(parsed)
  if (checked.success) return { value: checked.data }
  const [issue] = checked.error.issues
  const where = issue?.path.join('.')
  return {
    error: matrixError('M_BAD_JSON', 400, `The request body is not as it should be${where ? `: ${where}` : ''}`),
  }
}
