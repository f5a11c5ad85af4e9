// The policy document as a YAML file: reading with the place of every mistake, and writing what reads back the same.
import { Document, isMap, isPair, isScalar, LineCounter, type Node, parseDocument, visit } from 'yaml'
import { decodePolicy, noSections, type Path, type PolicyMistake, shown, valueAt } from './decode.ts'
import { EVERYONE, type PolicyDocument, writePolicy } from './document.ts'
import { type Fault, plain } from './fault.ts'

/** A mistake with its place, both counted from 1. */
export interface PlacedMistake {
  readonly line: number
  readonly column: number
  /** Where in the document: `windows.archive[0].limit`; `YAML` for what is wrong with the file itself. */
  readonly name: string
  readonly path: Path
  readonly got: string
  /** Plain English, for terminals; pages word `fault`. */
  readonly wants: string
  readonly fault: Fault
  /** What is written there, as JSON, short; null where nothing is. */
  readonly value: string | null
}

export type PolicyFile =
  | {
      readonly ok: true
      /** Groups by id. */
      readonly document: PolicyDocument
      /** The version that the file was made from, when it says so. */
      readonly basedOn: number | null
      /** Sections that the file has. */
      readonly sections: ReadonlySet<string>
    }
  | { readonly ok: false; readonly mistakes: readonly PlacedMistake[] }

/** Groups as a document may name them: by name or by id. */
export interface GroupNames {
  /** The id of a group, or null when there is none of that name or id. */
  idOf(nameOrId: string): string | null
  /** Its name, or the id again for a group that is no more. */
  nameOf(id: string): string
}

/** The longest file, and the deepest: beyond what any policy needs, and soon read. */
const MAX_CHARACTERS = 128_000
const MAX_DEPTH = 12
const MISTAKES_AT_MOST = 100
const PLACED_AT_MOST = 1_000

/** Reads a policy file. Every mistake is told at once, with its line and column. */
export function readPolicyYaml(text: string, groups: GroupNames): PolicyFile {
  if (text.length > MAX_CHARACTERS)
    return bad({ line: 1, column: 1 }, `${text.length} characters`, `at most ${MAX_CHARACTERS} characters`, {
      code: 'file-too-long',
      members: { most: MAX_CHARACTERS },
    })
  const tooDeepFault: Fault = { code: 'file-too-deep', members: { most: MAX_DEPTH } }
  const deep = tooDeep(text)
  if (deep !== null) return bad(deep, 'brackets within brackets', `at most ${MAX_DEPTH} levels`, tooDeepFault)
  try {
    return read(text, groups)
  } catch (error) {
    // The parser goes down a call a level, and dashes nest as brackets do.
    if (error instanceof RangeError) return bad({ line: 1, column: 1 }, 'too many levels', 'a YAML file', tooDeepFault)
    const said = String(error).slice(0, 80)
    return bad({ line: 1, column: 1 }, said, 'a YAML file', { code: 'not-yaml', members: { kind: 'UNKNOWN' } })
  }
}

function read(text: string, groups: GroupNames): PolicyFile {
  const lineCounter = new LineCounter()
  const parsed = parseDocument(text, {
    lineCounter,
    uniqueKeys: false,
    strict: true,
    version: '1.2',
    prettyErrors: false,
  })
  const broken = [...parsed.errors, ...parsed.warnings].map(({ pos, message, code: kind }) => {
    const said = message.split('\n')[0] ?? ''
    return ofFile(placeAt(lineCounter, pos[0]), said, 'a YAML file', { code: 'not-yaml', members: { kind } })
  })
  if (broken.length > 0) return refuse(broken)
  const strange = unwelcome(parsed, lineCounter)
  if (strange.length > 0) return refuse(strange)

  const { written, basedOn, mistakes } = envelope(parsed.toJS({ maxAliasCount: 0 }) ?? {})
  const decoded = decodePolicy(written)
  const all: PolicyMistake[] = [...mistakes, ...unknownGroups(written, groups), ...(decoded.ok ? [] : decoded.mistakes)]
  if (decoded.ok && all.length === 0) {
    const resolved = withGroups(decoded.document, (name) => (name === EVERYONE ? name : (groups.idOf(name) ?? name)))
    // Once more: two names may be of one group.
    const again = decodePolicy(writePolicy(resolved))
    if (again.ok) return { ok: true, document: again.document, basedOn, sections: new Set(Object.keys(written)) }
    all.push(...again.mistakes)
  }
  return refuse(all.slice(0, PLACED_AT_MOST).map((mistake) => placed(mistake, parsed, lineCounter)))
}

/** Writes a document so that reading it gives the same. */
export function policyYaml(document: PolicyDocument, groups: GroupNames, basedOn: number | null): string {
  const named = withGroups(document, (id) => (id === EVERYONE ? id : groups.nameOf(id)))
  const written = Object.entries(writePolicy(named)).filter(([, value]) => value !== null)
  const yaml = new Document(Object.fromEntries([...(basedOn === null ? [] : [['based_on', basedOn]]), ...written]))
  // One window, one rule a line: what belongs together is read together.
  visit(yaml, {
    Map: (_, node, path) => {
      if (path.length > 3 && node.items.every((pair) => isScalar(pair.value))) node.flow = true
    },
    Seq: (_, node) => {
      if (node.items.every((item) => isScalar(item))) node.flow = true
    },
  })
  return yaml.toString({ lineWidth: 0 })
}

/** The document with every group's name or id replaced. */
export function withGroups(document: PolicyDocument, replace: (group: string) => string): PolicyDocument {
  const each = <Rule extends { readonly group?: string | undefined }>(rules: readonly Rule[]): Rule[] =>
    rules.map((rule) => (rule.group === undefined ? rule : { ...rule, group: replace(rule.group) }))
  return {
    ...document,
    limits: each(document.limits),
    enforcement: each(document.enforcement),
    exemptions: each(document.exemptions),
    existing_logins: each(document.existing_logins),
  }
}

/** The mistakes as lines for a terminal: place, name, what it got, what it wants. */
export function describePolicyMistakes(file: string, mistakes: readonly PlacedMistake[]): string {
  const lines = mistakes
    .slice(0, MISTAKES_AT_MOST)
    .map(({ line, column, name, got, wants }) => `  ${file}:${line}:${column} ${name}: got ${got}; wants ${wants}`)
  const more = mistakes.length - lines.length
  return [...lines, ...(more > 0 ? [`  and ${more} more`] : [])].join('\n')
}

// `based_on` is about the file, not part of the policy.
function envelope(content: unknown): {
  written: Record<string, unknown>
  basedOn: number | null
  mistakes: PolicyMistake[]
} {
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    return { written: {}, basedOn: null, mistakes: [noSections(content)] }
  }
  const { based_on: basedOn, ...written } = content as Record<string, unknown>
  if (basedOn === undefined) return { written, basedOn: null, mistakes: [] }
  if (typeof basedOn === 'number' && Number.isSafeInteger(basedOn) && basedOn >= 0)
    return { written, basedOn, mistakes: [] }
  const got = shown(basedOn)
  const fault = plain('not-version')
  const place = { path: ['based_on'], at: 'value' } as const
  const mistakes = [{ ...place, got, wants: 'the number of a version', fault, value: got }]
  return { written, basedOn: null, mistakes }
}

const WITH_GROUPS = ['limits', 'enforcement', 'exemptions', 'existing_logins']

// Looked for in what was written, so that other mistakes do not hide them.
function unknownGroups(written: Record<string, unknown>, groups: GroupNames): PolicyMistake[] {
  return WITH_GROUPS.flatMap((section) => {
    const rules = written[section]
    if (!Array.isArray(rules)) return []
    return rules.flatMap((rule: unknown, index): PolicyMistake[] => {
      const group = valueAt(rule, ['group'])
      if (typeof group !== 'string' || group === EVERYONE || groups.idOf(group) !== null) return []
      const place = { path: [section, index, 'group'], at: 'value' } as const
      const fault: Fault = { code: 'unknown-group', members: { group: group.slice(0, 60) } }
      const got = `the unknown group ${shown(group)}`
      return [{ ...place, got, wants: 'a group of `palier group list`', fault, value: shown(group) }]
    })
  })
}

// Anchors, aliases and tags have no use in a policy, and are what YAML bombs are made of. Names are text.
function unwelcome(parsed: ReturnType<typeof parseDocument>, lineCounter: LineCounter): PlacedMistake[] {
  const found: PlacedMistake[] = []
  const say = (node: { range?: Node['range'] } | null, got: string, wants: string, fault: Fault) =>
    found.push(ofFile(placeAt(lineCounter, node?.range?.[0] ?? 0), got, wants, fault))
  const named = (name: unknown) => ({ name: String(name).slice(0, 60) })
  visit(parsed, {
    Alias: (_, node) => {
      say(node, `the alias *${node.source}`, 'the value itself', { code: 'yaml-alias', members: named(node.source) })
    },
    Node: (_, node) => {
      const alone = 'the value alone'
      if ('anchor' in node && node.anchor)
        say(node, `the anchor &${node.anchor}`, alone, { code: 'yaml-anchor', members: named(node.anchor) })
      if (node.tag) say(node, `the tag ${node.tag}`, alone, { code: 'yaml-tag', members: named(node.tag) })
    },
    Map: (_, map) => {
      // The parser's own check compares each name with each.
      const names = new Set<string>()
      for (const { key } of map.items) {
        if (!isScalar(key) || typeof key.value !== 'string') {
          say(key as Node | null, 'a name that is not text', 'a name', plain('yaml-name-not-text'))
          continue
        }
        if (names.has(key.value)) {
          const fault: Fault = { code: 'yaml-name-twice', members: named(key.value) }
          say(key, `the name ${JSON.stringify(key.value)} twice`, 'each name once', fault)
        }
        names.add(key.value)
      }
    },
  })
  return found
}

function placed(
  mistake: PolicyMistake,
  parsed: ReturnType<typeof parseDocument>,
  lineCounter: LineCounter,
): PlacedMistake {
  const { path, got, wants, fault, value } = mistake
  return { ...placeAt(lineCounter, offsetOf(mistake, parsed)), name: nameOf(path), path, got, wants, fault, value }
}

/** A path as the document's own names: `windows.archive[0].limit`; `policy` for the whole. */
export function nameOf(path: Path): string {
  const name = path.reduce<string>(
    (text, step) => (typeof step === 'number' ? `${text}[${step}]` : text === '' ? step : `${text}.${step}`),
    '',
  )
  return name || 'policy'
}

// The place of the value, or of the nearest thing around it that is there.
function offsetOf({ path, at }: PolicyMistake, parsed: ReturnType<typeof parseDocument>): number {
  for (let length = path.length; length > 0; length -= 1) {
    const parent = parsed.getIn(path.slice(0, length - 1), true) as unknown
    const step = path[length - 1]
    if (isMap(parent)) {
      const pair = parent.items.find((item) => isPair(item) && isScalar(item.key) && item.key.value === step)
      const key = isScalar(pair?.key) ? pair.key.range?.[0] : undefined
      const value = (pair?.value as Node | null | undefined)?.range?.[0]
      const offset = at === 'key' && length === path.length ? key : (value ?? key)
      if (offset !== undefined) return offset
    } else {
      const node = parsed.getIn(path.slice(0, length), true) as Node | undefined
      if (node?.range) return node.range[0]
    }
  }
  return parsed.contents?.range?.[0] ?? 0
}

function placeAt(lineCounter: LineCounter, offset: number): { line: number; column: number } {
  const { line, col } = lineCounter.linePos(offset)
  return { line: Math.max(1, line), column: Math.max(1, col) }
}

// The parser goes down a level a bracket: looked at first, quotes or not, since no policy has that many anywhere.
function tooDeep(text: string): { line: number; column: number } | null {
  let depth = 0
  let line = 1
  let column = 0
  for (const character of text) {
    column += 1
    if (character === '\n') {
      line += 1
      column = 0
    } else if (character === '[' || character === '{') {
      depth += 1
      if (depth > MAX_DEPTH) return { line, column }
    } else if (character === ']' || character === '}') depth = Math.max(0, depth - 1)
  }
  return null
}

function bad(...said: Parameters<typeof ofFile>): PolicyFile {
  return { ok: false, mistakes: [ofFile(...said)] }
}

function ofFile(place: { line: number; column: number }, got: string, wants: string, fault: Fault): PlacedMistake {
  return { ...place, name: 'YAML', path: [], got, wants, fault, value: null }
}

function refuse(mistakes: readonly PlacedMistake[]): PolicyFile {
  return { ok: false, mistakes: [...mistakes].sort((a, b) => a.line - b.line || a.column - b.column) }
}
