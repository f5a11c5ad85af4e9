// The audit log as files: JSON Lines, which the chain can be followed in, and CEF, which collectors of security events read.
import type { AuditEntry } from '../../audit/port.ts'

export type AuditFormat = 'jsonl' | 'cef'

export const AUDIT_FORMATS: Readonly<
  Record<AuditFormat, { readonly type: string; readonly extension: string; line(entry: AuditEntry): string }>
> = {
  jsonl: { type: 'application/x-ndjson', extension: 'jsonl', line: jsonLine },
  cef: { type: 'text/plain; charset=utf-8', extension: 'cef', line: cefLine },
}

/** An entry with all that its hash covers (docs/reference/audit.md), on one line. */
export function jsonLine({ sequence, at, action, actor, subject, detail, previousHash, hash }: AuditEntry): string {
  return `${JSON.stringify({ sequence, at: at.toISOString(), action, actor, subject, detail, previousHash, hash })}\n`
}

/** What is worth waking somebody for, on CEF's scale of 0 to 10. */
const SEVERE: readonly (readonly [RegExp, number])[] = [
  [/^(?:admin\.recovered|audit\.|incident\.|detection\.)/, 9],
  [/^(?:release|act|policy|approval\.not-me|session\.ended|key\.revoked|person\.role)/, 7],
  [/(?:refused|denied|suspended|deleted|revoked)/, 6],
]

/** ArcSight Common Event Format, version 0: `CEF:0|vendor|product|version|id|name|severity|extension`. */
export function cefLine({ sequence, at, action, actor, subject, detail, hash }: AuditEntry): string {
  const severity = SEVERE.find(([name]) => name.test(action))?.[1] ?? 3
  const header = ['Palier', 'Palier', '1', action, action, String(severity)].map(inHeader).join('|')
  const extension = [
    ['rt', String(at.getTime())],
    ['externalId', String(sequence)],
    ['suser', actor],
    ['duser', subject],
    ['cs1Label', 'detail'],
    ['cs1', JSON.stringify(detail)],
    ['cs2Label', 'hash'],
    ['cs2', hash],
  ]
  return `CEF:0|${header}|${extension.map(([key, value]) => `${key}=${inExtension(value ?? '')}`).join(' ')}\n`
}

// Control characters would end the line, or steer a terminal that shows it.
const oneLine = (text: string) => text.replaceAll(/[\p{Cc}\u2028\u2029]/gu, ' ')
const inHeader = (text: string) => oneLine(text).replaceAll(/[\\|]/g, '\\$&')
const inExtension = (text: string) => oneLine(text).replaceAll(/[\\=]/g, '\\$&')
