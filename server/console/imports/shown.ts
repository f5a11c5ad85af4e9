// How imports are shown by the API.
import * as z from 'zod'
import type { ImportCounts, ImportLine, PeopleImport } from '../../people/imports.ts'

export const OUTCOMES = ['create', 'update', 'unchanged', 'refused'] as const
export const LINE_STATES = ['nothing', 'pending', 'applied', 'passed-over'] as const

export const importShown = z.object({
  id: z.string(),
  state: z.enum(['planned', 'applying', 'done']),
  file_name: z.string(),
  encoding: z.string(),
  delimiter: z.string(),
  lines: z.number(),
  ignored_columns: z.array(z.string()),
  new_groups: z.array(z.string()),
  created_at: z.string(),
  applied_at: z.string().nullable(),
  finished_at: z.string().nullable(),
})

export const countsShown = z.object({
  /** How many lines are planned to do what. */
  outcomes: z.object({ create: z.number(), update: z.number(), unchanged: z.number(), refused: z.number() }),
  /** How many of those that do something wait, were done, or were passed over because somebody changed meanwhile. */
  states: z.object({ pending: z.number(), applied: z.number(), passed_over: z.number() }),
})

export const lineShown = z.object({
  line: z.number(),
  username: z.string(),
  outcome: z.enum(OUTCOMES),
  state: z.enum(LINE_STATES),
  reason: z.string().nullable(),
  display_name: z.string().nullable(),
  email: z.string().nullable(),
  role: z.string().nullable(),
  groups: z.array(z.string()),
  changes: z.array(z.object({ field: z.string(), from: z.string().nullable(), to: z.string() })),
  person: z.string().nullable(),
})

export function shownImport(one: PeopleImport): z.input<typeof importShown> {
  return {
    id: one.id,
    state: one.state,
    file_name: one.fileName,
    encoding: one.encoding,
    delimiter: one.delimiter,
    lines: one.lines,
    ignored_columns: [...one.ignoredColumns],
    new_groups: [...one.newGroups],
    created_at: one.createdAt.toISOString(),
    applied_at: one.appliedAt?.toISOString() ?? null,
    finished_at: one.finishedAt?.toISOString() ?? null,
  }
}

export function shownCounts({ outcomes, states }: ImportCounts): z.input<typeof countsShown> {
  const { pending, applied, 'passed-over': passed_over } = states
  return { outcomes: { ...outcomes }, states: { pending, applied, passed_over } }
}

export function shownLine(line: ImportLine): z.input<typeof lineShown> {
  return {
    line: line.line,
    username: line.username,
    outcome: line.outcome,
    state: line.state,
    reason: line.reason,
    display_name: line.wanted.displayName,
    email: line.wanted.email,
    role: line.wanted.role,
    groups: [...line.wanted.groups],
    changes: line.changes.map((change) => ({ ...change })),
    person: line.personId,
  }
}
