// The form of what the bench prints, which scripts read.
import { expect, test } from 'vitest'
import { figureOf, missed, table } from '../../../bench/figure.ts'

test('a figure is the median of its runs, with the smallest and the largest', () => {
  expect(figureOf([3, 1, 2.005, 9, 4], 4, 'a peer')).toEqual({
    value: 3,
    limit: 4,
    bound: 'at-most',
    peer: 'a peer',
    spread: [1, 9],
  })
  expect(figureOf([1, 2], null, 'a peer').value).toBe(1.5)
  expect(() => figureOf([], 4, 'a peer')).toThrow()
})

test('a limit is missed by what is past it, and by what is not a number; what has none is never missed', () => {
  const figures = {
    within: figureOf([4], 4, ''),
    past: figureOf([4.01], 4, ''),
    lost: figureOf([Number.NaN], 4, ''),
    told: figureOf([99], null, ''),
    enough: figureOf([4], 4, '', 'at-least'),
    short: figureOf([3.99], 4, '', 'at-least'),
    gone: figureOf([Number.NaN], 4, '', 'at-least'),
  }
  expect(missed(figures)).toEqual(['past', 'lost', 'short', 'gone'])
  expect(table(figures).split('\n')).toHaveLength(8)
  expect(table(figures)).toContain('≥ 4')
})
