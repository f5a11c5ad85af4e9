// The audit log: what was decided and done, in a chain in which a changed, removed or re-ordered entry shows.
import type { Transaction } from '../../db/client.ts'

/** One thing to record. Never a secret: the log is exported and read by auditors. */
export interface AuditEvent {
  /** Dotted name such as `approval.approved`; the list is in docs/reference/audit.md. */
  readonly action: string
  /** Who did it: a person id, `cli`, `system`. */
  readonly actor: string
  /** Whom or what it concerns: an id. */
  readonly subject: string
  /** Flat facts. Values that JSON cannot carry are dropped. */
  readonly detail: Readonly<Record<string, unknown>>
}

/** An event in its place in the chain. */
export interface AuditEntry extends AuditEvent {
  /** From 1, without gaps. */
  readonly sequence: number
  readonly at: Date
  /** Hash of the entry before, or 64 zeros before the first. */
  readonly previousHash: string
  /** SHA-256, hex, over the canonical JSON (RFC 8785) of everything else here. */
  readonly hash: string
}

/** What features call. */
export interface Audit {
  /**
   * Appends one entry and resolves when it has its place. With `tx` it commits or vanishes with that transaction: make
   * it the last statement there, since appends wait for each other until the transaction ends.
   */
  append(event: AuditEvent, tx?: Transaction): Promise<AuditEntry>
}

/** What changes many things at once. */
export interface AuditOfMany extends Audit {
  /** Many entries at once, in this order, with the transaction of what they record; as its last statement too. */
  appendAll(events: readonly AuditEvent[], tx: Transaction): Promise<void>
}

/** The last entry's place: what is published elsewhere so that a cut tail shows. */
export interface AuditHead {
  readonly sequence: number
  readonly hash: string
}

/** Where the chain is kept. */
export interface AuditStore {
  /**
   * In one transaction (or in `tx`): takes the chain's lock, reads the head, stores what `build` makes of it. Two
   * appends, in whatever process, never see the same head.
   */
  append(build: (head: AuditHead) => AuditEntry, tx?: Transaction): Promise<AuditEntry>
  /** The same for many, one after the other. */
  appendAll(builds: readonly ((head: AuditHead) => AuditEntry)[], tx: Transaction): Promise<void>
  /** Entries after a sequence number, in order, at most `limit`. */
  page(afterSequence: number, limit: number): Promise<AuditEntry[]>
}
