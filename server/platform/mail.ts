// Sending a mail, as a port.

export interface Mail {
  readonly to: string
  readonly subject: string
  readonly text: string
  /** Becomes the Message-ID, so that a repetition is seen to be one. */
  readonly id: string
}

export interface Mailer {
  /** Hands the mail to the server. Throws `MailFailed`. */
  send(mail: Mail, signal: AbortSignal): Promise<void>
}

/** The server did not take it: a code such as `EAUTH`, `ECONNECTION`, `ETLS`, or an SMTP reply code. */
export class MailFailed extends Error {
  /** Whether the server said never (5xx): trying again would not help. */
  readonly final: boolean

  constructor(code: string, final: boolean) {
    super(code)
    this.name = 'MailFailed'
    this.final = final
  }
}
