// What changes for people who are put into groups or taken out of them: whether they may read more, or enrol keys that were refused.
// Pure. Such a move takes two administrators, as the same change of the policy would.
import { ALLOWANCE_METERS, type MeteringPolicy, RING_METERS } from '../policy/defaults.ts'
import type { PolicyDocument } from '../policy/document.ts'
import { resolver } from '../policy/resolve.ts'
import { groupsIn } from '../policy/versions.ts'
import { dayFor } from '../sessions/existing.ts'
import { admitsMore } from '../webauthn/looser.ts'
import { type GroupKeyPolicy, type KeyRule, keyRule } from '../webauthn/rule.ts'

/** What groups decide, now. */
export interface GroupRules {
  /** The policy in force. */
  readonly document: PolicyDocument
  /** By the group's id. */
  readonly keyPolicies: ReadonlyMap<string, GroupKeyPolicy>
  /** `PALIER_KEY_POLICY`: for those of whom no group asks anything. */
  readonly setting: GroupKeyPolicy['policy']
  readonly atMs: number
}

/** Somebody, and the ids of their groups before and after. Whoever is new was in none. */
export interface Move {
  readonly username: string
  readonly before: readonly string[]
  readonly after: readonly string[]
}

/** One thing that a move loosens: `windows.archive[0]` from 200 to 4000, `keys.policy` from `attested` to `any`. */
export interface Loosening {
  readonly what: string
  readonly from: string | number | boolean | null
  readonly to: string | number | boolean | null
}

/** What a move loosens, and for whom: people of whom it is the same stand together. */
export interface Effect {
  /** Usernames, in order. */
  readonly people: readonly string[]
  readonly changes: readonly Loosening[]
}

/** What a move loosens, now or at any later moment under the same policy. Empty: nothing. */
export function loosenedBy(rules: GroupRules, move: Move): readonly Loosening[] {
  const { document } = rules
  const moved = [...move.before, ...move.after].filter((id) => move.before.includes(id) !== move.after.includes(id))
  const named = new Set([...groupsIn(document), ...rules.keyPolicies.keys()])
  if (!moved.some((id) => named.has(id))) return []
  const found = [...readsMore(rules, move), ...signsInLater(rules, move), ...keysOf(rules, move)]
  const told = new Map(found.map((one) => [JSON.stringify([one.what, one.from, one.to]), one]))
  return [...told.values()]
}

/** What many moves loosen, told once for all of whom it is the same. Empty: nothing, for nobody. */
export function effectsOf(rules: GroupRules, moves: readonly Move[]): readonly Effect[] {
  const effects = new Map<string, { readonly people: string[]; readonly changes: readonly Loosening[] }>()
  for (const move of moves) {
    const changes = loosenedBy(rules, move)
    if (changes.length === 0) continue
    const key = JSON.stringify(changes)
    const effect = effects.get(key) ?? { people: [], changes }
    effect.people.push(move.username)
    effects.set(key, effect)
  }
  return [...effects.values()].map(({ people, changes }) => ({ people: people.toSorted(), changes }))
}

/** Whether nothing is loosened, for anybody, but what was agreed on, from the same to the same. */
export function isWithin(agreed: readonly Effect[], now: readonly Effect[]): boolean {
  const told = ({ people, changes }: Effect) =>
    people.flatMap((person) => changes.map(({ what, from, to }) => JSON.stringify([person, what, from, to])))
  const known = new Set(agreed.flatMap(told))
  return now.flatMap(told).every((one) => known.has(one))
}

/** Limits, enforcement and exemptions, between all moments at which any of them changes. */
function readsMore({ document, atMs }: GroupRules, { username, before, after }: Move): readonly Loosening[] {
  // An emergency closes for everybody, and ends.
  const { for: applied } = resolver({ ...document, emergency: null }, { version: 0 })
  const dates = [
    ...document.limits.map(({ from }) => from ?? 0),
    ...document.enforcement.map(({ from }) => from),
    ...document.exemptions.map(({ until }) => until),
  ]
  const moments = [atMs, ...new Set(dates.filter((at) => at > atMs))]
  // Whatever exempts a client exempts it by text of its own; whoever has a user id on some server has it with their username.
  const clients = ['', ...document.exemptions.flatMap(({ client }) => client ?? [])]
  const users = document.exemptions.flatMap(({ user }) => (user?.startsWith(`@${username}:`) ? [user] : []))
  const found: Loosening[] = []
  for (const at of moments)
    for (const [index, userId] of [`@${username}:`, ...users].entries())
      for (const client of clients) {
        const subject = { personId: '', userId, client }
        const old = applied({ ...subject, groups: before }, at)
        const new_ = applied({ ...subject, groups: after }, at)
        if (index === 0 && client === '') {
          found.push(...figuresLoosened(old.metering, new_.metering))
          if (old.enforce === 'enforce' && new_.enforce === 'observe')
            found.push({ what: 'enforcement', from: old.enforce, to: new_.enforce })
        }
        if (new_.exempt !== null && old.exempt === null)
          found.push({ what: 'exemption', from: null, to: new_.exempt.reason })
      }
  return found
}

function figuresLoosened(old: MeteringPolicy, new_: MeteringPolicy): readonly Loosening[] {
  // The same object is what the resolver gives to the same figures.
  if (old === new_) return []
  const most = figuresOf(old)
  return [...figuresOf(new_)].flatMap(([what, to]) => {
    const from = most.get(what) ?? 0
    return to > from ? [{ what, from, to }] : []
  })
}

/** What rules of groups may set; the more, the more is let through. */
function figuresOf(policy: MeteringPolicy): ReadonlyMap<string, number> {
  const windows = RING_METERS.flatMap((meter) =>
    policy.windows[meter].map(({ limit }, index) => [`windows.${meter}[${index}]`, limit] as const),
  )
  const taps = ALLOWANCE_METERS.map((meter) => [`taps.${meter}`, policy.taps[meter].units] as const)
  return new Map([...windows, ...taps, ['rooms', policy.rooms.limit], ['first_sync', policy.firstSyncEvents]])
}

/** Clients from before the gateway: asked to sign in later, or never. */
function signsInLater({ document, atMs }: GroupRules, { before, after }: Move): readonly Loosening[] {
  const [old, new_] = [dayFor(document.existing_logins, before), dayFor(document.existing_logins, after)]
  if (old === null || (new_ !== null && new_ <= Math.max(old, atMs))) return []
  const day = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString())
  return [{ what: 'existing_logins', from: day(old), to: day(new_) }]
}

function keysOf({ keyPolicies, setting }: GroupRules, { before, after }: Move): readonly Loosening[] {
  const ruleOf = (ids: readonly string[]) =>
    keyRule(
      ids.flatMap((id) => keyPolicies.get(id) ?? []),
      setting,
    )
  const [old, new_] = [ruleOf(before), ruleOf(after)]
  if (!admitsMore(old, new_)) return []
  const parts = [
    ['keys.policy', (rule: KeyRule) => rule.policy],
    ['keys.models', (rule: KeyRule) => (rule.aaguids === null ? null : rule.aaguids.toSorted().join(' '))],
    ['keys.built_in', (rule: KeyRule) => rule.platformAllowed],
  ] as const
  return parts.flatMap(([what, part]) => {
    const [from, to] = [part(old), part(new_)]
    return from === to ? [] : [{ what, from, to }]
  })
}
