// `palier start` runs itself again with V8's flags, once; other commands do not.
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { SERVING_ENV, SERVING_FLAGS, wantsFlags } from '../../../server/cli/serving-flags.ts'

test('only `start` wants the flags, and only where nobody chose', () => {
  const start = ['node', 'main.ts', 'start']
  expect(wantsFlags(start, [], '')).toBe(true)
  expect(wantsFlags(['node', 'main.ts', 'doctor'], [], '')).toBe(false)
  expect(wantsFlags(start, [...SERVING_FLAGS], '')).toBe(false)
  expect(wantsFlags(start, [], '--max-semi-space-size=64')).toBe(false)
})

test('the process is replaced by itself, with the flags, the environment and everything it was given', () => {
  const module = new URL('../../../server/cli/serve-frugally.ts', import.meta.url).href
  const said = execFileSync(
    process.execPath,
    [
      '--import',
      `data:text/javascript,${encodeURIComponent(`import '${module}'`)}`,
      fileURLToPath(new URL('../../support/programs/arguments.ts', import.meta.url)),
      'start',
      '--synapse',
    ],
    {
      encoding: 'utf8',
      env: { ...process.env, NODE_OPTIONS: '', MALLOC_TRIM_THRESHOLD_: '65536', MALLOC_ARENA_MAX: undefined },
    },
  )
  expect(JSON.parse(said)).toMatchObject({ argv: ['start', '--synapse'] })
  for (const flag of SERVING_FLAGS) expect(JSON.parse(said).execArgv).toContain(flag)
  // What the operator chose stays.
  expect(JSON.parse(said).env).toMatchObject({ ...SERVING_ENV, MALLOC_TRIM_THRESHOLD_: '65536' })
})
