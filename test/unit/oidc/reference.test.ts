// The table in docs/reference/oidc.md names tests: they exist, under those names.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const root = new URL('../../../', import.meta.url)
const text = readFileSync(new URL('docs/reference/oidc.md', root), 'utf8')
const rows = [...text.matchAll(/(test\/[\w/.-]+\.test\.ts): "([^"]+)"/g)].map(([, file = '', name = '']) => ({
  file,
  name,
}))

test('the table names tests', () => {
  expect(rows.length).toBeGreaterThan(30)
  expect([...text.matchAll(/\.test\.ts/g)]).toHaveLength(rows.length)
})

test.each(rows)('$file has "$name"', ({ file, name }) => {
  expect(readFileSync(new URL(file, root), 'utf8')).toContain(`'${name}'`)
})
