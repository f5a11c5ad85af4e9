// Opens the embedded database on the data directory given and keeps it until a line, or the end, comes in on stdin.
import { openEmbedded } from '../../../db/embedded/server.ts'

const ignore = (): void => undefined
const log = { debug: ignore, info: ignore, warn: ignore, error: ignore }
try {
  const database = await openEmbedded({ dataDir: process.argv[2] ?? '', log })
  process.stdout.write(`${JSON.stringify({ url: database.url })}\n`)
  process.stdin.once('data', () => void database.stop().then(() => process.exit(0)))
} catch (error) {
  process.stdout.write(`${JSON.stringify({ error: String(error) })}\n`)
  process.exit(1)
}
