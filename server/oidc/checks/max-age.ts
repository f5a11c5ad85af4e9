// OIDC Core §3.1.2.1: whole seconds. Zero is not absent: it asks for a fresh tap.
import { type Check, refuse } from './check.ts'

export const maxAge: Check = (p) =>
  /^\d{1,9}$/.test(p.get('max_age') ?? '0') ? null : refuse('invalid_request', 'max_age must be a number of seconds')
