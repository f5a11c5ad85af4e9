// A receiver of webhooks: an HTTP server that keeps what it got and answers as the test likes.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Received {
  readonly path: string
  readonly host: string
  readonly id: string
  readonly timestamp: string
  readonly signature: string
  readonly body: string
}

export type Receiver = Awaited<ReturnType<typeof webhookReceiver>>
export type Answer = (response: ServerResponse, request: IncomingMessage) => void

const taken: Answer = (response) => response.writeHead(204).end()

/** Listens on this machine. `answer` may be replaced at any time. */
export async function webhookReceiver(answer: Answer = taken) {
  const received: Received[] = []
  const rig = { answer }
  let connections = 0
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString('utf8')
    })
    request.on('end', () => {
      const one = (name: string) => String(request.headers[name] ?? '')
      received.push({
        path: request.url ?? '',
        host: one('host'),
        id: one('webhook-id'),
        timestamp: one('webhook-timestamp'),
        signature: one('webhook-signature'),
        body,
      })
      rig.answer(response, request)
    })
  })
  server.on('connection', () => {
    connections += 1
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  const { port } = server.address() as AddressInfo
  return {
    port,
    url: `http://127.0.0.1:${port}/in`,
    received,
    rig,
    connections: () => connections,
    stop: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Whether a signature is what Standard Webhooks asks for, computed with WebCrypto from the documented secret. */
export async function verifies(secret: string, { id, timestamp, signature, body }: Received): Promise<boolean> {
  const bytes = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  const key = await crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  const mac = await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(`${id}.${timestamp}.${body}`))
  return signature.split(' ').includes(`v1,${Buffer.from(mac).toString('base64')}`)
}
