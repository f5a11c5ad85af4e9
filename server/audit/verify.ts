// Reading the whole chain and saying where, if anywhere, it was tampered with.
import { type ChainFault, faultOf, GENESIS } from './chain.ts'
import type { AuditHead, AuditStore } from './port.ts'

export interface AuditVerdict {
  /** Where the chain ends, as far as it was followed. */
  readonly head: AuditHead
  /** The first fault, or null. What comes after it proves nothing. */
  readonly fault: ChainFault | null
  /** Whether the head given, if any, is one that the chain went through: false when its tail was cut or rewritten. */
  readonly knownHeadFound: boolean | null
}

/**
 * Follows the chain from its start. `knownHead` is a hash printed or published earlier and kept elsewhere: without one, a
 * log whose last entries were removed, or that was rewritten from some entry on, looks whole.
 */
export async function verifyAudit(
  store: Pick<AuditStore, 'page'>,
  knownHead: string | null = null,
  pageSize = 500,
): Promise<AuditVerdict> {
  let head = GENESIS
  let found = knownHead === GENESIS.hash
  for (;;) {
    const page = await store.page(head.sequence, pageSize)
    for (const entry of page) {
      const fault = faultOf(head, entry)
      if (fault) return { head, fault, knownHeadFound: knownHead === null ? null : found }
      head = { sequence: entry.sequence, hash: entry.hash }
      found ||= entry.hash === knownHead
    }
    if (page.length < pageSize) return { head, fault: null, knownHeadFound: knownHead === null ? null : found }
  }
}
