// What may be filtered and sorted by, and which attributes an answer shows (RFC 7644 §3.4.2.2, §3.4.2.3, §3.4.2.5).
import { bad } from './fault.ts'
import type { Filter, Operator, Value } from './filter.ts'

/** How an attribute compares. `text`: whatever the case of its letters; `exact`: to the letter. */
type Kind = 'text' | 'exact' | 'boolean' | 'instant'

const COMMON = {
  id: 'exact',
  externalId: 'exact',
  displayName: 'text',
  'meta.created': 'instant',
  'meta.lastModified': 'instant',
} as const satisfies Record<string, Kind>

export const USER_ATTRIBUTES = {
  ...COMMON,
  userName: 'text',
  active: 'boolean',
  'emails.value': 'text',
  'emails.type': 'text',
  'emails.primary': 'boolean',
} as const satisfies Record<string, Kind>

export const GROUP_ATTRIBUTES = { ...COMMON, 'members.value': 'exact' } as const satisfies Record<string, Kind>

export type UserAttribute = keyof typeof USER_ATTRIBUTES
export type GroupAttribute = keyof typeof GROUP_ATTRIBUTES

/** A multi-valued attribute stands for its value: `emails eq "…"`. */
const SHORT: ReadonlyMap<string, string> = new Map([
  ['emails', 'emails.value'],
  ['members', 'members.value'],
])

/** Below ascending, by any of these. */
export const SORTABLE = ['id', 'userName', 'externalId', 'displayName', 'meta.created', 'meta.lastModified'] as const
export type Sortable = (typeof SORTABLE)[number]

const TEXT_OPERATORS: readonly Operator[] = ['eq', 'ne', 'co', 'sw', 'ew']
const INSTANT_OPERATORS: readonly Operator[] = ['eq', 'ne', 'gt', 'ge', 'lt', 'le']

/**
 * The same filter with the names of what is kept, and values of the right kind: booleans as booleans, instants as ISO 8601 in UTC.
 * Throws `ScimFault` 400 `invalidFilter` for an attribute that is not kept, or an operator that its kind does not have.
 */
export function typedFilter<Attribute extends string>(
  filter: Filter,
  kinds: Readonly<Record<Attribute, Kind>>,
): Filter<Attribute> {
  if (filter.kind === 'not') return { kind: 'not', of: typedFilter(filter.of, kinds) }
  if (filter.kind === 'and' || filter.kind === 'or')
    return { kind: filter.kind, of: filter.of.map((one) => typedFilter(one, kinds)) }
  const attribute = named(filter.attribute, Object.keys(kinds) as Attribute[])
  if (filter.kind === 'present') return { kind: 'present', attribute }
  const { operator } = filter
  const value = typed(attribute, kinds[attribute], operator, filter.value)
  return { kind: 'compare', attribute, operator, value }
}

/** The attribute of `sortBy`. Throws `ScimFault` 400 `invalidPath`. */
export function sortableFrom(text: string, of: readonly string[]): Sortable {
  const found = SORTABLE.find((one) => one.toLowerCase() === text.toLowerCase() && of.includes(one))
  if (found === undefined)
    throw bad('invalidPath', `sortBy: wants one of ${SORTABLE.filter((one) => of.includes(one)).join(', ')}`)
  return found
}

function named<Attribute extends string>(text: string, names: readonly Attribute[]): Attribute {
  const wanted = SHORT.get(text) ?? text
  const found = names.find((one) => one.toLowerCase() === wanted)
  if (found === undefined) throw bad('invalidFilter', `${text} cannot be filtered by; these can: ${names.join(', ')}`)
  return found
}

function typed(attribute: string, kind: Kind, operator: Operator, value: Value): Value {
  if (value === null) {
    if (operator === 'eq' || operator === 'ne') return null
    throw bad('invalidFilter', `${attribute}: null goes with eq and ne only`)
  }
  if (kind === 'boolean') {
    const word = String(value).toLowerCase()
    if (operator !== 'eq' && operator !== 'ne') throw bad('invalidFilter', `${attribute}: wants eq or ne`)
    if (word !== 'true' && word !== 'false') throw bad('invalidFilter', `${attribute}: wants true or false`)
    return word === 'true'
  }
  if (typeof value !== 'string') throw bad('invalidFilter', `${attribute}: wants a string in quotation marks`)
  const allowed = kind === 'instant' ? INSTANT_OPERATORS : TEXT_OPERATORS
  if (!allowed.includes(operator)) throw bad('invalidFilter', `${attribute}: wants one of ${allowed.join(', ')}, pr`)
  if (attribute === 'members.value' && operator !== 'eq') throw bad('invalidFilter', 'members.value: wants eq')
  if (kind === 'instant') return instantFrom(attribute, value)
  // Usernames are kept in small letters, and compared as they are: with the index.
  return attribute === 'userName' ? value.toLowerCase() : value.normalize('NFC')
}

function instantFrom(attribute: string, text: string): string {
  const isDateTime = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)?)?$/i.test(text)
  const atMs = isDateTime ? Date.parse(text) : Number.NaN
  if (Number.isNaN(atMs)) throw bad('invalidFilter', `${attribute}: wants an instant such as "2026-11-23T10:00:00Z"`)
  return new Date(atMs).toISOString()
}

/** Which attributes an answer shows. */
export interface Shown {
  /** Whether any of an attribute is. */
  shows(attribute: string): boolean
  /** What is left of a resource. `schemas`, `id` and `meta` always are. */
  of(resource: Readonly<Record<string, unknown>>): Record<string, unknown>
}

const ALWAYS = ['schemas', 'id', 'meta']
/** More names than any resource has attributes. */
const NAMES_MAX = 100

/** From `attributes` and `excludedAttributes`, names with commas between them. Throws `ScimFault` 400 when both are there. */
export function shownFrom(attributes: string | undefined, excluded: string | undefined): Shown {
  if (attributes && excluded) throw bad('invalidValue', 'attributes and excludedAttributes go not together')
  const wanted = namesFrom(attributes)
  const left = namesFrom(excluded)
  const shows = (attribute: string) => {
    const name = attribute.toLowerCase()
    if (ALWAYS.includes(name)) return true
    return wanted.size > 0 ? wanted.has(name) : !(left.has(name) && left.get(name) === null)
  }
  return {
    shows,
    of: (resource) =>
      Object.fromEntries(
        Object.entries(resource)
          .filter(([name]) => shows(name))
          .map(([name, value]) => [name, subsOf(value, wanted.get(name.toLowerCase()), left.get(name.toLowerCase()))]),
      ),
  }
}

// Name → its sub-attributes that are named, or null for all of it.
function namesFrom(text: string | undefined): Map<string, Set<string> | null> {
  const names = new Map<string, Set<string> | null>()
  const parts = (text ?? '').split(',').map((part) => part.trim().toLowerCase())
  if (parts.length > NAMES_MAX) throw bad('invalidValue', `at most ${NAMES_MAX} names`)
  for (const part of parts.filter((one) => one !== '')) {
    const [name = '', sub] = part.replace(/^urn:ietf:params:scim:schemas:core:2\.0:(?:user|group):/, '').split('.')
    const known = names.get(name)
    if (sub === undefined) names.set(name, null)
    else if (known === undefined) names.set(name, new Set([sub]))
    else known?.add(sub)
  }
  return names
}

function subsOf(value: unknown, wanted: Set<string> | null | undefined, left: Set<string> | null | undefined): unknown {
  if (!wanted && !left) return value
  if (Array.isArray(value)) return value.map((one) => subsOf(one, wanted, left))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).filter(([name]) => {
      const sub = name.toLowerCase()
      return wanted ? wanted.has(sub) : !left?.has(sub)
    }),
  )
}
