// What is asked for: `openid` at least, and nothing that is unknown is granted.
import type { Parameters } from '../parameters.ts'
import { type Check, refuse } from './check.ts'

export const SCOPES = ['openid', 'profile', 'offline_access']

export const scope: Check = (p) =>
  p.get('scope')?.split(' ').includes('openid') ? null : refuse('invalid_scope', 'scope must include openid')

/** What is granted of the scope: the rest is ignored (OIDC Core §3.1.2.1). */
export function grantedScope(parameters: Parameters): string {
  const asked = new Set((parameters.get('scope') ?? '').split(' '))
  return SCOPES.filter((name) => asked.has(name)).join(' ')
}
