// The chain itself: what an entry's hash covers, and what a reader of the log can hold against it.
import canonicalize from 'canonicalize'
import { sha256 } from '../platform/crypto.ts'
import type { AuditEntry, AuditEvent, AuditHead } from './port.ts'

/** Before the first entry. */
export const GENESIS: AuditHead = { sequence: 0, hash: '0'.repeat(64) }

/** The next entry after `head`. */
export function nextEntry(head: AuditHead, event: AuditEvent, at: Date): AuditEntry {
  const content = { ...carriable(event), at, sequence: head.sequence + 1, previousHash: head.hash }
  return { ...content, hash: hashOf(content) }
}

/**
 * SHA-256, hex, over the canonical JSON (RFC 8785) of the entry without its hash; `at` as ISO 8601 in UTC with
 * milliseconds. docs/reference/audit.md says the same for those who check with other tools.
 */
export function hashOf(entry: Omit<AuditEntry, 'hash'>): string {
  const { sequence, at, action, actor, subject, detail, previousHash } = entry
  const text = canonicalize({ sequence, at: at.toISOString(), action, actor, subject, detail, previousHash })
  return Buffer.from(sha256(text ?? '')).toString('hex')
}

export type ChainFault =
  /** The content is not what was hashed. */
  | { readonly kind: 'changed'; readonly sequence: number }
  /** A number is missing between two entries, or before the first. */
  | { readonly kind: 'removed'; readonly sequence: number }
  /** The entry does not follow the one before it: re-ordered, or one of the two replaced. */
  | { readonly kind: 'unlinked'; readonly sequence: number }

/** What is wrong with `entry` as the successor of `before`, or null. */
export function faultOf(before: AuditHead, entry: AuditEntry): ChainFault | null {
  if (entry.sequence !== before.sequence + 1) return { kind: 'removed', sequence: before.sequence + 1 }
  if (hashOf(entry) !== entry.hash) return { kind: 'changed', sequence: entry.sequence }
  if (entry.previousHash !== before.hash) return { kind: 'unlinked', sequence: entry.sequence }
  return null
}

// What a jsonb column gives back exactly: no undefined, no NUL, no half of a surrogate pair.
function carriable({ action, actor, subject, detail }: AuditEvent): AuditEvent {
  const plain = JSON.parse(
    JSON.stringify(detail, (_, value) => (typeof value === 'string' ? clean(value) : value)),
  ) as AuditEvent['detail']
  return {
    action: clean(action),
    actor: clean(actor),
    subject: clean(subject),
    detail: cleanNames(plain) as AuditEvent['detail'],
  }
}

function cleanNames(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(cleanNames)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [clean(name), cleanNames(inner)]))
}

function clean(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\uFFFD')
}
