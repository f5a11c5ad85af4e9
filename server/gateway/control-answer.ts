// Answers of the control routes: Matrix JSON, and plain pages that carry no script.
import type { MatrixErrcode } from '../errors/matrix.ts'
import { matrixError } from '../errors/matrix.ts'

/** JSON of the client-server API, never cached. */
export function json(status: number, body: unknown): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
  })
}

/** An error of the client-server API. */
export function matrixFailure(
  errcode: MatrixErrcode,
  status: number,
  message: string,
  extra?: Record<string, unknown>,
): Response {
  const { headers, body } = matrixError(errcode, status, message, extra)
  return new Response(body, { status, headers: headers.map(([name, value]): [string, string] => [name, value]) })
}

/** The object in a request's body, or the answer that says why there is none. An empty body is `{}`. */
export async function jsonObject(request: Request): Promise<Record<string, unknown> | Response> {
  const text = await request.text()
  if (text === '') return {}
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    return matrixFailure('M_NOT_JSON', 400, 'Content not JSON.')
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    return matrixFailure('M_BAD_JSON', 400, 'Not a JSON object')
  return body as Record<string, unknown>
}
