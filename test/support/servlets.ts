// Which of the endpoints that Synapse serves the route table decides about, and which rows of it Synapse does not serve.
import { readFileSync } from 'node:fs'
import { routeMatcher } from '../../server/gateway/match.ts'
import type { Row } from '../../server/gateway/routes.ts'

/** What test/synapse/servlets.py prints: methods by path pattern (Python's regular expressions; literal paths have no `^`). */
export interface Servlets {
  readonly version: string
  readonly servlets: Readonly<Record<string, readonly string[]>>
}

/** The committed list, of the release that the tests install. */
export const SNAPSHOT = JSON.parse(readFileSync(new URL('synapse-servlets.json', import.meta.url), 'utf8')) as Servlets

export interface Walk {
  /** `METHOD path` of what Synapse serves and no row matches. */
  readonly unlisted: readonly string[]
  /** `METHOD row` of what is in the table and Synapse does not serve. */
  readonly unserved: readonly string[]
  /** The row of each example. */
  readonly rowOf: ReadonlyMap<string, string>
}

/** Matches an example of everything that Synapse serves against a table. */
export function walk({ servlets }: Servlets, rows: readonly Row[]): Walk {
  const match = routeMatcher(rows)
  const rowOf = new Map<string, string>()
  const unlisted: string[] = []
  const served = new Set<string>()
  for (const [pattern, methods] of Object.entries(servlets)) {
    for (const path of examples(pattern)) {
      for (const method of methods) {
        const found = match(path, method)
        if (found === null || found === 'method') {
          unlisted.push(`${method} ${path}`)
          continue
        }
        rowOf.set(`${method} ${path}`, found.row.id)
        served.add(`${method} ${found.row.id}`)
      }
    }
  }
  const unserved = rows.flatMap(({ id, methods, pattern }) => {
    const missing = methods.filter((method) => !served.has(`${method} ${id}`))
    // Whole trees and pages are decided for every method, whichever of them Synapse serves.
    const whole = pattern.endsWith('**') || methods.length === ANY_METHOD
    return whole && missing.length < methods.length ? [] : missing.map((method) => `${method} ${id}`)
  })
  return { unlisted, unserved, rowOf }
}

/** Paths that a pattern matches: every alternative, what is optional both there and not. Throws on what it does not know. */
export function examples(pattern: string): string[] {
  const { paths, rest } = alternatives(pattern.replace(/^\^/, '').replace(/\$$/, ''))
  if (rest !== '') throw new Error(`${pattern}: cannot read ${rest}`)
  const whole = new RegExp(`^${pattern.replace(/^\^/, '').replaceAll('(?P<', '(?<').replace(/\$$/, '')}$`)
  for (const path of paths) if (!whole.test(path)) throw new Error(`${pattern}: ${path} is no example of it`)
  return paths
}

const ANY_METHOD = 4
/** What stands for a parameter. */
const EXAMPLE = 'example'
/** A rest of a path: as deep as any that Synapse splits itself (push rules). */
const RESTS = [
  '',
  'example',
  'example/',
  'example/example',
  'example/example/',
  'example/example/example',
  'example/example/example/example',
]

interface Read {
  readonly paths: string[]
  /** What follows: a closing bracket, or nothing. */
  readonly rest: string
}

function alternatives(text: string): Read {
  const first = sequence(text)
  if (!first.rest.startsWith('|')) return first
  const others = alternatives(first.rest.slice(1))
  return { paths: [...first.paths, ...others.paths], rest: others.rest }
}

function sequence(text: string): Read {
  let paths = ['']
  let rest = text
  const then = (values: readonly string[], read: number) => {
    paths = paths.flatMap((path) => values.map((value) => path + value))
    rest = rest.slice(read)
  }
  while (rest !== '' && !/^[|)]/.test(rest)) {
    const group = /^\((?:\?P<(\w+)>|\?:)?/.exec(rest)
    // A class of characters or a dot, repeated: a parameter.
    const repeated = /^(?:\[[^\]]+\]|\.)[*+]/.exec(rest)
    if (group) {
      const inner = alternatives(rest.slice(group[0].length))
      if (!inner.rest.startsWith(')')) throw new Error(`an open bracket: ${text}`)
      const optional = inner.rest.startsWith(')?')
      // The empty state key is one that rooms use.
      if (group[1] === 'state_key') inner.paths.push('')
      then(optional ? ['', ...inner.paths] : inner.paths, rest.length - inner.rest.length + (optional ? 2 : 1))
    } else if (repeated) then(repeated[0] === '.*' ? RESTS : [EXAMPLE], repeated[0].length)
    else {
      const one = /^\\?([\w/.\-~:=])(\??)/.exec(rest)
      if (!one) break
      const [all, character, optional] = one as unknown as [string, string, string]
      then(optional ? ['', character] : [character], all.length)
    }
  }
  return { paths, rest }
}
