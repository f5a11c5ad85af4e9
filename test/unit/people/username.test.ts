import { expect, it } from 'vitest'
import { displayNameFrom, isUsername } from '../../../server/people/username.ts'

it('a username is a Matrix localpart in lower case', () => {
  for (const good of ['alice', 'a.b', 'jean-marc', 'x=1', 'a/b', '2fast', 'a_b', 'a'.repeat(64)])
    expect(isUsername(good), good).toBe(true)
  for (const bad of ['', 'Alice', '_bot', '123', 'é', 'a b', 'a:b', '@a', 'a\n', 'a'.repeat(65)])
    expect(isUsername(bad), bad).toBe(false)
})

it('a display name is trimmed, and holds nothing that hides or turns text', () => {
  expect(displayNameFrom('  Anne  ')).toBe('Anne')
  for (const bad of ['', '   ', 'a\u202eb', 'a\nb', '\u2066x', 'a'.repeat(101)]) expect(displayNameFrom(bad)).toBeNull()
})
