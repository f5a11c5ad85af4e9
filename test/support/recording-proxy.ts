// What stands in front of a listener in tests that search every byte clients received: forwards requests unchanged (but asks
// for no compression, so that bytes can be searched) and appends heads and bodies of all answers to a file.
import { appendFileSync, writeFileSync } from 'node:fs'
import { request as ask, createServer, type IncomingMessage, type ServerResponse } from 'node:http'

export interface RecordingProxy {
  stop(): Promise<void>
}

/** Listens on `port` of localhost and forwards to `targetPort`; answers are appended to `file`. */
export async function recordingProxy(port: number, targetPort: number, file: string): Promise<RecordingProxy> {
  writeFileSync(file, '')
  const server = createServer((incoming, outgoing) => forward(incoming, outgoing, targetPort, file))
  server.keepAliveTimeout = 60_000
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, () => resolve())
  })
  return {
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function forward(incoming: IncomingMessage, outgoing: ServerResponse, targetPort: number, file: string): void {
  const onward = ask({
    host: '127.0.0.1',
    port: targetPort,
    method: incoming.method,
    path: incoming.url,
    headers: withoutCompression(incoming.rawHeaders),
  })
  onward.on('response', (answer) => {
    appendFileSync(file, `${answer.statusCode} ${answer.rawHeaders.join('\n')}\n`)
    outgoing.writeHead(answer.statusCode ?? 502, answer.rawHeaders)
    answer.on('data', (bytes: Buffer) => appendFileSync(file, bytes))
    answer.on('error', () => outgoing.destroy())
    answer.pipe(outgoing)
  })
  onward.on('error', () => outgoing.destroy())
  outgoing.on('close', () => onward.destroy())
  incoming.pipe(onward)
}

function withoutCompression(raw: readonly string[]): string[] {
  const kept: string[] = []
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at] as string
    if (name.toLowerCase() !== 'accept-encoding') kept.push(name, raw[at + 1] as string)
  }
  return kept
}
