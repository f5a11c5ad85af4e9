// What the console reads of the audit log and of receipts.
import type { KnownHead, SignedHead } from '../../audit/heads.ts'
import type { AuditEntry } from '../../audit/port.ts'
import type { AuditVerdict } from '../../audit/verify.ts'

export interface AuditFilter {
  /** The first words of the action's name, such as `key` or `key.revoked`. */
  readonly action?: string | undefined
  /** An id, or a username. */
  readonly actor?: string | undefined
  readonly subject?: string | undefined
  readonly from?: Date | undefined
  /** Not included. */
  readonly until?: Date | undefined
}

export interface ReceiptRow {
  /** Of a tap: SHA-256 of the approval's token. Of two administrators: `rel_…`. */
  readonly id: string
  readonly kind: 'approval' | 'two-person' | 'act'
  readonly personId: string
  readonly username: string | null
  readonly at: Date
  /** What was agreed to: canonical JSON. */
  readonly intent: string
}

/** Where a page of receipts ended. */
export type ReceiptPlace = Pick<ReceiptRow, 'at' | 'id'>

export interface AuditConsole {
  /** Newest first; `before`: only entries with a smaller number. */
  list(filter: AuditFilter, before: number | null, limit: number): Promise<readonly AuditEntry[]>
  /** Oldest first; `after`: only entries with a larger number. */
  onward(filter: AuditFilter, after: number, limit: number): Promise<readonly AuditEntry[]>
  /** Usernames of those ids that are people's. */
  usernames(ids: readonly string[]): Promise<ReadonlyMap<string, string>>
  /** The newest signed heads first. */
  heads(limit: number): Promise<readonly SignedHead[]>
  readHead(text: string): Promise<KnownHead>
  verify(knownHash: string | null): Promise<AuditVerdict>
  /** Of the heads that were signed here, and of `known`, the first that the chain does not go through. */
  missingHead(known: SignedHead | null): Promise<{ readonly checked: number; readonly missing: number | null }>
  /** Writes down that entries were taken out. */
  exported(by: { readonly actor: string }, detail: Readonly<Record<string, unknown>>): Promise<void>
  /** Newest first; `before`: older than that one. */
  receipts(before: ReceiptPlace | null, limit: number, personId: string | null): Promise<readonly ReceiptRow[]>
  receipt(id: string): Promise<unknown>
  /** Checks a receipt by itself, as `palier receipt verify` does, and looks its digest up in the log. */
  verifyReceipt(receipt: unknown): Promise<{
    readonly fault: string | null
    readonly digest: string
    /** The entry that has the digest. */
    readonly sequence: number | null
  }>
}
