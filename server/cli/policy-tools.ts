// What the policy commands share: the store, groups by name, a policy file read with its mistakes told.
import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { auditStore } from '../../db/stores/audit.ts'
import { policyStore } from '../../db/stores/policy.ts'
import { auditLog } from '../audit/log.ts'
import type { Difference } from '../policy/diff.ts'
import type { PolicyDocument } from '../policy/document.ts'
import type { PolicyStore } from '../policy/port.ts'
import { type PolicyAt, policyNow } from '../policy/versions.ts'
import { describePolicyMistakes, type GroupNames, type PolicyFile, readPolicyYaml } from '../policy/yaml.ts'
import { askedWrongly, type CliContext, CliFailure, whyUnreadable } from './context.ts'
import { groupsOf } from './group.ts'

export interface PolicyTools {
  readonly store: PolicyStore
  readonly groups: GroupNames
  /** What is in force. */
  readonly now: PolicyAt
}

export async function policyTools(context: CliContext): Promise<PolicyTools> {
  const store = policyStore(context.db, auditLog({ store: auditStore(context.db), clock: context.clock }))
  const known = await groupsOf(context).list()
  const groups: GroupNames = {
    idOf: (name) => known.find(({ id, displayName }) => id === name || displayName === name)?.id ?? null,
    nameOf: (id) => known.find((group) => group.id === id)?.displayName ?? id,
  }
  return { store, groups, now: await policyNow(store) }
}

/** A policy file (`-`: standard input). Throws `CliFailure` with every mistake at its line and column. */
export async function readPolicyFile(file: string, { groups, now }: Pick<PolicyTools, 'groups' | 'now'>) {
  let written: string
  try {
    written = file === '-' ? await text(process.stdin) : await readFile(file, 'utf8')
  } catch (error) {
    throw new CliFailure(`${file}: ${whyUnreadable(error)}`, 2)
  }
  const name = file === '-' ? 'standard input' : file
  const read = readPolicyYaml(written, groups)
  if (!read.ok) {
    const { length } = read.mistakes
    const many = length === 1 ? 'one mistake' : `${length} mistakes`
    throw new CliFailure(`${name} has ${many}\n${describePolicyMistakes(name, read.mistakes)}`, 2)
  }
  return { ...read, document: keepingEmergency(read, now, name) }
}

// The emergency level has a switch of its own: a file made before it was thrown must not end it.
function keepingEmergency(read: PolicyFile & { ok: true }, now: PolicyAt, name: string): PolicyDocument {
  const { emergency } = now.document
  if (read.sections.has('emergency') && JSON.stringify(read.document.emergency) !== JSON.stringify(emergency)) {
    throw new CliFailure(
      `${name} changes \`emergency\`. That is switched with \`palier policy emergency on|off\`: take it out.`,
      2,
    )
  }
  return { ...read.document, emergency }
}

/** A change on one line: `~ windows.archive[0].limit: 1000 → 2000 (lets more be read)`. Groups by name. */
export function changeLine({ path, before, after, loosens }: Difference, groups: GroupNames): string {
  const named = (value: string) => value.replaceAll(/grp_[A-Za-z0-9_-]+/g, (id) => groups.nameOf(id))
  const mark = before === null ? '+' : after === null ? '-' : '~'
  const what =
    before === null ? named(after ?? '') : after === null ? named(before) : `${named(before)} → ${named(after)}`
  return `${mark} ${path}: ${what}${loosens ? ' (lets more be read)' : ''}`
}

/** Why something is done: kept in the audit log. Throws `CliFailure` when it says nothing. */
export function reasonFrom(words: string): string {
  const reason = words.trim()
  if (reason.length < 3 || reason.length > 300 || /\p{C}/u.test(reason))
    throw askedWrongly('--reason', words, '3 to 300 characters on one line: it is kept in the audit log')
  return reason
}

/** A whole number given on the command line; throws `CliFailure` with what it wants. */
export function wholeNumber(name: string, text: string, least: number, most: number): number {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
  if (!(value >= least && value <= most)) throw askedWrongly(name, text, `a whole number from ${least} to ${most}`)
  return value
}
