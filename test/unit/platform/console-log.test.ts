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
