// What is kept until the tap, or sent back, has a sane size: these rows cost us, not whoever asks.
import { type Check, refuse } from './check.ts'

const KEPT = ['state', 'nonce', 'scope', 'acr_values', 'login_hint']
const KEPT_MAX_LENGTH = 2048

export const sizes: Check = (p) => {
  for (const name of KEPT) {
    if ((p.get(name)?.length ?? 0) > KEPT_MAX_LENGTH) return refuse('invalid_request', `${name} is too long`)
  }
  return null
}
