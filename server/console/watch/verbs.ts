// Watching: what happens now, as a stream and once; charts over hours to months; a person's taps.
import * as z from 'zod'
import { Refusal } from '../../errors/failure.ts'
import { isStorableInstant } from '../../platform/storable.ts'
import type { ConsoleDeps } from '../deps.ts'
import { pageOf, readPlace } from '../keyset.ts'
import { verb } from '../verb.ts'
import { linesOf, METRICS, MOMENTS_AT_MOST, WIDTH_MS, WIDTHS } from './history.ts'
import { LiveWatch, liveStream } from './live.ts'
import { EVENT_METERS, snapshotAnswer, takeSnapshot, tapAnswer, tapShown } from './snapshot.ts'

/** The watch that the pages of one process share. */
const shared = new WeakMap<ConsoleDeps['watch'], LiveWatch>()

function liveWatch(deps: ConsoleDeps): LiveWatch {
  const take = async () => JSON.stringify(snapshotAnswer.parse(await takeSnapshot(deps)))
  if (!deps.watch.requestsShare) return new LiveWatch({ take })
  const known = shared.get(deps.watch) ?? new LiveWatch({ take })
  shared.set(deps.watch, known)
  return known
}

export const watchVerbs = [
  verb({
    id: 'watch.live',
    permission: 'watch.read',
    weight: 'read',
    summary:
      'What happens now, as server-sent events: a `snapshot` (as of `watch.now`) every two seconds, and `end` when it is over.',
    input: z.strictObject({}),
    answer: null,
    run: async (deps, _input, { by, signal, stillAllowed }) =>
      liveStream(liveWatch(deps), { personId: by.personId, mayStay: stillAllowed ?? (async () => false) }, signal),
  }),
  verb({
    id: 'watch.now',
    permission: 'watch.read',
    weight: 'read',
    summary:
      'What happens now, once: events by minute, who is near a threshold, what is held, what was decided, alerts, gateways.',
    input: z.strictObject({}),
    answer: snapshotAnswer,
    run: (deps) => takeSnapshot(deps),
  }),
  verb({
    id: 'watch.history',
    permission: 'watch.read',
    weight: 'read',
    summary:
      'What all gateways released and withheld, by minute, hour or day, a line for each decision or meter. It names nobody.',
    input: z.strictObject({
      from: z.iso.datetime().refine(isStorableInstant, 'not in the years 1 to 9999'),
      to: z.iso.datetime().refine(isStorableInstant, 'not in the years 1 to 9999'),
      width: z.enum(WIDTHS).default('hour'),
      metric: z.enum(METRICS).default('units'),
      by: z.enum(['decision', 'meter']).default('decision'),
      /** Of this meter only. Absent: of those whose unit is an event. */
      meter: z.string().min(1).max(40).optional(),
    }),
    answer: z.object({
      width: z.enum(WIDTHS),
      at: z.array(z.string()),
      series: z.array(z.object({ name: z.string(), values: z.array(z.number()), sum: z.number() })),
    }),
    run: async ({ watch }, { width, metric, by, meter, ...range }) => {
      const [from, to] = [new Date(range.from), new Date(range.to)]
      const spanMs = to.getTime() - from.getTime()
      if (spanMs <= 0) throw new Refusal(400, 'bad-request', 'to: before from')
      if (spanMs / WIDTH_MS[width] > MOMENTS_AT_MOST)
        throw new Refusal(400, 'bad-request', 'from: too long for that width')
      const totals = await watch.totals({ from, to, width })
      const isCounted = (name: string) =>
        meter === undefined ? by === 'meter' || EVENT_METERS.has(name) : name === meter
      const lines = linesOf(totals, { from, to, width, metric }, (total) => (isCounted(total.meter) ? total[by] : null))
      return {
        width,
        at: lines.at.map((at) => at.toISOString()),
        series: lines.series.map(({ name, values, sum }) => ({ name, values: [...values], sum })),
      }
    },
  }),
  verb({
    id: 'taps.list',
    permission: 'watch.read',
    weight: 'read',
    summary:
      'A person’s approvals, newest first: what was asked, from where, and what they decided. Rooms are counted, not named.',
    input: z.strictObject({
      person: z.string().min(1).max(100),
      after: z.string().max(200).optional(),
      limit: z.coerce.number().int().min(1).max(200).default(50),
    }),
    answer: z.object({ items: z.array(tapAnswer), next: z.string().nullable() }),
    run: async ({ watch }, { person, after, limit }) => {
      const found = await watch.taps(person, readPlace(after), limit + 1)
      const { items, next } = pageOf(found, limit, ({ askedAt, id }) => ({ at: askedAt, id }))
      return { items: items.map(tapShown), next }
    },
  }),
] as const
