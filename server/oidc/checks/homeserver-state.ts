// A homeserver's request is told from a stranger's by its state.
import { type Check, refuse } from './check.ts'

export const homeserverState: Check = (p, client) =>
  client.serverName !== null && !p.has('state') ? refuse('invalid_request', 'state is missing') : null
