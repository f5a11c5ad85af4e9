// Posting to somebody outside, as a port: what it takes, what it promises.

export interface OutboundRequest {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Whether a private or loopback address is what the operator means. */
  readonly inside: boolean
  readonly signal: AbortSignal
}

export interface Outbound {
  /** Posts once and says how it was answered; redirects are answers. Throws `OutboundFailed`, within a bounded time. */
  post(request: OutboundRequest): Promise<{ readonly status: number }>
}

/** Not delivered: a code such as `ECONNREFUSED`, `timeout`, `address-inside`. `refused`: by us, before anything was sent. */
export class OutboundFailed extends Error {
  readonly refused: boolean

  constructor(code: string, refused = false) {
    super(code)
    this.name = 'OutboundFailed'
    this.refused = refused
  }
}
