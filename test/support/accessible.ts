// What is wrong with a page for those who cannot use it as drawn: axe's findings, sideways scrolling, small targets, headings.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

interface AxeWindow {
  axe: {
    run(
      context: Document | Element,
      options: object,
    ): Promise<{ violations: { id: string; nodes: { html: string; failureSummary: string }[] }[] }>
  }
}

export interface Fault {
  readonly fault: string
  readonly detail: unknown
}

/** Every fault of the page as it stands, none when all is well; with `within`, of that part of it alone. */
export async function faults(page: Page, within?: string): Promise<Fault[]> {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe)
  const { violations, overflow, small, headings } = await page.evaluate(
    async ({ tags, within }) => {
      const part = within === undefined ? document : document.querySelector(within)
      if (part === null) throw new Error(`nothing is ${within}`)
      const { violations } = await (window as unknown as AxeWindow).axe.run(part, {
        runOnly: { type: 'tag', values: tags },
        resultTypes: ['violations'],
      })
      const small = [...part.querySelectorAll('button, .button, input, summary')]
        .filter(
          (control) => control.getBoundingClientRect().height > 0 && control.getBoundingClientRect().height < 43.9,
        )
        .map((control) => control.outerHTML.slice(0, 120))
      const box = part instanceof Document ? part.documentElement : part
      return {
        violations: violations.map(({ id, nodes }) => ({
          id,
          nodes: nodes.map((node) => `${node.html} ${node.failureSummary}`),
        })),
        overflow: box.scrollWidth - box.clientWidth,
        small,
        headings: part instanceof Document ? part.querySelectorAll('h1').length : 1,
      }
    },
    { tags: TAGS, within },
  )
  return [
    ...violations.map((violation) => ({ fault: `axe ${violation.id}`, detail: violation.nodes })),
    ...(overflow > 0 ? [{ fault: 'scrolls sideways', detail: overflow }] : []),
    ...(small.length > 0 ? [{ fault: 'small target', detail: small }] : []),
    ...(headings === 1 ? [] : [{ fault: 'not one h1', detail: headings }]),
  ]
}

/** Presses Tab until the focus is on what matches; every stop on the way must show where it is. */
export async function tabTo(page: Page, selector: string): Promise<void> {
  for (let stops = 0; stops < 80; stops += 1) {
    await page.keyboard.press('Tab')
    const at = await page.evaluate((wanted) => {
      const element = document.activeElement
      if (element === null || element === document.body) return { there: false, seen: true, what: 'body' }
      return {
        there: element.matches(wanted),
        seen: getComputedStyle(element).outlineStyle !== 'none',
        what: element.outerHTML.slice(0, 120),
      }
    }, selector)
    expect(at, 'the focus can be seen').toMatchObject({ seen: true })
    if (at.there) return
  }
  throw new Error(`the keyboard does not reach ${selector}`)
}
