// The optional configuration file: YAML (of which JSON is a part), the names of the environment in lower case.
import { LineCounter, parseDocument } from 'yaml'
import type { Mistake } from './load.ts'

/** The settings of a file under their environment names; lists become comma-separated text. */
export function readFileSettings(text: string): { settings: ReadonlyMap<string, string>; mistakes: Mistake[] } {
  const settings = new Map<string, string>()
  const lineCounter = new LineCounter()
  // Failsafe: every scalar stays the text it is written as, so that a secret of digits or `off` is not turned into something else.
  const document = parseDocument(text, { lineCounter, uniqueKeys: true, schema: 'failsafe' })
  if (document.errors.length > 0) {
    // The parser's own message quotes the line, which may hold a secret: only its place and code are told.
    const mistakes = document.errors.map((error) => {
      const { line, col } = lineCounter.linePos(error.pos[0])
      return {
        name: 'PALIER_CONFIG',
        got: `${error.code} at line ${line}, column ${col}`,
        wants: 'a YAML or JSON file',
      }
    })
    return { settings, mistakes }
  }
  const content: unknown = document.toJS({ maxAliasCount: 0 })
  if (content === null || content === undefined || content === '') return { settings, mistakes: [] }
  if (typeof content !== 'object' || Array.isArray(content)) {
    return {
      settings,
      mistakes: [
        {
          name: 'PALIER_CONFIG',
          got: 'a file that is not a map of names',
          wants: 'lines such as palier_issuer: https://id.example.org',
        },
      ],
    }
  }
  const mistakes: Mistake[] = []
  for (const [key, value] of Object.entries(content)) {
    const name = key.toUpperCase()
    if (name === 'PALIER_CONFIG' || key !== key.toLowerCase()) {
      mistakes.push({
        name: key,
        got: 'a name that a file cannot set',
        wants: `a setting in lower case, such as palier_issuer`,
      })
      continue
    }
    const text = asText(value)
    if (text === null)
      mistakes.push({ name, got: 'a nested value in the file', wants: 'a single value or a list of values' })
    else if (text !== '') settings.set(name, text)
  }
  return { settings, mistakes }
}

function asText(value: unknown): string | null {
  if (value === null || value === 'null' || value === '~') return ''
  if (typeof value === 'string') return value.trim()
  return Array.isArray(value) && value.every((item) => typeof item === 'string') ? value.join(',') : null
}
