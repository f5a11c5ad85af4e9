// Nothing on a page moves for who asked their system for less motion.
import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const ASKED = '@media (prefers-reduced-motion: no-preference) {'

/** What stands outside of the blocks that ask first. */
function unasked(css: string): string {
  const at = css.indexOf(ASKED)
  if (at === -1) return css
  let depth = 1
  let end = at + ASKED.length
  for (; depth > 0; end += 1) {
    if (css[end] === '{') depth += 1
    else if (css[end] === '}') depth -= 1
    else if (end >= css.length) throw new Error('a block is not closed')
  }
  return css.slice(0, at) + unasked(css.slice(end))
}

const sheets = globSync('client/**/*.css')

test.each(sheets)('%s moves nothing without asking', (sheet) => {
  expect(unasked(readFileSync(sheet, 'utf8'))).not.toMatch(/\b(animation|transition|scroll-behavior)[\w-]*\s*:/)
})

test('the sheets that move something are among them', () => {
  expect(sheets.filter((sheet) => readFileSync(sheet, 'utf8').includes(ASKED)).length).toBeGreaterThan(0)
})
