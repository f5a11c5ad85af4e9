import { DrizzleQueryError } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { consoleLog } from '../../../server/platform/console-log.ts'

test('a line is JSON, of at least the level, with secrets struck out', () => {
  const lines: [string, unknown][] = []
  const at = (name: string) => (line: string) => void lines.push([name, JSON.parse(line)])
  const output = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
  const log = consoleLog('info', { now: () => 0 }, output)
  log.debug('quiet')
  log.info('signin.verified', { person: 'per_1', id_token: 'eyJ', event: 'forged' })
  log.error('worker.start_failed')
  const time = '1970-01-01T00:00:00.000Z'
  expect(lines).toEqual([
    ['info', { level: 'info', time, person: 'per_1', id_token: '[redacted]', event: 'signin.verified' }],
    ['error', { level: 'error', time, event: 'worker.start_failed' }],
  ])
})

test('of a statement that failed its values are struck out, wherever its message stands', () => {
  const lines: unknown[] = []
  const output = { debug() {}, info() {}, warn() {}, error: (line: string) => void lines.push(JSON.parse(line)) }
  const log = consoleLog('info', { now: () => 0 }, output)
  const error = new DrizzleQueryError('select 1', ['ada@example.org', '!room:example.org\n    at last'])
  log.error('request.failed', { error: error.message, stack: error.stack, detail: String(error).slice(0, 45) })
  const [line] = lines as [{ error: string; stack: string; detail: string }]
  expect(line.error).toBe('Failed query: select 1\nparams: [redacted]')
  expect(line.stack).toMatch(/^Error: Failed query: select 1\nparams: \[redacted\]\n {4}at .*\n {4}at /)
  expect(JSON.stringify(line)).not.toMatch(/ada|room/)
})
