// The Log port on pino: JSON lines for machines, one short line each for a person at a terminal. Fields whose names say that
// they hold a secret are struck out, as a last net: no caller is to pass one.
import { pino } from 'pino'
import type { Log, LogFields } from './log.ts'
import { redact } from './log-fields.ts'

const LEVELS = { debug: 20, info: 30, warn: 40, error: 50 } as const

export type LogLevel = keyof typeof LEVELS

export interface LogOutput {
  write(text: string): unknown
  readonly isTTY?: boolean | undefined
}

/** A log that writes lines of at least `level` to `output`: for a person when it is a terminal, else as JSON. */
export function pinoLog(level: LogLevel, output: LogOutput, pretty: boolean = output.isTTY === true): Log {
  const logger = pino(
    {
      level,
      base: null,
      messageKey: 'event',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    pretty
      ? { write: (line: string) => output.write(humanLine(line)) }
      : { write: (line: string) => output.write(line) },
  )
  const at = (name: LogLevel) => (event: string, fields?: LogFields) =>
    logger[name](fields ? redact(fields) : {}, event)
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

/** `10:47:02 warn  signin.refused reason=expired`: control characters of values are escaped, so a line stays a line. */
function humanLine(json: string): string {
  const { time, level, event, ...fields } = JSON.parse(json) as { time: string; level: string; event: string }
  const rest = Object.entries(fields).map(([name, value]) => ` ${name}=${plain(value)}`)
  return `${time.slice(11, 19)} ${level.padEnd(5)} ${event}${rest.join('')}\n`
}

function plain(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return /^[\x21\x23-\x3c\x3e-\x7e]+$/.test(text) || typeof value !== 'string' ? text : JSON.stringify(text)
}
