// Keys sent by post: who awaits which.
import { parse } from 'csv-parse/sync'
import * as z from 'zod'
import { Refusal } from '../../errors/failure.ts'
import { type NewExpectation, plainSerial } from '../../people/expected.ts'
import { newToken } from '../../platform/tokens.ts'
import { actorOf } from '../actor.ts'
import type { ConsoleDeps } from '../deps.ts'
import { mayChange } from '../people/rules.ts'
import { type Call, verb } from '../verb.ts'
import { availablePerson, personId } from './links.ts'

const AAGUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const FINGERPRINT = /^[0-9a-f]{64}$/
const LINES_AT_MOST = 5_000

const lineFault = z.object({
  line: z.number(),
  reason: z.enum(['columns', 'unknown-person', 'bad-serial', 'duplicate']),
  text: z.string(),
})

export const expectedVerbs = [
  verb({
    id: 'expected.add',
    permission: 'keys.enrol',
    weight: 'change',
    summary:
      'Awaits a key of a person: by its serial number, or by its model and the fingerprint of its batch’s attestation certificate. Until it came, a link of that person takes no other key.',
    input: z.strictObject({
      person: personId,
      serial: z.string().min(1).max(100).optional(),
      aaguid: z.string().max(36).optional(),
      batch: z.string().max(200).optional(),
    }),
    answer: z.object({ added: z.number() }),
    run: async (deps, input, { by, now }) => {
      const person = await availablePerson(deps, input.person, by)
      const added = await deps.enrolment.expected.expect(
        [
          {
            ...whichKey(input),
            id: newToken('expectedKey', deps.random),
            personId: person.id,
            createdBy: actorOf(by),
            createdAt: now,
          },
        ],
        () => ({ action: 'key.expected', actor: actorOf(by), subject: person.id, detail: { ...whichKey(input) } }),
      )
      return { added }
    },
  }),
  verb({
    id: 'expected.import',
    permission: 'keys.enrol',
    weight: 'change',
    summary:
      'Awaits many keys at once, from lines of `username;serial`. With `dry_run` nothing is changed. With a fault in any line nothing is changed either.',
    input: z.strictObject({ csv: z.string().max(400_000), dry_run: z.boolean().default(false) }),
    answer: z.object({ lines: z.number(), added: z.number(), faults: z.array(lineFault) }),
    maxBodyBytes: 512 * 1024,
    run: async (deps, { csv, dry_run: isDryRun }, call) => {
      const { wanted, faults } = await readLines(deps, csv, call)
      const { by } = call
      const administrator = await deps.enrolment.administratorAmong(wanted.map(({ personId: whose }) => whose))
      if (administrator !== null) mayChange(by, administrator)
      const added =
        isDryRun || faults.length > 0
          ? 0
          : await deps.enrolment.expected.expect(wanted, (fresh) => ({
              action: 'key.expected',
              actor: actorOf(by),
              subject: 'many',
              detail: { keys: fresh.map(({ personId: person, serial }) => ({ person, serial })) },
            }))
      return { lines: wanted.length + faults.length, added, faults: faults.slice(0, 200) }
    },
  }),
  verb({
    id: 'expected.list',
    permission: 'keys.read',
    weight: 'read',
    summary: 'Lists the keys that are awaited of a person, and those that came.',
    input: z.strictObject({ person: personId }),
    answer: z.object({
      items: z.array(
        z.object({
          id: z.string(),
          serial: z.string().nullable(),
          aaguid: z.string().nullable(),
          batch: z.string().nullable(),
          created_at: z.string(),
          matched_at: z.string().nullable(),
          key: z.string().nullable(),
        }),
      ),
    }),
    run: async (deps, { person }) => ({
      items: (await deps.enrolment.expected.ofPerson(person)).map((one) => ({
        id: one.id,
        serial: one.serial,
        aaguid: one.aaguid,
        batch: one.batch,
        created_at: one.createdAt.toISOString(),
        matched_at: one.matchedAt?.toISOString() ?? null,
        key: one.matchedCredentialId,
      })),
    }),
  }),
  verb({
    id: 'expected.withdraw',
    permission: 'keys.enrol',
    weight: 'change',
    summary: 'Awaits a key no more.',
    input: z.strictObject({ id: z.string().min(1).max(100) }),
    answer: z.object({}),
    run: async (deps, { id }, { by, now }) => {
      // With it goes what keeps another key than the one sent from being enrolled.
      const whose = await deps.enrolment.expected.personOf(id)
      const administrator = whose === null ? null : await deps.enrolment.administratorAmong([whose])
      if (administrator !== null) mayChange(by, administrator)
      const gone = await deps.enrolment.expected.withdraw(id, now, (subject) => ({
        action: 'key.unexpected',
        actor: actorOf(by),
        subject,
        detail: { expected: id },
      }))
      if (!gone) throw new Refusal(404, 'not-awaited')
      return {}
    },
  }),
] as const

interface Told {
  readonly serial?: string | undefined
  readonly aaguid?: string | undefined
  readonly batch?: string | undefined
}

/** Throws `Refusal` 422 `bad-serial`, `bad-model`, `bad-batch`, or `which-key` unless it is told in exactly one way. */
function whichKey({ serial, aaguid, batch }: Told): Pick<NewExpectation, 'serial' | 'aaguid' | 'batch'> {
  if ((serial === undefined) === (aaguid === undefined) || (serial !== undefined && batch !== undefined))
    throw new Refusal(422, 'which-key')
  if (serial !== undefined) {
    const plain = plainSerial(serial)
    if (plain === null) throw new Refusal(422, 'bad-serial')
    return { serial: plain, aaguid: null, batch: null }
  }
  const model = aaguid?.trim().toLowerCase() ?? ''
  if (!AAGUID.test(model)) throw new Refusal(422, 'bad-model')
  const fingerprint = batch?.replaceAll(/[\s:]/g, '').toLowerCase() ?? null
  if (fingerprint !== null && !FINGERPRINT.test(fingerprint)) throw new Refusal(422, 'bad-batch')
  return { serial: null, aaguid: model, batch: fingerprint }
}

/** What each line awaits, or what is wrong with it. Throws `Refusal` 422 `bad-csv`, `too-many-lines`. */
async function readLines(deps: ConsoleDeps, csv: string, { by, now }: Pick<Call, 'by' | 'now'>) {
  const rows = rowsOf(csv)
  if (rows.length > LINES_AT_MOST) throw new Refusal(422, 'too-many-lines')
  const names = rows.map(({ record }) => (record[0] ?? '').trim().toLowerCase())
  const ids = await deps.enrolment.idsOf([...new Set(names)])
  const wanted: NewExpectation[] = []
  const faults: z.infer<typeof lineFault>[] = []
  const seen = new Set<string>()
  for (const [index, { record, line }] of rows.entries()) {
    const fault = (reason: z.infer<typeof lineFault>['reason']) =>
      faults.push({ line, reason, text: record.join(';').slice(0, 100) })
    const serial = plainSerial(record[1] ?? '')
    const id = ids.get(names[index] ?? '')
    if (record.length !== 2) fault('columns')
    else if (id === undefined) fault('unknown-person')
    else if (serial === null) fault('bad-serial')
    else if (seen.has(serial)) fault('duplicate')
    else {
      seen.add(serial)
      const key = { id: newToken('expectedKey', deps.random), personId: id, serial, aaguid: null, batch: null }
      wanted.push({ ...key, createdBy: actorOf(by), createdAt: now })
    }
  }
  return { wanted, faults }
}

function rowsOf(csv: string): readonly { readonly record: readonly string[]; readonly line: number }[] {
  try {
    const options = {
      bom: true,
      delimiter: [';', ',', '\t'],
      relax_column_count: true,
      skip_empty_lines: true,
      info: true,
    }
    const rows = parse(csv, options) as unknown as { record: string[]; info: { lines: number } }[]
    const read = rows.map(({ record, info }) => ({ record, line: info.lines }))
    // A line that names the columns is none.
    const [first] = read
    const isHead = /^(?:username|user|identifiant|utilisateur)$/i.test(first?.record[0]?.trim() ?? '')
    return isHead ? read.slice(1) : read
  } catch {
    throw new Refusal(422, 'bad-csv')
  }
}
