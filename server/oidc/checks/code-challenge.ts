// RFC 7636, S256 only and always (RFC 9700 §2.1.1).
import { type Check, refuse } from './check.ts'

export const codeChallenge: Check = (p) => {
  if (p.get('code_challenge_method') !== 'S256') return refuse('invalid_request', 'code_challenge_method must be S256')
  return /^[A-Za-z0-9_-]{43}$/.test(p.get('code_challenge') ?? '')
    ? null
    : refuse('invalid_request', 'code_challenge must be the base64url of a SHA-256')
}
