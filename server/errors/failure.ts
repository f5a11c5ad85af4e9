// Failures that a page's JSON API answers with. Each has a stable reason id: the page translates it, the log carries the
// detail, an outsider sees only the reason. OAuth and Matrix have wire forms of their own (oauth.ts, matrix.ts).

/** A refusal with a stable reason id, thrown at the edge and turned into problem+json (RFC 9457) in one place. */
export class Refusal extends Error {
  readonly reason: string
  readonly status: 400 | 401 | 403 | 404 | 409 | 410 | 413 | 415 | 422 | 429 | 500 | 503
  /** Precise words for the log; never sent. */
  readonly detail: string | undefined
  /** Members sent beside the reason, for whoever has to act on it: which field, which version now. Never a secret. */
  readonly shown: Readonly<Record<string, unknown>> | undefined

  constructor(status: Refusal['status'], reason: string, detail?: string, shown?: Readonly<Record<string, unknown>>) {
    super(reason)
    this.name = 'Refusal'
    this.status = status
    this.reason = reason
    this.detail = detail
    this.shown = shown
  }
}
