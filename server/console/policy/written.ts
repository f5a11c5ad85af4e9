// A policy as somebody sends it (YAML, or the written document), read against what is in force; and how it is shown again.
import * as z from 'zod'
import { Refusal } from '../../errors/failure.ts'
import { decodePolicy, type PolicyMistake } from '../../policy/decode.ts'
import { differences } from '../../policy/diff.ts'
import { type PolicyDocument, writePolicy } from '../../policy/document.ts'
import { type Fault, plain } from '../../policy/fault.ts'
import type { PolicyVersion } from '../../policy/port.ts'
import { decodeVersion, type PolicyAt, policyNow } from '../../policy/versions.ts'
import { type GroupNames, nameOf, type PlacedMistake, policyYaml, readPolicyYaml } from '../../policy/yaml.ts'
import type { ConsoleDeps } from '../deps.ts'

type Deps = Pick<ConsoleDeps, 'policy'>

/** As much as a policy file may be, as JSON. */
export const POLICY_BODY_BYTES = 1024 * 1024
const YAML_CHARACTERS = 128_000

export const written = {
  yaml: z.string().max(YAML_CHARACTERS).optional(),
  document: z.record(z.string(), z.unknown()).optional(),
}
/** Of `written`: one of the two. */
export const isOneForm = ({ yaml, document }: { yaml?: unknown; document?: unknown }) =>
  (yaml === undefined) !== (document === undefined)
export const ONE_FORM = { path: ['yaml'], message: 'either `yaml` or `document`' }

/** A fault with its place: `code` and `members` are worded by who shows it, `got` and `wants` are plain English. */
export const mistake = z.object({
  line: z.int().nullable(),
  column: z.int().nullable(),
  name: z.string(),
  path: z.array(z.union([z.string(), z.int()])),
  code: z.string(),
  members: z.record(z.string(), z.union([z.string(), z.number(), z.null(), z.array(z.string())])),
  value: z.string().nullable(),
  got: z.string(),
  wants: z.string(),
})
export const difference = z.object({
  path: z.string(),
  before: z.string().nullable(),
  after: z.string().nullable(),
  loosens: z.boolean(),
})
export const version = z.object({
  number: z.int(),
  applied_by: z.object({ id: z.string(), username: z.string().nullable() }),
  applied_at: z.string(),
  reason: z.string(),
  sha256: z.string(),
})

type Mistake = z.output<typeof mistake>

export type ReadPolicy =
  | { readonly ok: true; readonly document: PolicyDocument; readonly basedOn: number | null }
  | { readonly ok: false; readonly mistakes: readonly Mistake[] }

/** What is in force, and groups by name. */
export async function policyGround({ policy }: Deps): Promise<{ now: PolicyAt; groups: GroupNames }> {
  const [now, known] = await Promise.all([policyNow(policy.store), policy.groups()])
  const groups: GroupNames = {
    idOf: (named) => known.find(({ id, name }) => id === named || name === named)?.id ?? null,
    nameOf: (id) => known.find((group) => group.id === id)?.name ?? id,
  }
  return { now, groups }
}

/** Reads what was sent. The emergency level stays as it is: it has a verb of its own. */
export function readWritten(
  sent: { readonly yaml?: string | undefined; readonly document?: Record<string, unknown> | undefined },
  { now, groups }: { readonly now: PolicyAt; readonly groups: GroupNames },
): ReadPolicy {
  const { emergency } = now.document
  const read = sent.yaml === undefined ? fromDocument(sent.document ?? {}) : fromYaml(sent.yaml, groups)
  if (!read.ok) return read
  if (read.saysEmergency && JSON.stringify(read.document.emergency) !== JSON.stringify(emergency)) {
    const got = 'another emergency level than the one in force'
    const fault = plain('emergency-elsewhere')
    const wants = 'the switch of its own'
    return { ok: false, mistakes: [unplaced({ path: ['emergency'], at: 'value', got, wants, fault, value: null })] }
  }
  return { ok: true, document: { ...read.document, emergency }, basedOn: read.basedOn }
}

/** As `readWritten`; throws `Refusal` 422 `policy-mistakes` with all of them. */
export function goodPolicy(...[sent, ground]: Parameters<typeof readWritten>): PolicyDocument {
  const read = readWritten(sent, ground)
  if (read.ok) return read.document
  throw new Refusal(422, 'policy-mistakes', read.mistakes[0]?.name, { mistakes: read.mistakes })
}

type Read =
  | { readonly ok: true; readonly document: PolicyDocument; readonly basedOn: number | null; saysEmergency: boolean }
  | { readonly ok: false; readonly mistakes: readonly Mistake[] }

function fromYaml(text: string, groups: GroupNames): Read {
  const read = readPolicyYaml(text, groups)
  if (!read.ok) return { ok: false, mistakes: read.mistakes.map(({ fault, ...placed }) => toldMistake(placed, fault)) }
  const { document, basedOn, sections } = read
  return { ok: true, document, basedOn, saysEmergency: sections.has('emergency') }
}

function fromDocument(sent: Record<string, unknown>): Read {
  const read = decodePolicy(sent)
  if (!read.ok) return { ok: false, mistakes: read.mistakes.map(unplaced) }
  return { ok: true, document: read.document, basedOn: null, saysEmergency: sent['emergency'] !== undefined }
}

function unplaced({ path, got, wants, fault, value }: PolicyMistake): Mistake {
  return toldMistake({ line: null, column: null, name: nameOf(path), path, got, wants, value }, fault)
}

function toldMistake(placed: Omit<PlacedMistake, 'fault' | 'line' | 'column'> & Where, fault: Fault): Mistake {
  const members = Object.entries<Member>({ ...fault.members }).map(([name, member]) => [name, copied(member)] as const)
  return { ...placed, path: [...placed.path], code: fault.code, members: Object.fromEntries(members) }
}

type Where = Pick<Mistake, 'line' | 'column'>
type Member = string | number | null | readonly string[]
const copied = (member: Member) => (typeof member === 'object' && member !== null ? [...member] : member)

/** Every difference, groups by name. */
export function changesOf(before: PolicyDocument, after: PolicyDocument, groups: GroupNames) {
  const named = (text: string | null) => text?.replaceAll(/grp_[A-Za-z0-9_-]+/g, (id) => groups.nameOf(id)) ?? null
  return differences(before, after).map((change) => ({
    ...change,
    before: named(change.before),
    after: named(change.after),
  }))
}

/** The document as it is written (groups by id), and as a file (groups by name). */
export function forms(at: PolicyAt, groups: GroupNames) {
  return {
    document: writePolicy(at.document) as Record<string, unknown>,
    yaml: policyYaml({ ...at.document, emergency: null }, groups, at.number),
  }
}

/** Versions as they are told: who applied them by name. */
export async function told({ policy }: Deps, versions: readonly PolicyVersion[]) {
  const names = await policy.usernames([...new Set(versions.map(({ appliedBy }) => appliedBy))])
  return versions.map(({ number, appliedBy, appliedAt, reason, sha256 }) => ({
    number,
    applied_by: { id: appliedBy, username: names.get(appliedBy) ?? null },
    applied_at: appliedAt.toISOString(),
    reason,
    sha256,
  }))
}

/** 409 `edited-meanwhile`, with what is in force now and what was changed since. */
export async function conflict(
  deps: Deps,
  from: number,
  ground: { readonly now: PolicyAt; readonly groups: GroupNames },
): Promise<Refusal> {
  const { now, groups } = ground
  const old = from > 0 && from < now.number ? await deps.policy.store.get(from) : null
  const [version = null] = now.version === null ? [] : await told(deps, [now.version])
  return new Refusal(409, 'edited-meanwhile', `made of version ${from}, ${now.number} is in force`, {
    number: now.number,
    version,
    changes: old === null ? [] : changesOf(decodeVersion(old).document, now.document, groups),
  })
}
