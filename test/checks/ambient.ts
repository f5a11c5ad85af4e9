// Finds ambient clocks and randomness outside server/platform: there, time and chance are inputs (Clock, Random).
// Walks the syntax tree, so that words in comments and strings do not count. `node test/checks/ambient.ts [folder…]`.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import ts from 'typescript'

export interface Ambient {
  readonly file: string
  readonly line: number
  readonly what: string
}

const CALLS = new Set([
  'Date.now',
  'Math.random',
  'crypto.randomUUID',
  'crypto.getRandomValues',
  'globalThis.crypto.getRandomValues',
])
const ALLOWED = /^server\/platform\//

/** The ambient uses in one file's text. */
export function ambientUses(file: string, text: string): Ambient[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true)
  const found: Ambient[] = []
  const note = (node: ts.Node, what: string) =>
    found.push({ file, line: source.getLineAndCharacterOfPosition(node.getStart()).line + 1, what })
  const visit = (node: ts.Node): void => {
    if (ts.isPropertyAccessExpression(node) && CALLS.has(node.getText())) note(node, node.getText())
    if (ts.isNewExpression(node) && node.expression.getText() === 'Date' && !node.arguments?.length)
      note(node, 'new Date()')
    if (ts.isCallExpression(node) && node.expression.getText() === 'Date') note(node, 'Date()')
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

/** The ambient uses below some folders of the clone, and how many files were read. */
export function ambientIn(root: string, folders: readonly string[]): { found: Ambient[]; files: number } {
  const files = folders.flatMap((folder) => walk(join(root, folder))).filter((file) => /\.ts$/.test(file))
  const found = files
    .map((file) => relative(root, file))
    .filter((file) => !ALLOWED.test(file))
    .flatMap((file) => ambientUses(file, readFileSync(join(root, file), 'utf8')))
  return { found, files: files.length }
}

function walk(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name)
    if (/^(?:node_modules|assembly|migrations)$/.test(name)) return []
    return statSync(path).isDirectory() ? walk(path) : [path]
  })
}

if (import.meta.main) {
  const { found, files } = ambientIn(process.cwd(), ['server', 'db/stores'])
  for (const { file, line, what } of found)
    process.stderr.write(`${file}:${line} ${what}: take a Clock or a Random instead\n`)
  if (files === 0) process.stderr.write('no file was read\n')
  process.exitCode = found.length > 0 || files === 0 ? 1 : 0
}
