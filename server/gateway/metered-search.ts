// POST search: what it asks for is in its body, and is clamped there so that results and what stands around them fit what was
// granted.
import * as z from 'zod'
import type { MatrixError } from '../errors/matrix.ts'
import { readBody } from './metered-body.ts'
import type { Plan } from './metered-plan.ts'
import type { MeteredRequest } from './metered-port.ts'

/** The homeserver's defaults, and the most that is asked of it: it has no maximum of its own. */
const RESULTS = { byDefault: 10, max: 500 }
const AROUND = { byDefault: 5, max: 100 }

const count = z.int().min(0)
const searchSchema = z.object({
  search_categories: z.object({
    room_events: z
      .looseObject({
        filter: z.looseObject({ limit: count.optional() }).optional(),
        event_context: z.looseObject({ before_limit: count.optional(), after_limit: count.optional() }).optional(),
      })
      .optional(),
  }),
})

/** The plan of a search. Other categories than events are not forwarded. */
export function searchPlan({ route, body }: Pick<MeteredRequest, 'route' | 'body'>): Plan | MatrixError {
  const read = readBody(body, searchSchema)
  if ('error' in read) return read.error
  const { room_events: asked } = read.value.search_categories
  const limit = atLeastOne(Math.min(asked?.filter?.limit ?? RESULTS.byDefault, RESULTS.max))
  const context = asked?.event_context
  const around = (side: number | undefined) => (context ? Math.min(side ?? AROUND.byDefault, AROUND.max) : 0)
  const wanted: Bounds = { limit, before: around(context?.before_limit), after: around(context?.after_limit) }
  return {
    shape: 'search',
    room: '*',
    direction: 'search',
    events: wanted.limit * (1 + wanted.before + wanted.after),
    request: (granted) => {
      const fitting = fitted(wanted, granted)
      const categories = asked
        ? {
            room_events: {
              ...asked,
              filter: { ...asked.filter, limit: fitting.limit },
              ...(context
                ? { event_context: { ...context, before_limit: fitting.before, after_limit: fitting.after } }
                : {}),
            },
          }
        : {}
      return { target: route.target, body: JSON.stringify({ search_categories: categories }) }
    },
  }
}

/** How many results, and how many events before and after each. */
export interface Bounds {
  readonly limit: number
  readonly before: number
  readonly after: number
}

/** Bounds that carry at most `granted` events: first fewer results, then less around the last one. */
export function fitted({ limit, before, after }: Bounds, granted: number): Bounds {
  const each = 1 + before + after
  if (granted >= each) return { limit: Math.min(limit, Math.floor(granted / each)), before, after }
  const rest = Math.max(0, granted - 1)
  const kept = Math.min(before, Math.ceil(rest / 2), rest)
  return { limit: 1, before: kept, after: Math.min(after, rest - kept) }
}

const atLeastOne = (value: number): number => Math.max(1, value)
