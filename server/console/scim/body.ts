// Reading what a directory sends: names whatever their case, values by their kind, everything else refused in plain words.
import { bad } from './fault.ts'

/** An object's members by their names in small letters. A Map: no name means anything to it. */
export type Members = ReadonlyMap<string, unknown>

/** The members of a JSON object. Throws `ScimFault` 400 `invalidSyntax`. */
export function membersFrom(value: unknown, what: string): Members {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw bad('invalidSyntax', `${what}: wants an object`)
  return new Map(Object.entries(value).map(([name, inner]) => [name.toLowerCase(), inner]))
}

/** Refuses a message that does not say that it is of this schema. */
export function requireSchema(members: Members, schema: string): void {
  const schemas = members.get('schemas')
  const isThere =
    Array.isArray(schemas) &&
    schemas.some((one) => typeof one === 'string' && one.toLowerCase() === schema.toLowerCase())
  if (!isThere) throw bad('invalidSyntax', `schemas: wants "${schema}" in it`)
}

/** Text, or null for what is absent: null and the empty string are. Throws `ScimFault` 400 `invalidValue`. */
export function textFrom(value: unknown, what: string): string | null {
  if (value === undefined || value === null || value === '') return null
  if (typeof value !== 'string') throw bad('invalidValue', `${what}: wants a string`)
  return value
}

/** The id that a directory gave, or null. */
export function externalIdFrom(value: unknown): string | null {
  const text = textFrom(value, 'externalId')
  if (text !== null && (text.length > 255 || /\p{Cc}/u.test(text) || !text.isWellFormed()))
    throw bad('invalidValue', 'externalId: wants at most 255 characters, none of them control characters')
  return text
}

/** A boolean; Entra writes `"True"` and `"False"`. */
export function booleanFrom(value: unknown, what: string): boolean {
  const word = typeof value === 'string' ? value.toLowerCase() : value
  if (word === true || word === 'true') return true
  if (word === false || word === 'false') return false
  throw bad('invalidValue', `${what}: wants true or false`)
}

/** What an attribute says of how it may be changed. */
export function readOnly(name: string): Error {
  return bad('mutability', `${name} is not a directory's to change`)
}
