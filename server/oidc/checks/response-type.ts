// The code flow and no other (RFC 9700 §2.1.2).
import { type Check, refuse } from './check.ts'

export const responseType: Check = (p) => {
  if (!p.has('response_type')) return refuse('invalid_request', 'response_type is missing')
  return p.get('response_type') === 'code' ? null : refuse('unsupported_response_type', 'only the code flow is served')
}
