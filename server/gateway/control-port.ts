// What the data path hands to the routes that the gateway answers itself (`control` in the table). No `node:` here.
import type { Classified } from './classify.ts'
import type { Caller, Origin } from './ports.ts'

export interface ControlContext {
  readonly origin: Origin
  readonly route: Classified
  /** Who is calling: null on routes that ask for no token (`anonymous` in the table). Already identified, never expired. */
  readonly caller: Caller | null
  /** Aborted when the client went away or the device was revoked. */
  readonly signal: AbortSignal
}

/**
 * Answers a control route. The request's URL is the gateway's public address and the target without the token; its
 * Authorization field is taken out, its body is at most 1 MiB. CORS fields are added to `/_matrix/` answers afterwards.
 */
export type Control = (request: Request, context: ControlContext) => Response | Promise<Response>
