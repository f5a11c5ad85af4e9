// An approval as the person's page and its live companion list it.
import type { OwnApproval } from './port.ts'

export interface ApprovalLinks {
  /** The address of an approval's page. */
  uri(approval: Pick<OwnApproval, 'hash' | 'personId' | 'sealedToken'>): string
}

/** What a list needs of an approval; a pending one past its time reads as expired. */
export function listed(approval: OwnApproval, links: ApprovalLinks, now: Date) {
  const intent = JSON.parse(approval.intent) as {
    device: { id: string; name: string | null }
    rooms: readonly unknown[]
    meter?: string
    amounts?: readonly { meter: string; units: number }[]
    direction: string
    max_events?: number
  }
  const overdue = approval.state === 'pending' && approval.expiresAt <= now
  return {
    id: approval.hash,
    approval_uri: links.uri(approval),
    state: overdue ? ('expired' as const) : approval.state,
    device: intent.device.name ?? intent.device.id,
    rooms_total: intent.rooms.length,
    meter: intent.meter ?? 'archive',
    direction: intent.direction,
    // One of before there was more than one meter.
    amounts: intent.amounts ?? [{ meter: 'archive', units: intent.max_events ?? 0 }],
    created_at: approval.createdAt.toISOString(),
    decided_at: approval.decidedAt?.toISOString() ?? null,
  }
}
