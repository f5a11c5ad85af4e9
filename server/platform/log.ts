// What the program says to its operator: one event name and flat fields a line. Never a secret (see docs/reference/logs.md).

export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined | readonly string[]>>

/** The log port. `event` is a stable dotted name such as `signin.verified`. */
export interface Log {
  debug(event: string, fields?: LogFields): void
  info(event: string, fields?: LogFields): void
  warn(event: string, fields?: LogFields): void
  error(event: string, fields?: LogFields): void
}
