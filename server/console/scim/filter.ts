// Filters and attribute paths (RFC 7644 §3.4.2.2, §3.5.2): read once, from left to right, without going back, within bounds.
// What comes out is a tree of plain values; the database turns it into SQL (db/stores/scim-filter.ts).
import { bad, type ScimFault } from './fault.ts'

export const OPERATORS = ['eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le'] as const
export type Operator = (typeof OPERATORS)[number]
export type Value = string | number | boolean | null

export type Filter<Attribute extends string = string> =
  | { readonly kind: 'and'; readonly of: readonly Filter<Attribute>[] }
  | { readonly kind: 'or'; readonly of: readonly Filter<Attribute>[] }
  | { readonly kind: 'not'; readonly of: Filter<Attribute> }
  | { readonly kind: 'present'; readonly attribute: Attribute }
  | {
      readonly kind: 'compare'
      readonly attribute: Attribute
      readonly operator: Operator
      readonly value: Value
    }

/** What a PATCH points at: `emails[type eq "work"].value`. Names are in small letters; SCIM's are read whatever their case. */
export interface Path {
  readonly attribute: string
  /** Of the values of a multi-valued attribute, those that match. Its names are without the attribute's. */
  readonly filter: Filter | null
  readonly sub: string | null
}

/** Longest filter, in characters. */
const LENGTH_MAX = 4_000
/** Deepest nesting of brackets. */
const DEPTH_MAX = 16
/** Most comparisons. */
const TERMS_MAX = 100

const CORE = /^urn:ietf:params:scim:schemas:core:2\.0:(?:user|group):/

/**
 * A filter as a tree. `a[b eq 1 and c eq 2]` becomes `a.b eq 1 and a.c eq 2`: of no attribute that is filtered here does a
 * person have two values. Throws `ScimFault` 400 `invalidFilter`.
 */
export function filterFrom(text: string): Filter {
  const reader = readerOf(text, 'invalidFilter')
  const filter = anyOf(reader, '', 0)
  if (!reader.isAtEnd()) throw reader.fault('something is left over')
  return filter
}

/** The path of a PATCH operation. Throws `ScimFault` 400 `invalidPath`, or `invalidFilter` for what is in its brackets. */
export function pathFrom(text: string): Path {
  const reader = readerOf(text, 'invalidPath')
  const name = nameFrom(reader)
  let filter: Filter | null = null
  let sub: string | null = null
  if (reader.takes('[')) {
    filter = anyOf(reader, '', 1)
    if (!reader.takes(']')) throw reader.fault('a ] is missing')
    if (reader.takes('.')) sub = nameFrom(reader)
  }
  if (!reader.isAtEnd()) throw reader.fault('something is left over')
  if (filter !== null) return { attribute: name, filter, sub }
  // Names of an extension keep their schema, in which there are dots.
  const dot = name.startsWith('urn:') ? -1 : name.indexOf('.')
  return dot < 0
    ? { attribute: name, filter, sub }
    : { attribute: name.slice(0, dot), filter, sub: name.slice(dot + 1) }
}

/** Whether plain values match; a name that is not there is absent. */
export function matches(filter: Filter, values: ReadonlyMap<string, Value>): boolean {
  if (filter.kind === 'and') return filter.of.every((one) => matches(one, values))
  if (filter.kind === 'or') return filter.of.some((one) => matches(one, values))
  if (filter.kind === 'not') return !matches(filter.of, values)
  const value = values.get(filter.attribute) ?? null
  if (filter.kind === 'present') return value !== null
  const [have, wanted] = [folded(value), folded(filter.value)]
  if (filter.operator === 'eq') return have === wanted
  if (filter.operator === 'ne') return have !== wanted
  if (typeof have !== 'string' || typeof wanted !== 'string') return false
  if (filter.operator === 'co') return have.includes(wanted)
  if (filter.operator === 'sw') return have.startsWith(wanted)
  if (filter.operator === 'ew') return have.endsWith(wanted)
  throw bad('invalidFilter', `${filter.operator} compares instants only`)
}

// Entra writes booleans as text.
function folded(value: Value): Value {
  if (typeof value === 'boolean') return String(value)
  return typeof value === 'string' ? value.toLowerCase() : value
}

interface Reader {
  isAtEnd(): boolean
  /** Takes a sign if it comes next. */
  takes(sign: string): boolean
  /** Takes a word if it comes next, whatever its case, with nothing of a name behind it. */
  takesWord(word: string): boolean
  /** The longest run of the characters of names, numbers and words. */
  run(): string
  /** A string in JSON's notation, or null when none comes next. */
  quoted(): string | null
  countTerm(): void
  fault(words: string): ScimFault
}

function readerOf(text: string, type: 'invalidFilter' | 'invalidPath'): Reader {
  if (text.length > LENGTH_MAX) throw bad(type, `at most ${LENGTH_MAX} characters`)
  let at = 0
  let terms = 0
  const skip = () => {
    while (text[at] === ' ') at += 1
  }
  const fault = (words: string) => bad(type, `at character ${at + 1}: ${words}`)
  const runFrom = (start: number) => {
    let end = start
    while (end < text.length && /[\w$:.+-]/.test(text[end] ?? '')) end += 1
    return text.slice(start, end)
  }
  return {
    fault,
    isAtEnd: () => {
      skip()
      return at === text.length
    },
    takes: (sign) => {
      skip()
      if (text[at] !== sign) return false
      at += 1
      return true
    },
    takesWord: (word) => {
      skip()
      if (runFrom(at).toLowerCase() !== word) return false
      at += word.length
      return true
    },
    run: () => {
      skip()
      const found = runFrom(at)
      at += found.length
      return found
    },
    quoted: () => {
      skip()
      if (text[at] !== '"') return null
      let end = at + 1
      while (end < text.length && text[end] !== '"') end += text[end] === '\\' ? 2 : 1
      const literal = text.slice(at, end + 1)
      const value = jsonString(literal)
      if (value === null) throw fault('this is not a string')
      // What a database cannot hold is equal to nothing in it.
      if (value.includes('\0') || !value.isWellFormed()) throw fault('this string is not text')
      at = end + 1
      return value
    },
    countTerm: () => {
      terms += 1
      if (terms > TERMS_MAX) throw fault(`more than ${TERMS_MAX} comparisons`)
    },
  }
}

function jsonString(literal: string): string | null {
  try {
    const value: unknown = JSON.parse(literal)
    return typeof value === 'string' ? value : null
  } catch {
    return null
  }
}

function anyOf(reader: Reader, prefix: string, depth: number): Filter {
  if (depth > DEPTH_MAX) throw reader.fault(`brackets nested more than ${DEPTH_MAX} deep`)
  const of = [allOf(reader, prefix, depth)]
  while (reader.takesWord('or')) of.push(allOf(reader, prefix, depth))
  return of.length === 1 && of[0] ? of[0] : { kind: 'or', of }
}

function allOf(reader: Reader, prefix: string, depth: number): Filter {
  const of = [term(reader, prefix, depth)]
  while (reader.takesWord('and')) of.push(term(reader, prefix, depth))
  return of.length === 1 && of[0] ? of[0] : { kind: 'and', of }
}

function term(reader: Reader, prefix: string, depth: number): Filter {
  reader.countTerm()
  if (reader.takes('(')) return closed(reader, prefix, depth, ')')
  if (reader.takesWord('not')) {
    if (!reader.takes('(')) throw reader.fault('not wants a ( behind it')
    return { kind: 'not', of: closed(reader, prefix, depth, ')') }
  }
  const attribute = prefix + nameFrom(reader)
  if (reader.takes('[')) {
    if (prefix !== '') throw reader.fault('one [ within another')
    return closed(reader, `${attribute}.`, depth, ']')
  }
  if (reader.takesWord('pr')) return { kind: 'present', attribute }
  const operator = OPERATORS.find((one) => reader.takesWord(one))
  if (operator === undefined) throw reader.fault(`wants one of ${OPERATORS.join(', ')}, pr`)
  return { kind: 'compare', attribute, operator, value: valueFrom(reader) }
}

function closed(reader: Reader, prefix: string, depth: number, sign: string): Filter {
  const filter = anyOf(reader, prefix, depth + 1)
  if (!reader.takes(sign)) throw reader.fault(`a ${sign} is missing`)
  return filter
}

function nameFrom(reader: Reader): string {
  const name = reader.run().toLowerCase().replace(CORE, '')
  if (!/^[a-z]/.test(name) || name.endsWith('.')) throw reader.fault('wants the name of an attribute')
  return name
}

function valueFrom(reader: Reader): Value {
  const text = reader.quoted()
  if (text !== null) return text
  const word = reader.run().toLowerCase()
  if (word === 'true' || word === 'false') return word === 'true'
  if (word === 'null') return null
  if (/^-?\d{1,15}(?:\.\d{1,15})?$/.test(word)) return Number(word)
  throw reader.fault('wants a value: a string in quotation marks, a number, true, false or null')
}
