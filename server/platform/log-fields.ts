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
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      SECRET_FIELD.test(name) && value !== undefined ? '[redacted]' : withoutValues(value),
    ]),
  )
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
