// From a written document (YAML's values, or what a version keeps) to the one the program uses, with every mistake at once.
// Sections and list entries are decoded one by one, so that a mistake in one does not hide those of another.
import * as z from 'zod'
import { type Check, checkDocument } from './checks.ts'
import { defaultPolicy, type MeteringPolicy } from './defaults.ts'
import { type PolicyDocument, policySchema } from './document.ts'
import { type Fault, plain } from './fault.ts'
import { shippedPolicy } from './shipped.ts'

export type Path = readonly (string | number)[]

export interface PolicyMistake {
  readonly path: Path
  /** `key`: the mistake is that this name is there at all. */
  readonly at: 'key' | 'value'
  readonly got: string
  /** Plain English, for terminals; pages word `fault`. */
  readonly wants: string
  readonly fault: Fault
  /** What is written there, as JSON, short; null where nothing is. */
  readonly value: string | null
}

export type Decoded =
  | { readonly ok: true; readonly document: PolicyDocument }
  | { readonly ok: false; readonly mistakes: readonly PolicyMistake[] }

type Section = keyof PolicyDocument

/**
 * Decodes a written document; what is left out is as it ships. `check: false` leaves out what one part must be for another:
 * for versions that were checked when they were applied, under the rules of their time.
 */
export function decodePolicy(
  written: unknown,
  { check = true, code = defaultPolicy }: { check?: boolean; code?: MeteringPolicy } = {},
): Decoded {
  if (!isRecord(written)) {
    return { ok: false, mistakes: [noSections(written)] }
  }
  const mistakes: PolicyMistake[] = []
  const document: Record<string, unknown> = { ...shippedPolicy(code) }
  const sections = policySchema.shape
  for (const name of Object.keys(written)) {
    if (!Object.hasOwn(sections, name)) mistakes.push(unknownName([name], Object.keys(sections)))
  }
  const unread = new Set<string>()
  for (const name of Object.keys(sections) as Section[]) {
    if (written[name] === undefined) continue
    const before = mistakes.length
    document[name] = part(sections[name], written[name], document[name], [name], mistakes)
    if (mistakes.length > before) unread.add(name)
  }
  if (check) {
    for (const found of checkDocument(document as PolicyDocument, unread)) mistakes.push(asMistake(found, written))
  }
  return mistakes.length > 0 ? { ok: false, mistakes } : { ok: true, document: document as PolicyDocument }
}

/**
 * A list keeps a hole for an entry that could not be read: places stay, and checks pass over it. What an object leaves out is as it
 * ships (`shipped`).
 */
function part(schema: z.ZodType, value: unknown, shipped: unknown, path: Path, mistakes: PolicyMistake[]): unknown {
  if (schema instanceof z.ZodArray && Array.isArray(value) && path.length === 1) {
    return value.map((entry, index) => part(schema.element as z.ZodType, entry, undefined, [...path, index], mistakes))
  }
  if (schema instanceof z.ZodObject && isRecord(value) && isRecord(shipped)) {
    const shape: Readonly<Record<string, z.ZodType>> = schema.shape
    for (const name of Object.keys(value)) {
      if (!Object.hasOwn(shape, name)) mistakes.push(unknownName([...path, name], Object.keys(shape)))
    }
    return Object.fromEntries(
      Object.entries(shape).map(([name, inner]) => [
        name,
        value[name] === undefined ? shipped[name] : part(inner, value[name], shipped[name], [...path, name], mistakes),
      ]),
    )
  }
  const decoded = z.safeDecode(schema as z.ZodType<unknown, unknown>, value)
  if (decoded.success) return decoded.data
  for (const issue of decoded.error.issues) mistakes.push(...mistakesOf(issue, schema, value, path))
  return undefined
}

function mistakesOf(issue: z.core.$ZodIssue, schema: z.ZodType, value: unknown, base: Path): PolicyMistake[] {
  const inner = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step))
  const path = [...base, ...inner]
  const found = valueAt(value, inner)
  const here = schemaAt(schema, inner)
  if (issue.code === 'unrecognized_keys') {
    const known = here instanceof z.ZodObject ? Object.keys(here.shape) : []
    return issue.keys.map((key) => unknownName([...path, key], known))
  }
  const wrong = (wants: string, fault: Fault): PolicyMistake[] => [
    { path, at: 'value', got: shown(found), wants, fault, value: written(found) },
  ]
  // What the schema says of itself comes first: every leaf does.
  const { fault = plain('not-as-wanted') } = (here instanceof z.ZodType ? (here.meta() ?? {}) : {}) as { fault?: Fault }
  const isWorded = issue.code === 'custom' || !/^(?:Invalid|Too|Unrecognized)/.test(issue.message)
  if (isWorded) return wrong(issue.message, fault)
  if (issue.code === 'invalid_type') {
    if (issue.expected === 'object') return wrong('names with values', plain('not-names'))
    return issue.expected === 'array' ? wrong('a list', plain('not-list')) : wrong(`a ${issue.expected}`, fault)
  }
  const size = (limit: number | bigint) => Number(limit)
  if (issue.code === 'too_small')
    return wrong(`at least ${issue.minimum} entries`, { code: 'too-few', members: { least: size(issue.minimum) } })
  if (issue.code === 'too_big')
    return wrong(`at most ${issue.maximum} entries`, { code: 'too-many', members: { most: size(issue.maximum) } })
  return wrong(issue.message, fault)
}

function unknownName(path: Path, known: readonly string[]): PolicyMistake {
  return {
    path,
    at: 'key',
    got: `the name ${shown(path.at(-1))}`,
    wants: known.length > 0 ? `one of ${known.map((name) => `\`${name}\``).join(', ')}` : 'no such name here',
    fault: { code: 'unknown-name', members: { name: String(path.at(-1)).slice(0, 60), known } },
    value: null,
  }
}

/** A document that is no sections at all. */
export function noSections(found: unknown): PolicyMistake {
  const wants = 'sections such as `windows:`'
  return { path: [], at: 'value', got: shown(found), wants, fault: plain('no-sections'), value: written(found) }
}

function asMistake({ path, got, wants, fault }: Check, document: unknown): PolicyMistake {
  const found = valueAt(document, path)
  return { path, at: 'value', got: got ?? shown(found), wants, fault, value: written(found) }
}

/** The schema of a place, following the path into it; null where there is none. */
function schemaAt(schema: unknown, path: Path): unknown {
  let here = schema
  for (const step of path) {
    here = unwrapped(here)
    if (here instanceof z.ZodObject) here = here.shape[step as string]
    else here = here instanceof z.ZodArray ? here.element : null
  }
  return unwrapped(here)
}

function unwrapped(schema: unknown): unknown {
  return schema instanceof z.ZodOptional || schema instanceof z.ZodNullable ? unwrapped(schema.unwrap()) : schema
}

export function valueAt(value: unknown, path: Path): unknown {
  let here = value
  for (const step of path)
    here = isRecord(here) || Array.isArray(here) ? (here as Record<string, unknown>)[step] : undefined
  return here
}

/** What is written there, as a page repeats it; null for nothing. */
export function written(value: unknown): string | null {
  return value === undefined ? null : shown(value)
}

/** A value as a mistake repeats it: short, on one line. */
export function shown(value: unknown): string {
  if (value === undefined) return 'nothing'
  const text = JSON.stringify(value) ?? typeof value
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
