// A homeserver for metered pages: each answer has 100 old messages that nobody was given before, so that each is charged.
// Usage: node pages.ts; prints its port.
import { createServer } from 'node:http'

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
const page = Buffer.from(
  JSON.stringify({ chunk: Array.from({ length: 100 }, (_, n) => event(n)), start: 's0', end: 's100' }),
)
const places: number[] = []
for (let at = page.indexOf('"$0'); at !== -1; at = page.indexOf('"$0', at + 1)) places.push(at + 2)
let given = 0

const server = createServer({ keepAliveTimeout: 60_000 }, (req, res) => {
  const body = Buffer.from(page)
  if (req.url?.includes('/messages'))
    for (const at of places) body.write(String(given++).padStart(DIGITS, '0'), at, 'latin1')
  res.writeHead(200, [
    'Content-Type',
    'application/json',
    'Cache-Control',
    'no-cache',
    'Content-Length',
    String(body.length),
  ])
  res.end(body)
})
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as { port: number }).port}\n`))
process.on('SIGTERM', () => process.exit(0))
