// What a document changes, figure by figure, and whether that lets more be read.
import { type PolicyDocument, type WrittenPolicy, writePolicy } from './document.ts'

export interface Difference {
  /** `windows.archive[0].limit` */
  readonly path: string
  /** As written; null where there is nothing. */
  readonly before: string | null
  readonly after: string | null
  /** More can be read than before, by somebody, at some time. What cannot be told counts as loosening. */
  readonly loosens: boolean
}

/** Everything that differs. List entries are compared as wholes: a moved rule is one taken away and one added. */
export function differences(before: PolicyDocument, after: PolicyDocument): Difference[] {
  const [old, next] = [writePolicy(before), writePolicy(after)]
  const found: Difference[] = []
  for (const section of Object.keys(next) as (keyof WrittenPolicy)[]) {
    if (isRules(section)) found.push(...listDifferences(section, old[section], next[section]))
    else walk(section, old[section], next[section], before[section], after[section], found)
  }
  return found
}

const RULES = ['limits', 'enforcement', 'exemptions', 'existing_logins'] as const
type Rules = (typeof RULES)[number]

function isRules(section: string): section is Rules {
  return (RULES as readonly string[]).includes(section)
}

function walk(
  path: string,
  old: unknown,
  next: unknown,
  oldValue: unknown,
  nextValue: unknown,
  found: Difference[],
): void {
  if (JSON.stringify(old) === JSON.stringify(next)) return
  if (isTree(old) && isTree(next) && Array.isArray(old) === Array.isArray(next)) {
    for (const name of new Set([...Object.keys(old), ...Object.keys(next)])) {
      const step = Array.isArray(next) ? `[${name}]` : `.${name}`
      walk(`${path}${step}`, child(old, name), child(next, name), child(oldValue, name), child(nextValue, name), found)
    }
    return
  }
  found.push({ path, before: text(old), after: text(next), loosens: loosens(path, oldValue, nextValue) })
}

// Higher lets more through, except for what alarms, and what makes reading cost more.
function loosens(path: string, old: unknown, next: unknown): boolean {
  if (path.startsWith('emergency')) return next === null || next === undefined
  if (path.startsWith('detection')) return detectionLoosens(path, old, next)
  if (typeof old !== 'number' || typeof next !== 'number') return true
  // A message that costs less, and rooms that are forgotten sooner.
  return path.startsWith('weights') || path === 'rooms.window' ? next < old : next > old
}

function detectionLoosens(path: string, old: unknown, next: unknown): boolean {
  if (!path.endsWith('.action')) return true
  const order = ['off', 'alert', 'tap', 'end']
  return order.indexOf(String(next)) < order.indexOf(String(old))
}

function listDifferences(section: Rules, old: readonly unknown[], next: readonly unknown[]): Difference[] {
  const oldTexts = old.map(text)
  const nextTexts = next.map(text)
  const gone = oldTexts.filter((entry) => !nextTexts.includes(entry))
  const come = nextTexts.filter((entry) => !oldTexts.includes(entry))
  const isMoved = gone.length === 0 && come.length === 0 && oldTexts.join() !== nextTexts.join()
  // Taking an exemption away lets nobody read more; of any other rule that depends on the rest of the list.
  return [
    ...gone.map((before) => ({ path: section, before, after: null, loosens: section !== 'exemptions' })),
    ...come.map((after) => ({ path: section, before: null, after, loosens: !isEnforcing(section, after) })),
    ...(isMoved
      ? [{ path: section, before: 'another order', after: 'this order', loosens: section === 'limits' }]
      : []),
  ]
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
