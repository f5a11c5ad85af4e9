// The audit log that features are handed.
import type { Clock } from '../platform/clock.ts'
import { nextEntry } from './chain.ts'
import type { Audit, AuditStore } from './port.ts'

export function auditLog({ store, clock }: { readonly store: AuditStore; readonly clock: Clock }): Audit {
  return { append: (event, tx) => store.append((head) => nextEntry(head, event, new Date(clock.now())), tx) }
}
