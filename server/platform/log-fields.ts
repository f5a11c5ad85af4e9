// What every implementation of the Log port does to its fields before they leave the process.
import type { LogFields } from './log.ts'

const SECRET_FIELD = /(?:^|_)(?:token|secret|password|authorization|cookie|code|ticket|signature|assertion)$/i

/** The fields, those whose names say that they hold a secret struck out: a last net, no caller is to pass one. */
export function redact(fields: LogFields): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      SECRET_FIELD.test(name) && value !== undefined ? '[redacted]' : value,
    ]),
  )
}
