// Answers of the pipeline that are not the homeserver's.
import { type MatrixError, matrixError } from '../errors/matrix.ts'
import { parseBody } from '../metering/scanner/reference.ts'
import type { Delivery, HeaderList, MeteredRequest, UpstreamAnswer, UpstreamFailure } from './metered-port.ts'

export function sendError(
  request: MeteredRequest,
  answer: Pick<UpstreamAnswer, 'status' | 'headers'> & { readonly body: Uint8Array | string },
): Promise<Delivery> {
  return request.respond(answer.status, answer.headers, answer.body)
}

/** The homeserver's failure as the client sees it. */
export function upstreamFailed(failure: UpstreamFailure): MatrixError {
  switch (failure.reason) {
    case 'unreachable':
      return matrixError('M_UNKNOWN', 503, 'The homeserver cannot be reached')
    case 'busy':
      return matrixError('M_UNKNOWN', 503, 'Too many large answers are under way')
    case 'timeout':
      return matrixError('M_UNKNOWN', 504, 'The homeserver did not answer in time')
    case 'died':
    case 'too-large':
    case 'encoding':
    case 'aborted':
      return matrixError('M_UNKNOWN', 502, 'The homeserver gave no usable answer')
  }
}

/** The longest error body that is passed on, in bytes. */
const ERROR_BYTES = 4_096

/**
 * The homeserver's own error as the client gets it. Errors are not counted, so nothing that could carry an event passes: a short
 * object without objects or lists in it as it came, anything else as an error of ours with the same status.
 */
export function upstreamError(answer: UpstreamAnswer): {
  status: number
  headers: HeaderList
  body: Uint8Array | string
} {
  if (answer.status >= 400 && answer.body.length <= ERROR_BYTES) {
    const parsed = parseBody(answer.body)
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) {
      if (Object.values(parsed).every((value) => typeof value !== 'object' || value === null)) return answer
    }
  }
  return matrixError('M_UNKNOWN', answer.status >= 400 ? answer.status : 502, 'The homeserver gave no usable answer')
}

/** An answer whose events cannot be counted is never released. */
export const uncountable = (): MatrixError =>
  matrixError('M_UNKNOWN', 502, 'The homeserver gave an answer that cannot be read')

/** The meters cannot be asked: history is closed. */
export const storeAway = (): MatrixError => matrixError('M_UNKNOWN', 503, 'This cannot be read right now')

/** The process ends: another one, or its successor, answers the repetition. */
export const restarting = (): MatrixError => matrixError('M_UNKNOWN', 503, 'Restarting', { retry_after_ms: 1_000 })

/** A reservation that ended before its answer came. */
export const lapsed = (): MatrixError => matrixError('M_UNKNOWN', 504, 'The homeserver took too long to answer')

export const deviceEnded = (): MatrixError =>
  matrixError('M_UNKNOWN_TOKEN', 401, 'This session has ended', { soft_logout: false })
