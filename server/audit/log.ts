// The audit log that features are handed.
import type { Clock } from '../platform/clock.ts'
import { nextEntry } from './chain.ts'
import type { AuditEvent, AuditHead, AuditOfMany, AuditStore } from './port.ts'

export function auditLog({ store, clock }: { readonly store: AuditStore; readonly clock: Clock }): AuditOfMany {
  const entryOf = (event: AuditEvent) => (head: AuditHead) => nextEntry(head, event, new Date(clock.now()))
  return {
    append: (event, tx) => store.append(entryOf(event), tx),
    appendAll: (events, tx) => store.appendAll(events.map(entryOf), tx),
  }
}
