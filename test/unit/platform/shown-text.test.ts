import { expect, test } from 'vitest'
import { shownText } from '../../../server/platform/shown-text.ts'

test.each([
  ['Le bureau', 'Le bureau'],
  ['  many \t\n spaces\u2028here ', 'many spaces here'],
  ['\u202Egnp.exe\u2066', 'gnp.exe'],
  ['\u001b[2Jgone', '[2Jgone'],
  ['half \ud800 pair', 'half pair'],
  ['\u0000nul', 'nul'],
  ['👩‍💻 équipe', '👩‍💻 équipe'],
  ['می‌خواهم', 'می‌خواهم'],
  [`z${'\u0301'.repeat(50)}`, `z${'\u0301'.repeat(3)}`],
])('%j is shown as %j', (text, shown) => {
  expect(shownText(text, 100)).toBe(shown)
})

test.each(['', '   ', '\u200b\u202e', '\u200d\u200c', '\u0000'])('nothing visible in %j is no name', (text) => {
  expect(shownText(text, 100)).toBeNull()
})

test('a long name is cut by code points, and says so', () => {
  expect(shownText('x'.repeat(100), 10)).toBe(`${'x'.repeat(9)}…`)
  expect(shownText('👍'.repeat(100), 3)).toBe('👍👍…')
  expect(shownText('x'.repeat(10), 10)).toBe('x'.repeat(10))
  expect(shownText('\u200b'.repeat(5_000_000), 10)).toBeNull()
})
