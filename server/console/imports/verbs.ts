// Importing people from a CSV file: a dry run that writes nothing but its plan, then the plan, in the background.
import * as z from 'zod'
import { Refusal } from '../../errors/failure.ts'
import { type CsvFault, type CsvFile, ENCODINGS, IMPORT_BYTES_MAX, readCsv } from '../../people/csv-file.ts'
import { newGroups, planFile, wantedOf } from '../../people/import-plan.ts'
import { type PeopleImport, PLAN_HOURS } from '../../people/imports.ts'
import { fromBase64Url } from '../../platform/encoding.ts'
import { newToken } from '../../platform/tokens.ts'
import { actorOf } from '../actor.ts'
import type { ConsoleDeps } from '../deps.ts'
import { givesRoles } from '../people/rules.ts'
import { verb } from '../verb.ts'
import {
  countsShown,
  importShown,
  LINE_STATES,
  lineShown,
  OUTCOMES,
  shownCounts,
  shownImport,
  shownLine,
} from './shown.ts'

const id = z.string().max(64)
/** Base64url takes four signs for three bytes. */
const CONTENT_MAX = Math.ceil((IMPORT_BYTES_MAX * 4) / 3)
const HOUR_MS = 3_600_000

export const importVerbs = [
  verb({
    id: 'imports.preview',
    permission: 'people.write',
    weight: 'change',
    summary: 'Reads a CSV file of people and plans, line by line, what it would do. Changes nobody.',
    input: z.strictObject({
      file_name: z.string().max(200).default(''),
      /** The file's bytes, base64url. */
      content: z.string().max(CONTENT_MAX),
      /** What the file says it is, where that is not certain. */
      encoding: z.enum(ENCODINGS).optional(),
      /** Whether groups that are not there are made; otherwise a line that names one is refused. */
      make_groups: z.boolean().default(false),
    }),
    answer: z.object({ ...importShown.shape, ...countsShown.shape }),
    maxBodyBytes: CONTENT_MAX + 4096,
    run: async (deps, input, { by, now }) => {
      const bytes = fromBase64Url(input.content)
      if (bytes === null) throw new Refusal(400, 'bad-request', 'content: not base64url')
      const file = readCsv(bytes, input.encoding)
      if ('reason' in file) throw refusalOf(file)
      const rules = { mayWriteRoles: givesRoles(by), makesGroups: input.make_groups }
      const known = await deps.people.imports.known(namesIn(file), now)
      const plan = planFile(file.lines, known, rules)
      const planned: PeopleImport = {
        id: newToken('peopleImport', deps.random),
        state: 'planned',
        createdBy: actorOf(by),
        createdAt: now,
        fileName: printable(input.file_name),
        encoding: file.encoding,
        delimiter: file.delimiter,
        lines: plan.length,
        ignoredColumns: file.ignoredColumns.map(printable),
        newGroups: newGroups(plan, known),
        mayWriteRoles: rules.mayWriteRoles,
        appliedBy: null,
        appliedAt: null,
        finishedAt: null,
      }
      await deps.people.imports.plan(planned, plan)
      return { ...shownImport(planned), ...shownCounts(await deps.people.imports.counts(planned.id)) }
    },
  }),
  verb({
    id: 'imports.apply',
    permission: 'people.write',
    weight: 'change',
    summary: 'Does what was planned, in the background. A line about somebody who changed meanwhile is passed over.',
    input: z.strictObject({ id }),
    answer: importShown,
    run: async (deps, input, { by, now }) => {
      const planned = await existing(deps, input.id)
      // What somebody planned who may give roles is not done by one who may not.
      if (planned.mayWriteRoles && !givesRoles(by)) throw new Refusal(403, 'import-by-owner')
      const { outcomes } = await deps.people.imports.counts(planned.id)
      const detail = { file: planned.fileName, lines: planned.lines, ...outcomes }
      const event = { action: 'people.import-begun', actor: actorOf(by), subject: planned.id, detail }
      const notBefore = new Date(now.getTime() - PLAN_HOURS * HOUR_MS)
      const begun = await deps.people.imports.begin(planned.id, actorOf(by), now, notBefore, event)
      const after = await existing(deps, planned.id)
      if (!begun && after.state === 'planned') throw new Refusal(410, 'import-too-old')
      if (!begun) throw new Refusal(409, 'import-begun')
      return shownImport(after)
    },
  }),
  verb({
    id: 'imports.show',
    permission: 'people.write',
    weight: 'read',
    summary: 'Shows an import and how far it is: what is planned, done, and passed over.',
    input: z.strictObject({ id }),
    answer: z.object({ ...importShown.shape, ...countsShown.shape }),
    run: async (deps, input) => {
      const found = await existing(deps, input.id)
      return { ...shownImport(found), ...shownCounts(await deps.people.imports.counts(found.id)) }
    },
  }),
  verb({
    id: 'imports.lines',
    permission: 'people.write',
    weight: 'read',
    summary: 'Lists the lines of an import: what each would do or did, and why not.',
    input: z.strictObject({
      id,
      outcome: z.enum(OUTCOMES).optional(),
      state: z.enum(LINE_STATES).optional(),
      after: z.coerce.number().int().min(0).default(0),
      limit: z.coerce.number().int().min(1).max(200).default(50),
    }),
    answer: z.object({ items: z.array(lineShown), next: z.string().nullable() }),
    run: async (deps, { id, limit, ...ask }) => {
      const found = await deps.people.imports.lines((await existing(deps, id)).id, { ...ask, limit: limit + 1 })
      const items = found.slice(0, limit).map(shownLine)
      return { items, next: found.length > limit ? String(items.at(-1)?.line) : null }
    },
  }),
  verb({
    id: 'imports.list',
    permission: 'people.write',
    weight: 'read',
    summary: 'Lists the imports of the last month, the newest first.',
    input: z.strictObject({ limit: z.coerce.number().int().min(1).max(200).default(50) }),
    answer: z.object({ items: z.array(importShown) }),
    run: async (deps, { limit }) => ({ items: (await deps.people.imports.list(limit)).map(shownImport) }),
  }),
] as const

async function existing(deps: ConsoleDeps, id: string): Promise<PeopleImport> {
  const found = await deps.people.imports.find(id)
  if (found === null) throw new Refusal(404, 'import-unknown')
  return found
}

/** What has to be looked up to judge a file's lines. */
function namesIn(file: CsvFile) {
  const wanted = file.lines.map(wantedOf).filter((read) => 'wanted' in read)
  return {
    usernames: wanted.map(({ username }) => username),
    emails: wanted.flatMap(({ wanted: { email } }) => email ?? []),
    groups: [...new Set(wanted.flatMap(({ wanted: { groups } }) => groups))],
  }
}

/** 422 with what to do about it. */
function refusalOf(fault: CsvFault): Refusal {
  const { reason, ...shown } = fault
  return new Refusal(422, reason, JSON.stringify(shown), shown)
}

/** Text of the file's own as it may be kept and shown: one short line. */
function printable(text: string): string {
  return [...text.normalize('NFC').replaceAll(/\p{C}/gu, ' ').trim()].slice(0, 100).join('')
}
