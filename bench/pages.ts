// A homeserver for metered answers: pages of old messages that nobody was given before, so that each is charged; the same pages
// passed through; an incremental /sync with one live message, or one that waits; an answer of 200 MB. Usage: node pages.ts; prints its port.
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'

const DIGITS = 12
const event = (n: number) => ({
  type: 'm.room.message',
  sender: `@person${n}:bench.example`,
  room_id: '!room:bench.example',
  event_id: `$${'0'.repeat(DIGITS)}${'e'.repeat(31)}`,
  origin_server_ts: 1_750_000_000_000 + n,
  content: { msgtype: 'm.text', body: 'x'.repeat(640) },
  unsigned: { age: 1_000_000 + n },
})

interface Body {
  readonly bytes: Buffer
  /** Where the ids' numbers stand. */
  readonly places: readonly number[]
}

function body(value: unknown): Body {
  const bytes = Buffer.from(JSON.stringify(value))
  const places: number[] = []
  for (let at = bytes.indexOf('"$0'); at !== -1; at = bytes.indexOf('"$0', at + 1)) places.push(at + 2)
  return { bytes, places }
}

const page = (events: number) =>
  body({ chunk: Array.from({ length: events }, (_, n) => event(n)), start: 's0', end: `s${events}` })
const [small, large] = [page(100), page(1000)]
const sync = () =>
  body({
    next_batch: `s${'0'.repeat(DIGITS)}`,
    device_one_time_keys_count: { signed_curve25519: 50 },
    device_unused_fallback_key_types: ['signed_curve25519'],
    rooms: {
      join: {
        '!room:bench.example': {
          timeline: {
            events: [
              { ...event(0), origin_server_ts: Date.now(), content: { msgtype: 'm.text', body: 'x'.repeat(300) } },
            ],
            prev_batch: 's1',
            limited: false,
          },
          state: { events: [] },
          account_data: { events: [] },
          ephemeral: { events: [] },
          unread_notifications: { notification_count: 1, highlight_count: 0 },
          unread_thread_notifications: {},
          summary: {},
        },
      },
    },
  })
let synced = sync()
setInterval(() => {
  synced = sync()
}, 1_000)
let given = 0

function answerTo(url: string): { readonly of: Body; readonly isNew: boolean } {
  if (url.includes('/messages')) return { of: url.includes('limit=1000') ? large : small, isNew: true }
  if (url.includes('sync')) return { of: synced, isNew: true }
  return { of: url.endsWith('page1000') ? large : small, isNew: false }
}

/** One answer of 200 MB: a thousand events of 200 kB each. */
const HUGE_EVENTS = 1_000
const huge = Buffer.from(JSON.stringify({ ...event(0), content: { body: 'x'.repeat(200_000) } }))

async function sendHuge(res: ServerResponse): Promise<void> {
  const [before, after] = ['{"chunk":[', ']}']
  const length = before.length + HUGE_EVENTS * (huge.length + 1) - 1 + after.length
  res.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': length })
  res.write(before)
  for (let n = 0; n < HUGE_EVENTS && !res.destroyed; n++) {
    if (!res.write(n === 0 ? huge : Buffer.concat([COMMA, huge]))) await once(res, 'drain').catch(() => undefined)
  }
  res.end(after)
}
const COMMA = Buffer.from(',')

const server = createServer({ keepAliveTimeout: 60_000 }, (req, res) => {
  // A long poll is never answered.
  if (req.url?.includes('timeout=')) return
  if (req.url?.includes('limit=500')) return void sendHuge(res)
  const { of, isNew } = answerTo(req.url ?? '')
  const bytes = Buffer.from(of.bytes)
  if (isNew) for (const at of of.places) bytes.write(String(given++).padStart(DIGITS, '0'), at, 'latin1')
  const fields = [
    'Content-Type',
    'application/json',
    'Cache-Control',
    'no-cache',
    'Content-Length',
    String(bytes.length),
  ]
  res.writeHead(200, fields)
  res.end(bytes)
})
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as { port: number }).port}\n`))
process.on('SIGTERM', () => process.exit(0))
