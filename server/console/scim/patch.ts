// The PATCH message (RFC 7644 §3.5.2), as a list of operations whose paths were read.
import { type Members, membersFrom, requireSchema } from './body.ts'
import { bad } from './fault.ts'
import { type Path, pathFrom } from './filter.ts'

export type Operation = {
  readonly op: 'add' | 'remove' | 'replace'
  readonly path: Path
  readonly value: unknown
}

export const PATCH_SCHEMA = 'urn:ietf:params:scim:api:messages:2.0:PatchOp'
/** Most operations in one message. */
const OPERATIONS_MAX = 1_000

/**
 * The operations of a message, in their order; one without a path is one for each member of its value. Throws `ScimFault` 400
 * `invalidSyntax`, `invalidPath`, `invalidFilter`, `noTarget` or `invalidValue`.
 */
export function operationsFrom(body: unknown): readonly Operation[] {
  const message = membersFrom(body, 'the body')
  requireSchema(message, PATCH_SCHEMA)
  const operations = message.get('operations')
  if (!Array.isArray(operations) || operations.length === 0)
    throw bad('invalidSyntax', 'Operations: wants a list of at least one')
  if (operations.length > OPERATIONS_MAX) throw bad('invalidValue', `Operations: at most ${OPERATIONS_MAX}`)
  return operations.flatMap((one, index) => operationFrom(membersFrom(one, `Operations[${index}]`), index))
}

function operationFrom(operation: Members, index: number): readonly Operation[] {
  const word = operation.get('op')
  // Entra writes `Add`, `Replace`, `Remove`.
  const op = (['add', 'remove', 'replace'] as const).find((one) => one === String(word).toLowerCase())
  if (op === undefined) throw bad('invalidSyntax', `Operations[${index}].op: wants add, remove or replace`)
  const value = operation.get('value')
  const text = operation.get('path')
  if (op !== 'remove' && value === undefined) throw bad('invalidValue', `Operations[${index}].value: wants a value`)
  if (text !== undefined && text !== null) {
    if (typeof text !== 'string') throw bad('invalidPath', `Operations[${index}].path: wants a string`)
    return [{ op, path: pathFrom(text), value }]
  }
  if (op === 'remove') throw bad('noTarget', `Operations[${index}].path: remove wants a path`)
  return [...membersFrom(value, `Operations[${index}].value`)]
    .filter(([name]) => name !== 'schemas')
    .map(([name, inner]) => ({ op, path: pathFrom(name), value: inner }))
}
