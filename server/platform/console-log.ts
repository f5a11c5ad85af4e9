// The Log port on the console: one JSON line an event, the same fields as on Node. What Workers keep as their logs.
import type { Clock } from './clock.ts'
import type { Log, LogFields } from './log.ts'
import { redact } from './log-fields.ts'

const LEVELS = { debug: 20, info: 30, warn: 40, error: 50 } as const

type Level = keyof typeof LEVELS

/** A log that writes lines of at least `level` to `output`, by the console's method of the same name. */
export function consoleLog(level: Level, clock: Clock, output: Pick<Console, Level> = console): Log {
  const at =
    (name: Level) =>
    (event: string, fields: LogFields = {}) => {
      if (LEVELS[name] < LEVELS[level]) return
      output[name](JSON.stringify({ level: name, time: new Date(clock.now()).toISOString(), ...redact(fields), event }))
    }
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}
