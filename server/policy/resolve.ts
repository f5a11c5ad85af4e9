// Which thresholds a document gives a person at a moment. Pure: the document, the person, the time.
//
// From the strongest: the operator's own switch (`PALIER_ENFORCE=observe`), the emergency level, an outage, an exemption, the
// rules of the person's groups, the thresholds for everybody.
import {
  type AllowanceMeter,
  defaultPolicy,
  type MeteringPolicy,
  type RingMeter,
  type WindowPolicy,
} from './defaults.ts'
import { EVERYONE, type PolicyDocument } from './document.ts'
import type { Applied, Enforcement, PolicySubject } from './port.ts'
import { meteringOf } from './shipped.ts'

/** What the emergency level closes: history in every form, and the keys that open it. The sign-in's first sync was a tap. */
const EMERGENCY: readonly RingMeter[] = ['archive', 'catch-up', 'key-backup']

export interface Resolver {
  /** `outage`: two administrators have put enforcement off for now. */
  for(subject: PolicySubject, nowMs: number, outage?: boolean): Applied
  base(): MeteringPolicy
}

type LimitRule = PolicyDocument['limits'][number]

/**
 * Makes a document ready to be asked. The same thresholds are the same object each time, so that what is derived from them can be
 * remembered. `operator`: the process's own switch.
 */
export function resolver(
  document: PolicyDocument,
  {
    version,
    operator = 'enforce',
    code = defaultPolicy,
  }: { version: number; operator?: Enforcement; code?: MeteringPolicy },
): Resolver {
  const base = meteringOf(document, code)
  const byRules = new Map<string, MeteringPolicy>()
  const closed = new Map<MeteringPolicy, MeteringPolicy>()

  function meteringFor(groups: readonly string[], nowMs: number): MeteringPolicy {
    const rules = rulesFor(document.limits, groups, nowMs)
    if (rules.length === 0) return base
    const key = rules.join()
    const known = byRules.get(key)
    if (known) return known
    // The first of the list decides, figure by figure: the later ones are laid on before it.
    const made = rules.reduceRight((policy, index) => withLimits(policy, document.limits[index] as LimitRule), base)
    byRules.set(key, made)
    return made
  }

  // What a group has less of than others, it has less of in an emergency too.
  function closedFor(groups: readonly string[], nowMs: number): MeteringPolicy {
    const policy = meteringFor(groups, nowMs)
    const known = closed.get(policy)
    if (known) return known
    const windows = Object.fromEntries(EMERGENCY.map((meter) => [meter, policy.windows[meter].map(() => 0)]))
    const made = withLimits(policy, { group: EVERYONE, windows })
    closed.set(policy, made)
    return made
  }

  return {
    base: () => base,
    for(subject, nowMs, outage = false) {
      if (document.emergency !== null) {
        return { metering: closedFor(subject.groups, nowMs), enforce: operator, exempt: null, version }
      }
      return {
        metering: meteringFor(subject.groups, nowMs),
        enforce: operator === 'observe' || outage ? 'observe' : enforcementFor(document, subject, nowMs),
        exempt: exemptionFor(document, subject, nowMs),
        version,
      }
    },
  }
}

// A person in several groups: enforced as soon as one of them is. A group's newest date that has come counts.
function enforcementFor({ enforcement }: PolicyDocument, { groups }: PolicySubject, nowMs: number): Enforcement {
  const modeOf = (group: string) =>
    enforcement
      .filter((rule) => rule.group === group && rule.from <= nowMs)
      .reduce<{ from: number; mode: Enforcement } | null>(
        (best, rule) => (best && best.from > rule.from ? best : rule),
        null,
      )?.mode
  const modes = groups.map(modeOf).filter((mode) => mode !== undefined)
  if (modes.length > 0) return modes.includes('enforce') ? 'enforce' : 'observe'
  return modeOf(EVERYONE) ?? 'enforce'
}

function exemptionFor({ exemptions }: PolicyDocument, subject: PolicySubject, nowMs: number): Applied['exempt'] {
  const rule = exemptions.find(
    ({ user, group, client, until }) =>
      nowMs < until &&
      (user === undefined || user === subject.userId) &&
      (group === undefined || group === EVERYONE || subject.groups.includes(group)) &&
      (client === undefined || subject.client.includes(client)),
  )
  return rule ? { reason: rule.reason } : null
}

/** The places of the rules that hold for a member of those groups, in the order of the list; of a group, the newest that has come sets a figure. */
function rulesFor(rules: readonly LimitRule[], groups: readonly string[], nowMs: number): number[] {
  if (groups.length === 0 || rules.length === 0) return []
  const holding = rules.flatMap((rule, index) =>
    groups.includes(rule.group) && (rule.from ?? 0) <= nowMs
      ? [{ index, group: rule.group, from: rule.from ?? 0 }]
      : [],
  )
  const firstOf = new Map<string, number>()
  for (const { index, group } of holding) if (!firstOf.has(group)) firstOf.set(group, index)
  // A group stands where its first rule stands; within it the newest date comes first.
  return holding
    .sort((a, b) => (firstOf.get(a.group) ?? 0) - (firstOf.get(b.group) ?? 0) || b.from - a.from || a.index - b.index)
    .map(({ index }) => index)
}

function withLimits(policy: MeteringPolicy, rule: LimitRule): MeteringPolicy {
  const windows: Record<RingMeter, readonly WindowPolicy[]> = { ...policy.windows }
  for (const [meter, limits] of Object.entries(rule.windows ?? {}) as [RingMeter, number[] | undefined][]) {
    if (limits)
      windows[meter] = windows[meter].map((window, index) => ({ ...window, limit: limits[index] ?? window.limit }))
  }
  const taps = { ...policy.taps }
  for (const [meter, units] of Object.entries(rule.taps ?? {}) as [AllowanceMeter, number | undefined][]) {
    if (units !== undefined) taps[meter] = { ...taps[meter], units }
  }
  return {
    ...policy,
    windows,
    taps,
    rooms: rule.rooms === undefined ? policy.rooms : { ...policy.rooms, limit: rule.rooms },
    firstSyncEvents: rule.first_sync ?? policy.firstSyncEvents,
  }
}
