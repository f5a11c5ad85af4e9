// The raw exchange with the homeserver on control paths: whole answers, no redirects followed, the public address kept.
import { request as undiciRequest } from 'undici'
import { type HomeserverAnswer, type HomeserverExchange, HomeserverUnreachable } from '../port.ts'

/** The largest answer on a control path, bytes. */
const MAX_ANSWER_BYTES = 1024 * 1024
const TIMEOUT_MS = 20_000

/**
 * Exchanges with the homeserver at `homeserverUrl`, in the name of the gateway's public address: Synapse makes its
 * redirects and cookies for the Host and scheme that it is shown.
 */
export function homeserverExchange(config: {
  readonly homeserverUrl: string
  readonly gatewayUrl: string
}): HomeserverExchange {
  const base = config.homeserverUrl.replace(/\/$/, '')
  const gateway = new URL(config.gatewayUrl)
  return async (sent) => {
    const headers: Record<string, string> = {
      host: gateway.host,
      accept: '*/*',
      'x-forwarded-proto': gateway.protocol.slice(0, -1),
      'x-forwarded-host': gateway.host,
    }
    if (sent.origin) headers['x-forwarded-for'] = sent.origin.address
    if (sent.token !== undefined) headers.authorization = `Bearer ${sent.token}`
    if (sent.cookie !== undefined) headers.cookie = sent.cookie
    if (sent.body !== undefined) headers['content-type'] = 'application/json'
    try {
      const answer = await undiciRequest(base + sent.target, {
        method: sent.method,
        headers,
        ...(sent.body === undefined ? {} : { body: JSON.stringify(sent.body) }),
        headersTimeout: TIMEOUT_MS,
        bodyTimeout: TIMEOUT_MS,
        signal: AbortSignal.timeout(TIMEOUT_MS),
      })
      return await wholeAnswer(answer)
    } catch (error) {
      if (error instanceof HomeserverUnreachable) throw error
      // Only the kind of failure: the message of a parser may quote what was received.
      throw new HomeserverUnreachable(codeOf(error))
    }
  }
}

async function wholeAnswer(answer: Awaited<ReturnType<typeof undiciRequest>>): Promise<HomeserverAnswer> {
  const parts: Buffer[] = []
  let length = 0
  for await (const part of answer.body as AsyncIterable<Buffer>) {
    length += part.length
    if (length > MAX_ANSWER_BYTES) {
      answer.body.destroy()
      throw new HomeserverUnreachable('answer-too-large')
    }
    parts.push(part)
  }
  const one = (name: string): string | null => {
    const value = answer.headers[name]
    return (Array.isArray(value) ? value[0] : value) ?? null
  }
  const setCookie = answer.headers['set-cookie']
  return {
    status: answer.statusCode,
    location: one('location'),
    setCookies: setCookie === undefined ? [] : Array.isArray(setCookie) ? setCookie : [setCookie],
    contentType: one('content-type') ?? '',
    text: Buffer.concat(parts).toString('utf8'),
  }
}

function codeOf(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string')
    return error.code
  return error instanceof Error ? error.name : 'unknown'
}
