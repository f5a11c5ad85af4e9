// What every implementation of the Log port does to its fields before they leave the process.
import type { LogFields } from './log.ts'

const SECRET_FIELD = /(?:^|_)(?:token|secret|password|authorization|cookie|code|ticket|signature|assertion)$/i

/** What drizzle's errors end their message with: the values of a statement, people, rooms and addresses among them. */
const VALUES = '\nparams: '

/**
 * The fields, those whose names say that they hold a secret struck out, and the values of a statement that failed: a last net, no
 * caller is to pass either.
 */
export function redact(fields: LogFields): Record<string, unknown> {
  const kept: Record<string, unknown> = {}
  for (const name of Object.keys(fields)) {
    const value = fields[name]
    kept[name] = value !== undefined && isSecret(name) ? '[redacted]' : withoutValues(value)
  }
  return kept
}

// The code's names of fields are few; that nobody fills the memory with others is made sure of.
const judged = new Map<string, boolean>()
const JUDGED_AT_MOST = 1_000

function isSecret(name: string): boolean {
  const known = judged.get(name)
  if (known !== undefined) return known
  const found = SECRET_FIELD.test(name)
  if (judged.size < JUDGED_AT_MOST) judged.set(name, found)
  return found
}

// Of what follows them, only the frames of a stack stay.
function withoutValues<Value>(value: Value): Value | string {
  if (typeof value !== 'string') return value
  const at = value.indexOf(VALUES)
  if (at === -1) return value
  const frames = value
    .slice(at)
    .split('\n')
    .filter((line) => /^ {4}at \S.*:\d+:\d+\)?$/.test(line))
  return [`${value.slice(0, at)}${VALUES}[redacted]`, ...frames].join('\n')
}
