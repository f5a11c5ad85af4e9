// Whether one document lets more be read than another: by anybody, at any time. Pure, and careful: what it cannot put in order counts
// as loosening. A change that loosens takes two administrators; test/property/policy holds this to the resolver and to the thief.
import type { ACTIONS } from '../detection/port.ts'
import { ALLOWANCE_METERS, RING_METERS } from './defaults.ts'
import { EVERYONE, type PolicyDocument } from './document.ts'

type Mode = PolicyDocument['enforcement'][number]['mode']
type LimitRule = PolicyDocument['limits'][number]
type Exemption = PolicyDocument['exemptions'][number]
type Action = (typeof ACTIONS)[number]

/** Where `next` loosens `now`: paths of figures, and names of sections that are lists. Empty: it lets nobody read more. */
export function loosenings(now: PolicyDocument, next: PolicyDocument): ReadonlySet<string> {
  const found = new Set<string>()
  for (const { path, wide, before, after } of figures(now, next)) {
    if (wide === 'never' ? before !== after : wide === 'more' ? after > before : after < before) found.add(path)
  }
  if (limitsLoosen(now, next)) found.add('limits')
  if (enforcementLoosens(now.enforcement, next.enforcement)) found.add('enforcement')
  if (!next.exemptions.every((one) => now.exemptions.some((old) => covers(old, one)))) found.add('exemptions')
  if (!now.existing_logins.every((rule) => isAskedAsSoon(rule, next.existing_logins))) found.add('existing_logins')
  for (const path of detectionLoosens(now, next)) found.add(path)
  if (now.emergency !== null && next.emergency === null) found.add('emergency')
  return found
}

interface Figure {
  readonly path: string
  /** Which way lets more through; `never`: neither can be told to be less. */
  readonly wide: 'more' | 'less' | 'never'
  readonly before: number
  readonly after: number
}

function* figures(now: PolicyDocument, next: PolicyDocument): Generator<Figure> {
  for (const meter of RING_METERS) {
    const [old, new_] = [now.windows[meter], next.windows[meter]]
    for (let index = 0; index < Math.max(old.length, new_.length); index += 1) {
      const [before, after] = [old[index], new_[index]]
      const path = `windows.${meter}[${index}]`
      const figure = (name: 'window' | 'buckets' | 'limit', wide: Figure['wide']) => ({
        path: `${path}.${name}`,
        wide: before && after ? wide : ('never' as const),
        before: before?.[name] ?? -1,
        after: after?.[name] ?? -1,
      })
      yield figure('window', 'never')
      yield figure('buckets', 'never')
      yield figure('limit', 'more')
    }
  }
  yield { path: 'rooms.limit', wide: 'more', before: now.rooms.limit, after: next.rooms.limit }
  // Rooms that are forgotten sooner make place for others.
  yield { path: 'rooms.window', wide: 'less', before: now.rooms.window, after: next.rooms.window }
  for (const meter of ALLOWANCE_METERS) {
    const [before, after] = [now.taps[meter], next.taps[meter]]
    yield { path: `taps.${meter}.units`, wide: 'more', before: before.units, after: after.units }
    yield { path: `taps.${meter}.for`, wide: 'more', before: before.for, after: after.for }
  }
  for (const kind of ['plaintext', 'encrypted'] as const)
    yield { path: `weights.${kind}`, wide: 'less', before: now.weights[kind], after: next.weights[kind] }
  for (const name of ['first_sync', 'live_window', 'idle_after', 'give_backs'] as const)
    yield { path: name, wide: 'more', before: now[name], after: next[name] }
}

// Which of several rules decides depends on their order and dates: only rules that stay where they are, and rules after them that set
// less than anything there is, are known to loosen nothing.
function limitsLoosen(now: PolicyDocument, next: PolicyDocument): boolean {
  const kept = now.limits.every((old, index) => {
    const rule = next.limits[index]
    return rule !== undefined && rule.group === old.group && rule.from === old.from && isNoMore(old, rule)
  })
  if (!kept) return true
  return next.limits.slice(now.limits.length).some((rule, index) => {
    const others = [...now.limits, ...next.limits.filter((_, place) => place !== now.limits.length + index)]
    return [...figuresOf(rule)].some(
      ([name, value]) =>
        value > base(now, name) ||
        value > base(next, name) ||
        others.some((other) => value > (figuresOf(other).get(name) ?? Number.POSITIVE_INFINITY)),
    )
  })
}

function isNoMore(old: LimitRule, rule: LimitRule): boolean {
  const [before, after] = [figuresOf(old), figuresOf(rule)]
  return before.size === after.size && [...after].every(([name, value]) => value <= (before.get(name) ?? -1))
}

/** What a rule sets, by name. */
function figuresOf(rule: LimitRule): Map<string, number> {
  const found = new Map<string, number>()
  for (const meter of RING_METERS)
    rule.windows?.[meter]?.forEach((limit, index) => {
      found.set(`windows.${meter}.${index}`, limit)
    })
  for (const meter of ALLOWANCE_METERS) {
    const units = rule.taps?.[meter]
    if (units !== undefined) found.set(`taps.${meter}`, units)
  }
  if (rule.rooms !== undefined) found.set('rooms', rule.rooms)
  if (rule.first_sync !== undefined) found.set('first_sync', rule.first_sync)
  return found
}

/** The same figure for those whom no rule concerns. */
function base(document: PolicyDocument, name: string): number {
  const [kind = '', meter = '', index = '0'] = name.split('.')
  if (kind === 'rooms') return document.rooms.limit
  if (kind === 'first_sync') return document.first_sync
  const ring = RING_METERS.find((one) => one === meter)
  const allowance = ALLOWANCE_METERS.find((one) => one === meter)
  if (kind === 'windows' && ring) return document.windows[ring][Number(index)]?.limit ?? -1
  return kind === 'taps' && allowance ? document.taps[allowance].units : -1
}

/** Group by group, at every moment at which any of them changes. */
function enforcementLoosens(now: PolicyDocument['enforcement'], next: PolicyDocument['enforcement']): boolean {
  const groups = new Set([...now, ...next].map(({ group }) => group))
  const moments = [Number.NEGATIVE_INFINITY, ...new Set([...now, ...next].map(({ from }) => from))]
  return [...groups].some((group) =>
    moments.some((atMs) => isLaxer(group, modeAt(now, group, atMs), modeAt(next, group, atMs))),
  )
}

function isLaxer(group: string, before: Mode | undefined, after: Mode | undefined): boolean {
  if (after === 'enforce') return false
  // Nobody said anything of everyone: enforced. Of a group: whatever holds for its people otherwise, which may be either.
  if (group === EVERYONE) return (before ?? 'enforce') === 'enforce' && after === 'observe'
  return before === 'enforce' || (before === undefined && after === 'observe')
}

/** As the resolver reads it: a group's newest date that has come. */
function modeAt(rules: PolicyDocument['enforcement'], group: string, atMs: number): Mode | undefined {
  return rules
    .filter((rule) => rule.group === group && rule.from <= atMs)
    .reduce<{ readonly from: number; readonly mode: Mode } | null>(
      (best, rule) => (best && best.from > rule.from ? best : rule),
      null,
    )?.mode
}

/** Whether whoever an exemption lets through is let through by another one already, at least as long. */
function covers(old: Exemption, one: Exemption): boolean {
  return (
    old.until >= one.until &&
    (old.user === undefined || old.user === one.user) &&
    (old.group === undefined || old.group === EVERYONE || old.group === one.group) &&
    (old.client === undefined || (one.client?.includes(old.client) ?? false))
  )
}

function isAskedAsSoon(
  rule: PolicyDocument['existing_logins'][number],
  next: PolicyDocument['existing_logins'],
): boolean {
  return next.some(({ group, from }) => group === rule.group && from <= rule.from)
}

const ACTION_ORDER: readonly Action[] = ['off', 'alert', 'tap', 'end']
const isWeaker = (before: Action, after: Action) => ACTION_ORDER.indexOf(after) < ACTION_ORDER.indexOf(before)

/** Which way a signal sees less. A run of fewer minutes at a steady pace is another thing to see, not a weaker one. */
const BLINDER: Readonly<Record<string, Figure['wide']>> = {
  'sweep.rooms': 'more',
  'machine-pace.minutes': 'never',
  'machine-pace.events': 'more',
  'machine-pace.variation': 'less',
  'directory-crawl.rows': 'more',
  'unusual-hours.events': 'more',
  'unusual-hours.days': 'more',
  'denied-approvals.denied': 'more',
}

function detectionLoosens({ detection: now }: PolicyDocument, { detection: next }: PolicyDocument): string[] {
  const found: string[] = []
  const { together: nowTogether, ...signals } = now
  const { together: nextTogether, ...nextSignals } = next
  for (const [signal, before] of Object.entries(signals)) {
    const after = nextSignals[signal as keyof typeof nextSignals]
    if (isWeaker(before.action, after.action)) found.push(`detection.${signal}.action`)
    for (const [name, value] of Object.entries(before)) {
      const changed = (after as Readonly<Record<string, unknown>>)[name]
      if (name === 'action' || typeof value !== 'number' || typeof changed !== 'number' || changed === value) continue
      const blinder = BLINDER[`${signal}.${name}`] ?? 'never'
      if (blinder === 'never' || (blinder === 'more' ? changed > value : changed < value))
        found.push(`detection.${signal}.${name}`)
    }
  }
  // What several signals together do is done as soon, and as strongly, by one that needs no more of them.
  const isKept = nowTogether.every((old) =>
    nextTogether.some(
      ({ signals: needed, action }) =>
        needed.every((signal) => old.signals.includes(signal)) && !isWeaker(old.action, action),
    ),
  )
  return isKept ? found : [...found, 'detection.together']
}
