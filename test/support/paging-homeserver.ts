// A homeserver that answers every /sync, classic or sliding, with what a test gives it, and pages back through the same rooms.
import { json, type Rig } from './rigged-homeserver.ts'

type Event = Record<string, unknown>

/** Events of an answer's timelines by room, newest in the room's graph first: by their own time, then by arrival. */
function graphsOf(answer: unknown): Map<string, Event[]> {
  const { rooms = {}, pos } = answer as { rooms?: Record<string, Record<string, Event>>; pos?: string }
  const named = pos === undefined ? { ...rooms['join'], ...rooms['leave'] } : rooms
  return new Map(
    Object.entries(named).map(([roomId, room]) => {
      const { timeline } = room as { timeline?: Event[] | { events?: unknown } }
      const listed = Array.isArray(timeline) ? timeline : timeline?.events
      const events = Array.isArray(listed) ? (listed as Event[]) : []
      const time = (event: Event) => event['origin_server_ts'] as number
      return [roomId, [...events].reverse().sort((a, b) => time(b) - time(a))]
    }),
  )
}

/** Tokens: where the answer ends, and `at-<id>`, from which paging backward begins with that event. */
export function paging(answer: unknown, filters: Readonly<Record<string, unknown>> = {}): Rig {
  const graphs = graphsOf(answer)
  return ({ path, query }, res) => {
    const filter = /\/user\/[^/]+\/filter\/([^/]+)$/.exec(path)?.[1]
    if (filter !== undefined)
      return json(res, filters[filter] ? 200 : 404, filters[filter] ?? { errcode: 'M_NOT_FOUND' })
    const roomId = /\/rooms\/([^/]+)\/messages$/.exec(path)?.[1]
    if (roomId === undefined) return json(res, 200, answer)
    const page = pageOf(graphs.get(decodeURIComponent(roomId)) ?? [], query)
    return json(res, 200, page)
  }
}

function pageOf(graph: readonly Event[], query: URLSearchParams): { chunk: readonly Event[]; end?: string } {
  const from = query.get('from') ?? ''
  const begins = graph.findIndex((event) => from === `at-${event['event_id']}`)
  const start = Math.max(begins, 0)
  const chunk = graph.slice(start, start + Number(query.get('limit')))
  const next = graph[start + chunk.length]
  return { chunk, end: next === undefined ? 'at-the-beginning' : `at-${next['event_id']}` }
}
