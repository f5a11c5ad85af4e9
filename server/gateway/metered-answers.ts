// Answers of the pipeline that are not the homeserver's.
import { type MatrixError, matrixError } from '../errors/matrix.ts'
import type { Delivery, MeteredRequest, UpstreamFailure } from './metered-port.ts'

export function sendError(request: MeteredRequest, answer: MatrixError): Promise<Delivery> {
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

/** An answer whose events cannot be counted is never released. */
export const uncountable = (): MatrixError => matrixError('M_UNKNOWN', 502, 'The homeserver gave an answer that cannot be read')

/** The meters cannot be asked: history is closed. */
export const storeAway = (): MatrixError => matrixError('M_UNKNOWN', 503, 'Older messages cannot be read right now')

/** A reservation that ended before its answer came. */
export const lapsed = (): MatrixError => matrixError('M_UNKNOWN', 504, 'The homeserver took too long to answer')

export const deviceEnded = (): MatrixError => matrixError('M_UNKNOWN_TOKEN', 401, 'This session has ended', { soft_logout: false })
