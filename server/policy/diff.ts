// What a document changes, figure by figure, and whether that lets more be read.
import { type PolicyDocument, type WrittenPolicy, writePolicy } from './document.ts'
import { loosenings } from './loosens.ts'

export interface Difference {
  /** `windows.archive[0].limit` */
  readonly path: string
  /** As written; null where there is nothing. */
  readonly before: string | null
  readonly after: string | null
  /** More can be read than before, by somebody, at some time, for this (server/policy/loosens.ts decides). */
  readonly loosens: boolean
}

/** Everything that differs. List entries are compared as wholes: a moved rule is one taken away and one added. */
export function differences(before: PolicyDocument, after: PolicyDocument): Difference[] {
  const [old, next] = [writePolicy(before), writePolicy(after)]
  const loose = loosenings(before, after)
  const found: Difference[] = []
  for (const section of Object.keys(next) as (keyof WrittenPolicy)[]) {
    if (isRules(section)) found.push(...listDifferences(section, old[section], next[section], loose.has(section)))
    else walk(section, old[section], next[section], loose, found)
  }
  return found
}

/** Whether applying `after` lets anybody read more: such a change takes two administrators. */
export function loosens(before: PolicyDocument, after: PolicyDocument): boolean {
  return loosenings(before, after).size > 0
}

const RULES = ['limits', 'enforcement', 'exemptions', 'existing_logins'] as const
type Rules = (typeof RULES)[number]

function isRules(section: string): section is Rules {
  return (RULES as readonly string[]).includes(section)
}

function walk(path: string, old: unknown, next: unknown, loose: ReadonlySet<string>, found: Difference[]): void {
  if (JSON.stringify(old) === JSON.stringify(next)) return
  // Kept whole, as it is decided whole.
  if (isTree(old) && isTree(next) && Array.isArray(old) === Array.isArray(next) && path !== 'detection.together') {
    for (const name of new Set([...Object.keys(old), ...Object.keys(next)])) {
      const step = Array.isArray(next) ? `[${name}]` : `.${name}`
      walk(`${path}${step}`, child(old, name), child(next, name), loose, found)
    }
    return
  }
  const isLoose = [...loose].some(
    (place) =>
      place === path || place.startsWith(`${path}[`) || path.startsWith(`${place}.`) || place.startsWith(`${path}.`),
  )
  found.push({ path, before: text(old), after: text(next), loosens: isLoose })
}

function listDifferences(
  section: Rules,
  old: readonly unknown[],
  next: readonly unknown[],
  isLoose: boolean,
): Difference[] {
  const oldTexts = old.map(text)
  const nextTexts = next.map(text)
  const gone = oldTexts.filter((entry) => !nextTexts.includes(entry))
  const come = nextTexts.filter((entry) => !oldTexts.includes(entry))
  const isMoved = gone.length === 0 && come.length === 0 && oldTexts.join() !== nextTexts.join()
  // Of a list that loosens: taking an exemption away lets nobody read more, of any other rule that depends on the rest of the list.
  const changes = [
    ...gone.map((before) => ({ before, after: null, loosens: isLoose && section !== 'exemptions' })),
    ...come.map((after) => ({ before: null, after, loosens: isLoose && !isEnforcing(section, after) })),
    ...(isMoved ? [{ before: 'another order', after: 'this order', loosens: isLoose }] : []),
  ]
  const isSaid = !isLoose || changes.some((change) => change.loosens)
  return changes.map((change) => ({ path: section, ...change, loosens: change.loosens || !isSaid }))
}

function isEnforcing(section: Rules, written: string | null): boolean {
  if (section === 'existing_logins') return true
  return section === 'enforcement' && written !== null && written.includes('"mode":"enforce"')
}

function text(value: unknown): string | null {
  if (value === undefined || value === null) return null
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function isTree(value: unknown): value is Record<string, unknown> | unknown[] {
  return typeof value === 'object' && value !== null
}

function child(value: unknown, name: string): unknown {
  return isTree(value) ? (value as Record<string, unknown>)[name] : undefined
}
