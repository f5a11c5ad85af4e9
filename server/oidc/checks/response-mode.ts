// Where the answer's parameters go: the query, or a posted form (OAuth 2.0 Form Post Response Mode).
import type { ResponseMode } from '../port.ts'
import { type Check, refuse } from './check.ts'

export const responseMode: Check = (p) => {
  const mode = p.get('response_mode')
  return mode === undefined || isResponseMode(mode) ? null : refuse('invalid_request', 'response_mode is not supported')
}

export function isResponseMode(mode: string): mode is ResponseMode {
  return mode === 'query' || mode === 'form_post'
}
