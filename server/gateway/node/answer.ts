// Writing an answer of the gateway's own: Matrix errors and small JSON, with CORS where the API has it.
import type { ServerResponse } from 'node:http'
import { type MatrixError, matrixError } from '../../errors/matrix.ts'
import { CORS_FIELDS } from '../cors.ts'
import type { HeaderList } from '../metered-port.ts'

/** Sends a whole answer unless one was begun. HEAD loses the body, keeps its length. */
export function send(
  res: ServerResponse,
  status: number,
  headers: HeaderList,
  body: Uint8Array | string,
  crossOrigin = true,
): void {
  if (sendHead(res, status, headers, Buffer.byteLength(body), crossOrigin)) res.end(body)
}

/** Sends the head of an answer with a body of so many bytes. False when one was begun. */
export function sendHead(
  res: ServerResponse,
  status: number,
  headers: HeaderList,
  bytes: number,
  crossOrigin = true,
): boolean {
  if (res.headersSent || res.destroyed) return false
  const fields: string[] = []
  for (const [name, value] of headers) fields.push(name, value)
  if (crossOrigin) fields.push(...CORS_FIELDS)
  if (status !== 204 && status !== 304) fields.push('Content-Length', String(bytes))
  res.writeHead(status, fields)
  return true
}

/** Sends a Matrix error unless an answer was begun. */
export function sendError(res: ServerResponse, error: MatrixError, crossOrigin = true): void {
  send(res, error.status, error.headers, error.body, crossOrigin)
}

/** What a client is told when the homeserver could not be had. */
export function upstreamError(reason: string): MatrixError {
  switch (reason) {
    case 'unreachable':
      return matrixError('M_UNKNOWN', 503, 'The homeserver cannot be reached', { retry_after_ms: 5000 })
    case 'busy':
      return matrixError('M_UNKNOWN', 503, 'Too many large answers at once', { retry_after_ms: 5000 })
    case 'timeout':
      return matrixError('M_UNKNOWN', 504, 'The homeserver did not answer in time')
    case 'too-large':
      return matrixError('M_UNKNOWN', 502, "The homeserver's answer is too large")
    case 'encoding':
      return matrixError('M_UNKNOWN', 502, "The homeserver's answer is encoded in a way that cannot be read")
    case 'invalid':
      return matrixError('M_UNKNOWN', 400, 'The request cannot be forwarded')
    default:
      return matrixError('M_UNKNOWN', 502, 'The homeserver broke off')
  }
}
