// Receipts: who agreed to what with which key, and whether that still holds.
import * as z from 'zod'
import { Refusal } from '../../errors/failure.ts'
import { verb } from '../verb.ts'
import type { ReceiptPlace } from './port.ts'

const PAGE_MAX = 200
const receiptId = z.string().regex(/^(?:[A-Za-z0-9_-]{43}|(?:rel|act)_[A-Za-z0-9_-]{22})$/)

function placeOf(after: string | undefined): ReceiptPlace | null {
  const [at = '', id = ''] = after?.split('~') ?? []
  return after === undefined ? null : { at: new Date(at), id }
}

export const receiptVerbs = [
  verb({
    id: 'receipts.list',
    permission: 'audit.read',
    weight: 'read',
    summary: 'Receipts of taps, of two administrators’ releases and of grave acts, newest first.',
    input: z.strictObject({
      person: z
        .string()
        .regex(/^per_[A-Za-z0-9_-]{22}$/)
        .optional(),
      /** Where the page before ended: its time and id. */
      after: z
        .string()
        .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z~[A-Za-z0-9_-]{22,43}$/)
        .optional(),
      limit: z.coerce.number().int().min(1).max(PAGE_MAX).default(50),
    }),
    answer: z.object({
      items: z.array(
        z.object({
          id: z.string(),
          kind: z.enum(['approval', 'two-person', 'act']),
          person: z.string(),
          username: z.string().nullable(),
          at: z.string(),
          intent: z.string(),
        }),
      ),
      next: z.string().nullable(),
    }),
    run: async ({ audit }, { person, after, limit }) => {
      const found = await audit.receipts(placeOf(after), limit + 1, person ?? null)
      const page = found.slice(0, limit)
      const last = page.at(-1)
      return {
        items: page.map(({ id, kind, personId, username, at, intent }) => ({
          id,
          kind,
          person: personId,
          username,
          at: at.toISOString(),
          intent,
        })),
        next: found.length > limit && last ? `${last.at.toISOString()}~${last.id}` : null,
      }
    },
  }),
  verb({
    id: 'receipts.show',
    permission: 'audit.read',
    weight: 'read',
    summary: 'A receipt, checked as `palier receipt verify` checks it, and looked up in the audit log.',
    input: z.strictObject({ id: receiptId }),
    answer: z.object({
      receipt: z.unknown(),
      /** What is wrong with it, as docs/reference/receipts.md names it; null when it is valid. */
      fault: z.string().nullable(),
      digest: z.string(),
      /** The audit entry that has the digest. */
      sequence: z.number().nullable(),
    }),
    run: async ({ audit }, { id }) => {
      const receipt = await audit.receipt(id)
      if (receipt === null) throw new Refusal(404, 'unknown-receipt')
      return { receipt, ...(await audit.verifyReceipt(receipt)) }
    },
  }),
] as const
