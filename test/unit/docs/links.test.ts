import { existsSync, globSync, readFileSync, statSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const PAGES = [...globSync('*.md', { cwd: ROOT }), ...globSync('docs/**/*.md', { cwd: ROOT })].sort()

/** The relative targets of a page's links, as written; code is not prose. */
function links(page: string): string[] {
  const text = readFileSync(resolve(ROOT, page), 'utf8')
    .replace(/^```[\s\S]*?^```/gm, '')
    .replace(/`[^`\n]*`/g, '')
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map((match) => match[1] ?? '')
    .filter((target) => !/^[a-z]+:/i.test(target))
}

/** Where a link leads, from the root of the repository. */
function target(page: string, link: string): string {
  return relative(ROOT, resolve(ROOT, dirname(page), link.split('#')[0] ?? ''))
}

/** The anchor that a heading gets where the pages are read. */
function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')
}

describe('the documentation', () => {
  test.each(PAGES)('every link of %s leads to a file and, where it names one, to a heading', (page) => {
    for (const link of links(page)) {
      const [path = '', fragment] = link.split('#')
      const file = path === '' ? page : target(page, link)
      expect(existsSync(resolve(ROOT, file)), `${page} links to ${link}`).toBe(true)
      if (fragment === undefined || statSync(resolve(ROOT, file)).isDirectory()) continue
      const headings = readFileSync(resolve(ROOT, file), 'utf8').matchAll(/^#+ (.+)$/gm)
      expect(
        [...headings].map((match) => anchor(match[1] ?? '')),
        `${page} links to ${link}`,
      ).toContain(fragment)
    }
  })

  test('every page of docs can be reached from its front page', () => {
    const reached = new Set<string>()
    const visit = (page: string) => {
      if (reached.has(page) || !PAGES.includes(page)) return
      reached.add(page)
      for (const link of links(page)) visit(target(page, link))
    }
    visit('docs/README.md')
    expect(PAGES.filter((page) => page.startsWith('docs/') && !reached.has(page))).toEqual([])
  })

  test('decisions are numbered without a gap, each in its heading and, in order, in the index', () => {
    const files = globSync('docs/decisions/0*.md', { cwd: ROOT }).sort()
    const numbers = files.map((_, index) => index + 1)
    const headed = files.map((file) => Number(/^# (\d+)\. /.exec(readFileSync(resolve(ROOT, file), 'utf8'))?.[1]))
    expect(files.map((file) => Number(/\d{4}/.exec(file)?.[0]))).toEqual(numbers)
    expect(headed).toEqual(numbers)
    const index = readFileSync(resolve(ROOT, 'docs/decisions/README.md'), 'utf8').matchAll(/^\| \[(\d+)\]\((\d{4})/gm)
    expect([...index].map(([, shown, linked]) => [Number(shown), Number(linked)])).toEqual(numbers.map((n) => [n, n]))
  })

  test.each(PAGES)('every file and folder of the code that %s names is there', (page) => {
    const text = readFileSync(resolve(ROOT, page), 'utf8')
    const named = [...text.matchAll(/`((?:server|client|db|test|bench|docs)\/[\w./-]+)`/g)].map(
      (match) => match[1] ?? '',
    )
    expect(named.filter((path) => !existsSync(resolve(ROOT, path)))).toEqual([])
  })

  test('every event that the code logs by name is in the reference', () => {
    const reference = ['logs.md', 'decision-lines.md']
      .map((page) => readFileSync(resolve(ROOT, 'docs/reference', page), 'utf8'))
      .join('\n')
    const logged = globSync(['server/**/*.ts', 'db/**/*.ts'], { cwd: ROOT }).flatMap((file) => {
      const source = readFileSync(resolve(ROOT, file), 'utf8')
      const calls = [
        ...source.matchAll(/\blog\??\.(?:debug|info|warn|error)\(\s*'([^']+)'/g),
        ...source.matchAll(/everyPeriod\([^']+'([^']+)'/g),
      ]
      return calls.map((match) => match[1] ?? '')
    })
    expect(logged.length).toBeGreaterThan(40)
    expect([...new Set(logged)].filter((event) => !reference.includes(`\`${event}\``))).toEqual([])
  })
})
