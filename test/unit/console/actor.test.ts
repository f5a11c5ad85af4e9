import { globSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { actorOf } from '../../../server/console/actor.ts'

it('what a token did is told apart from what its maker did', () => {
  expect(actorOf({ personId: 'per_a', tokenId: null })).toBe('per_a')
  expect(actorOf({ personId: 'per_a', tokenId: 'tok_b' })).toBe('per_a/tok_b')
})

it('no verb names its actor in another way', () => {
  const files = globSync('server/console/**/*.ts').filter((file) => !file.endsWith('actor.ts'))
  expect(files.length).toBeGreaterThan(50)
  const others = files.filter((file) =>
    /actor: *(?:call\.)?by\.personId|by\.tokenId\}/.test(readFileSync(file, 'utf8')),
  )
  expect(others).toEqual([])
})
