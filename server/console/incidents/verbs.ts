// Incidents and their reports: what was within reach, what was read, what was withheld, and who approved.
import * as z from 'zod'
import { Refusal } from '../../errors/failure.ts'
import { isStorableInstant } from '../../platform/storable.ts'
import { actorOf } from '../actor.ts'
import type { ConsoleDeps } from '../deps.ts'
import { pageOf, readPlace } from '../keyset.ts'
import { periodOf } from '../reading/verbs.ts'
import { type Call, verb } from '../verb.ts'
import type { Report, ReportAsk } from './port.ts'
import { incidentAnswer, incidentShown, reportAnswer, reportShown } from './shown.ts'

const id = z.string().min(1).max(100)
const instant = z.iso.datetime({ offset: true }).refine(isStorableInstant, 'not in the years 1 to 9999')
const DAY_MS = 86_400_000
/** The longest time that one report is of: everybody's, a person's. */
const EVERYBODY_MS = 31 * DAY_MS
const PERSON_MS = 400 * DAY_MS

export const incidentVerbs = [
  verb({
    id: 'incidents.list',
    permission: 'watch.read',
    weight: 'read',
    summary: 'Devices that were ended for a reason, newest first, with what each consumed.',
    input: z.strictObject({
      person: id.optional(),
      reason: z.string().min(1).max(60).optional(),
      after: z.string().max(200).optional(),
      limit: z.coerce.number().int().min(1).max(200).default(50),
    }),
    answer: z.object({ items: z.array(incidentAnswer), next: z.string().nullable() }),
    run: async ({ incidents }, { person, reason, after, limit }) => {
      const found = await incidents.list({ personId: person, reason, after: readPlace(after), limit: limit + 1 })
      const { items, next } = pageOf(found, limit, (incident) => incident)
      return { items: items.map(incidentShown), next }
    },
  }),
  verb({
    id: 'incidents.report',
    permission: 'watch.read',
    weight: 'read',
    summary:
      'The report of one incident, of a person within a time, or of a time (31 days at most): within reach, read, withheld, approved. That somebody looked at a person is audited.',
    input: z.strictObject({
      incident: id.optional(),
      person: id.optional(),
      from: instant.optional(),
      to: instant.optional(),
    }),
    answer: reportAnswer,
    run: async (deps, input, call) => {
      const report = await deps.incidents.report(askOf(input))
      if (report === null)
        throw input.incident === undefined ? new Refusal(404, 'person-unknown') : new Refusal(404, 'unknown-incident')
      return reportShown(report, {
        madeAt: call.now,
        reach: await reachOf(deps, report, call),
        keptDays: deps.config.readingsDays,
      })
    },
  }),
] as const

interface Asked {
  readonly incident?: string | undefined
  readonly person?: string | undefined
  readonly from?: string | undefined
  readonly to?: string | undefined
}

function askOf({ incident, person, from, to }: Asked): ReportAsk {
  if (incident !== undefined) {
    if (person !== undefined || from !== undefined || to !== undefined)
      throw new Refusal(400, 'bad-request', 'an incident has its own person and time')
    return { incident }
  }
  if (from === undefined || to === undefined) throw new Refusal(400, 'bad-request', 'from and to are needed')
  return { personId: person ?? null, ...periodOf(from, to, person === undefined ? EVERYBODY_MS : PERSON_MS) }
}

async function reachOf({ incidents, privacy }: ConsoleDeps, { person, to }: Report, { by, now }: Call) {
  if (person === null) return []
  await privacy.looked({ actor: actorOf(by), personId: by.personId }, person.id, now)
  return incidents.reach(person.id, to)
}
