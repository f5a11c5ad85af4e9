// What the parts of a policy document must be for each other: windows that can be counted, limits that mean something, rules that
// do not contradict each other. Pure; every mistake at once.
import { ALLOWANCE_METERS, type AllowanceMeter, defaultPolicy, RING_METERS, type RingMeter } from './defaults.ts'
import { EVERYONE, type PolicyDocument } from './document.ts'
import { type Fault, plain } from './fault.ts'
import { durationText, instantText, sizeText } from './values.ts'

export interface Check {
  readonly path: readonly (string | number)[]
  /** What stands there; what was written when absent. */
  readonly got?: string
  readonly wants: string
  readonly fault: Fault
}

/** Every contradiction. `unread`: sections that could not be read whole; entries of lists that could not are undefined. */
export function checkDocument(document: PolicyDocument, unread: ReadonlySet<string> = new Set()): Check[] {
  const isRead = (...sections: (keyof PolicyDocument)[]) => sections.every((section) => !unread.has(section))
  const checks: Check[] = []
  if (isRead('windows')) checks.push(...RING_METERS.flatMap((meter) => checkWindows(document, meter)))
  if (isRead('windows', 'taps'))
    checks.push(...checkTap(document.windows, document.taps.archive.units, ['taps', 'archive', 'units']))
  if (isRead('weights') && document.weights.plaintext < document.weights.encrypted) {
    checks.push({
      path: ['weights', 'plaintext'],
      wants: `at least what ciphertext costs (${document.weights.encrypted}): the server can read it, and so can whoever takes it`,
      fault: { code: 'plaintext-below-ciphertext', members: { least: document.weights.encrypted } },
    })
  }
  if (isRead('windows')) checks.push(...checkLimits(document))
  checks.push(...checkOverlaps('enforcement', document.enforcement, (rule) => [rule.mode === undefined ? '' : 'mode']))
  checks.push(...checkOverlaps('existing_logins', document.existing_logins, () => ['sign-in']))
  checks.push(...checkExemptions(document))
  return checks
}

function checkWindows(document: PolicyDocument, meter: RingMeter): Check[] {
  const windows = document.windows[meter]
  const layout = defaultPolicy.windows[meter]
  const parts = layout.map(({ windowSeconds, buckets }) => `${durationText(windowSeconds)} in ${buckets}`)
  const laidOut = parts.join(', ')
  const fault: Fault = {
    code: 'windows-fixed',
    members: { layout: layout.map(({ windowSeconds }) => durationText(windowSeconds)) },
  }
  if (windows.length !== layout.length) {
    return [
      {
        path: ['windows', meter],
        got: `${windows.length} windows`,
        wants: `${laidOut}: how it is laid out in the database`,
        fault,
      },
    ]
  }
  const checks: Check[] = []
  windows.forEach(({ window, buckets }, index) => {
    const width = window / buckets
    if (!Number.isInteger(width)) {
      checks.push({
        path: ['windows', meter, index, 'buckets'],
        wants: `a number that divides ${durationText(window)} into whole seconds`,
        fault: { code: 'buckets-uneven', members: { window: durationText(window) } },
      })
    } else if (window !== layout[index]?.windowSeconds || buckets !== layout[index]?.buckets) {
      checks.push({
        path: ['windows', meter, index, 'window'],
        got: `${durationText(window)} in ${buckets}`,
        wants: `${laidOut}: how it is laid out in the database (limits can change, lengths and sub-buckets cannot)`,
        fault,
      })
    }
  })
  return [
    ...checks,
    ...checkGrowth(
      document,
      meter,
      windows.map(({ limit }) => limit),
      (index) => ['windows', meter, index, 'limit'],
    ),
  ]
}

// A limit that a longer window does not let through is a slip of the pen.
function checkGrowth(
  { windows }: PolicyDocument,
  meter: RingMeter,
  limits: readonly number[],
  pathOf: (index: number) => Check['path'],
): Check[] {
  const byLength = limits
    .map((limit, index) => ({ limit, index, seconds: windows[meter][index]?.window ?? 0 }))
    .sort((a, b) => a.seconds - b.seconds)
  return byLength.flatMap(({ limit, index, seconds }, place) => {
    const longer = byLength.slice(place + 1).find((other) => other.limit < limit)
    if (!longer) return []
    const members = {
      most: meter === 'media-bytes' ? sizeText(longer.limit) : String(longer.limit),
      shorter: durationText(seconds),
      longer: durationText(longer.seconds),
    }
    return [
      {
        path: pathOf(index),
        wants: `at most ${members.most}, the limit of ${members.longer}: a shorter window (${members.shorter}) cannot allow more`,
        fault: { code: 'shorter-allows-more', members },
      },
    ]
  })
}

function checkTap(windows: PolicyDocument['windows'], units: number, path: Check['path']): Check[] {
  const ceiling = Math.min(...windows['tap-release'].map(({ limit }) => limit))
  if (units <= ceiling) return []
  const wants = `at most ${ceiling}, what taps release in a day (windows.tap-release): no tap could be granted`
  return [{ path, wants, fault: { code: 'tap-beyond-taps', members: { most: ceiling } } }]
}

function checkLimits(document: PolicyDocument): Check[] {
  const checks: Check[] = []
  document.limits.forEach((rule, index) => {
    if (rule === undefined) return
    const path = ['limits', index] as const
    if (rule.group === EVERYONE) {
      checks.push({
        path: [...path, 'group'],
        wants: 'a group: what holds for everyone is in `windows`, `rooms`, `first_sync` and `taps`',
        fault: plain('limit-for-everyone'),
      })
    }
    const things = thingsOf(rule)
    if (things.length === 0) {
      const wants = '`windows`, `rooms`, `first_sync` or `taps`'
      checks.push({ path, got: 'no limit', wants, fault: plain('limit-sets-nothing') })
    }
    for (const meter of RING_METERS) {
      const limits = rule.windows?.[meter]
      if (!limits) continue
      const base = document.windows[meter]
      if (limits.length !== base.length) {
        const windows = base.map(({ window }) => durationText(window))
        checks.push({
          path: [...path, 'windows', meter],
          wants: `${base.length} limits, for ${windows.join(', ')}`,
          fault: { code: 'limit-per-window', members: { windows } },
        })
      } else checks.push(...checkGrowth(document, meter, limits, (at) => [...path, 'windows', meter, at]))
    }
    if (rule.taps?.archive !== undefined) {
      const ceiling = rule.windows?.['tap-release']?.map((limit) => ({ limit, window: 0, buckets: 1 }))
      const windows = ceiling ? { ...document.windows, 'tap-release': ceiling } : document.windows
      checks.push(...checkTap(windows, rule.taps.archive, [...path, 'taps', 'archive']))
    }
  })
  return [...checks, ...checkOverlaps('limits', document.limits, thingsOf)]
}

/** What a rule sets, by name. */
function thingsOf(rule: PolicyDocument['limits'][number]): string[] {
  const set = <Name extends string>(
    names: readonly Name[],
    of: Partial<Record<Name, unknown>> | undefined,
    kind: string,
  ) => names.filter((name) => of?.[name] !== undefined).map((name) => `${kind}.${name}`)
  return [
    ...set<RingMeter>(RING_METERS, rule.windows, 'windows'),
    ...set<AllowanceMeter>(ALLOWANCE_METERS, rule.taps, 'taps'),
    ...(rule.rooms === undefined ? [] : ['rooms']),
    ...(rule.first_sync === undefined ? [] : ['first_sync']),
  ]
}

/** Two rules of a list that say the same thing of the same group from the same date. */
function checkOverlaps<Rule extends { readonly group: string; readonly from?: number | undefined }>(
  section: string,
  rules: readonly (Rule | undefined)[],
  things: (rule: Rule) => readonly string[],
): Check[] {
  const first = new Map<string, number>()
  return rules.flatMap((rule, index) => {
    if (rule === undefined) return []
    const from = rule.from === undefined ? 'always' : instantText(rule.from)
    return things(rule).flatMap((thing) => {
      const key = JSON.stringify([rule.group, from, thing])
      const before = first.get(key)
      if (before === undefined) {
        first.set(key, index)
        return []
      }
      return [
        {
          path: [section, index],
          got: `a second rule for ${thing} of ${rule.group} from ${from}`,
          wants: `one: entry ${before + 1} of ${section} says it already`,
          fault: { code: 'rule-twice', members: { entry: before + 1, from: rule.from === undefined ? null : from } },
        },
      ]
    })
  })
}

function checkExemptions({ exemptions }: PolicyDocument): Check[] {
  const first = new Map<string, number>()
  return exemptions.flatMap((rule, index): Check[] => {
    if (rule === undefined) return []
    const path = ['exemptions', index] as const
    const named = [rule.user, rule.group, rule.client].filter((name) => name !== undefined)
    if (named.length === 0) {
      return [{ path, got: 'nobody', wants: '`user`, `group` or `client`', fault: plain('exemption-of-nobody') }]
    }
    if (rule.group === EVERYONE && named.length === 1) {
      const wants = 'a group: to withhold nothing from anybody, see `enforcement`'
      return [{ path: [...path, 'group'], wants, fault: plain('exemption-of-everyone') }]
    }
    if (rule.user !== undefined && !/^@[^:\s]+:\S+$/.test(rule.user)) {
      const wants = 'a Matrix user id such as @ada:example.org'
      return [{ path: [...path, 'user'], wants, fault: plain('not-user-id') }]
    }
    const key = JSON.stringify([rule.user, rule.group, rule.client])
    const before = first.get(key)
    if (before !== undefined) {
      return [
        {
          path,
          got: `a second exemption of the same`,
          wants: `one: entry ${before + 1} of exemptions says it already`,
          fault: { code: 'exemption-twice', members: { entry: before + 1 } },
        },
      ]
    }
    first.set(key, index)
    return []
  })
}
