// Stored reading: totals for charts, and what one person read.
import * as z from 'zod'
import { Refusal } from '../../errors/failure.ts'
import { isStorableInstant } from '../../platform/storable.ts'
import { actorOf } from '../actor.ts'
import { verb } from '../verb.ts'

const DAY_MS = 86_400_000
/** The most that one answer spans. */
const SPANS_MS = { minute: 2 * DAY_MS, hour: 400 * DAY_MS, person: 400 * DAY_MS } as const

const instant = z.iso.datetime({ offset: true }).refine(isStorableInstant, 'not in the years 1 to 9999')

/** From before to; throws `Refusal` 400 `period-invalid` when it is none, or longer than `longestMs`. */
export function periodOf(from: string, to: string, longestMs: number): { readonly from: Date; readonly to: Date } {
  const period = { from: new Date(from), to: new Date(to) }
  const ms = period.to.getTime() - period.from.getTime()
  if (!(ms > 0) || ms > longestMs) throw new Refusal(400, 'period-invalid', `${from} to ${to}`)
  return period
}

export const readingVerbs = [
  verb({
    id: 'reading.totals',
    permission: 'watch.read',
    weight: 'read',
    summary: 'What all gateways released and withheld, by minute or hour, meter and decision. Names nobody.',
    input: z.strictObject({ from: instant, to: instant, width: z.enum(['minute', 'hour']) }),
    answer: z.object({
      items: z.array(
        z.object({
          at: z.string(),
          meter: z.string(),
          decision: z.string(),
          answers: z.number(),
          units: z.number(),
          withheld: z.number(),
        }),
      ),
    }),
    run: async ({ reading }, { from, to, width }) => {
      const totals = await reading.totals({ ...periodOf(from, to, SPANS_MS[width]), width })
      return { items: totals.map((total) => ({ ...total, at: total.at.toISOString() })) }
    },
  }),
  verb({
    id: 'reading.person',
    permission: 'watch.read',
    weight: 'read',
    summary:
      'What one person read within a time, by day or hour, room (pseudonymous) and meter. That somebody looked is audited.',
    input: z.strictObject({
      person: z.string().min(1).max(64),
      from: instant,
      to: instant,
      by: z.enum(['hour', 'day']).default('day'),
    }),
    answer: z.object({
      items: z.array(
        z.object({
          at: z.string(),
          room: z.string().nullable(),
          meter: z.string(),
          answers: z.number(),
          units: z.number(),
          withheld: z.number(),
        }),
      ),
      kept_days: z.number(),
    }),
    run: async ({ reading, privacy, config }, { person, from, to, by }, call) => {
      const period = periodOf(from, to, SPANS_MS.person)
      const read = await reading.person({ personId: person, ...period, by })
      await privacy.looked({ actor: actorOf(call.by), personId: call.by.personId }, person, call.now)
      return { items: read.map((row) => ({ ...row, at: row.at.toISOString() })), kept_days: config.readingsDays }
    },
  }),
] as const
