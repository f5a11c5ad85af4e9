// Matches a raw path against the route table: a tree of literal segments, built once; no regular expression, no decoding.
import { type Method, PREFIXES, ROUTES, type Row } from './routes.ts'

export interface Match {
  readonly row: Row
  /** Path parameters as they stand. */
  readonly raw: Readonly<Record<string, string>>
}

interface Leaf {
  readonly row: Row
  readonly names: readonly string[]
}

interface Node {
  readonly literals: Map<string, Node>
  /** One segment without an encoded slash. */
  segment: Node | null
  /** One segment that may carry an encoded slash. */
  opaque: Node | null
  /** The rest of the path. */
  rest: Map<Method, Leaf> | null
  readonly leaves: Map<Method, Leaf>
}

/**
 * The row for a raw path (no query) and a method; `method` when only the method is unknown; null when the path is.
 * Literal segments win over parameters. An empty parameter matches nothing.
 */
export type MatchPath = (path: string, method: string) => Match | 'method' | null

/** Plants a table once; what comes back matches against it. Throws when two rows take the same method of the same path. */
export function routeMatcher(rows: readonly Row[]): MatchPath {
  const tree = node()
  for (const row of rows) plant(tree, row)
  return (path, method) => {
    const segments = path.split('/')
    const values: string[] = []
    const found = descend(tree, segments, 1, values, method)
    if (found === null || found === 'method') return found
    const raw: Record<string, string> = {}
    for (let i = 0; i < found.names.length; i++) raw[found.names[i] as string] = values[i] as string
    return { row: found.row, raw }
  }
}

function descend(
  node: Node,
  segments: readonly string[],
  at: number,
  values: string[],
  method: string,
): Leaf | 'method' | null {
  if (at === segments.length) {
    if (node.leaves.size === 0) return null
    return node.leaves.get(method as Method) ?? 'method'
  }
  const segment = segments[at] as string
  let best: 'method' | null = null
  const literal = node.literals.get(segment)
  if (literal) {
    const found = descend(literal, segments, at + 1, values, method)
    if (found !== null && found !== 'method') return found
    best = found
  }
  if (segment !== '') {
    const depth = values.length
    const child = hasEncodedSlash(segment) ? null : node.segment
    for (const next of [child, node.opaque]) {
      if (next === null) continue
      values.push(segment)
      const found = descend(next, segments, at + 1, values, method)
      if (found !== null && found !== 'method') return found
      best ??= found
      values.length = depth
    }
  }
  if (node.rest && segment !== '') return node.rest.get(method as Method) ?? 'method'
  return best
}

function hasEncodedSlash(segment: string): boolean {
  return segment.includes('%') && /%(?:2f|5c)/i.test(segment)
}

function node(): Node {
  return { literals: new Map(), segment: null, opaque: null, rest: null, leaves: new Map() }
}

function plant(tree: Node, row: Row): void {
  for (const prefix of PREFIXES[row.prefix]) {
    const path = prefix === '' ? row.pattern : `${prefix}/${row.pattern}`
    const names: string[] = []
    let at = tree
    let rest = false
    for (const segment of path.split('/')) {
      if (segment === '**') {
        rest = true
      } else if (segment.startsWith('{')) {
        const opaque = segment.endsWith('*}')
        names.push(segment.slice(1, opaque ? -2 : -1))
        at[opaque ? 'opaque' : 'segment'] ??= node()
        at = (opaque ? at.opaque : at.segment) as Node
      } else {
        let next = at.literals.get(segment)
        if (next === undefined) {
          next = node()
          at.literals.set(segment, next)
        }
        at = next
      }
    }
    if (rest) at.rest ??= new Map()
    const leaves = rest ? (at.rest as Map<Method, Leaf>) : at.leaves
    for (const method of row.methods) {
      const there = leaves.get(method)
      if (there) throw new Error(`routes: ${row.id} and ${there.row.id} both take ${method} ${path}`)
      leaves.set(method, { row, names })
    }
  }
}

/** Matches against the gateway's own table. */
export const matchPath: MatchPath = routeMatcher(ROUTES)
