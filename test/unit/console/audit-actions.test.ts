// The actions of the audit log: what the sources append, what the reference says of them, and what the console has words for.
import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { actionWords } from '../../../client/console/audit/action-words.ts'
import { AUDIT_ACTIONS } from '../../../server/audit/actions.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const listed = Object.entries(AUDIT_ACTIONS)
  .flatMap(([noun, actions]) => actions.map((action) => `${noun}.${action}`))
  .sort()

test('the reference has a row for each action, and for no other', () => {
  const page = readFileSync(`${root}/docs/reference/audit.md`, 'utf8')
  const cells = [...page.matchAll(/^\| (.*?) \|/gm)].map(([, cell]) => cell ?? '')
  const told = cells.flatMap((cell) => [...cell.matchAll(/`([a-z-]+\.[a-z-]+)`/g)].map(([, action]) => action ?? ''))
  expect([...new Set(told)].sort()).toEqual(listed)
})

test('whatever the sources append is listed', () => {
  const files = [...globSync('server/**/*.ts', { cwd: root }), ...globSync('db/**/*.ts', { cwd: root })]
  const appended = files.flatMap((file) =>
    [
      ...readFileSync(`${root}/${file}`, 'utf8').matchAll(
        /\baction: (?:[^'\n]*\? )?'([a-z-]+\.[a-z-]+)'(?: : '([a-z-]+\.[a-z-]+)')?/g,
      ),
    ].flatMap(([, one, other]) => [one, other].filter((action) => action !== undefined)),
  )
  expect(appended.length).toBeGreaterThan(30)
  expect([...new Set(appended)].filter((action) => !listed.includes(action))).toEqual([])
})

test('each has words of its own in both languages', () => {
  for (const { actions, nouns } of [actionWords.fr, actionWords.en]) {
    expect(Object.keys(actions).sort()).toEqual(listed)
    expect(new Set(Object.values(actions)).size).toBe(listed.length)
    expect(new Set(Object.values(nouns)).size).toBe(Object.keys(AUDIT_ACTIONS).length)
  }
})
