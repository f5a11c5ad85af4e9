// Receipts: who agreed to what with which key, and whether that still holds.
import * as z from 'zod'
import { Refusal } from '../../errors/failure.ts'
import { isStorableInstant } from '../../platform/storable.ts'
import { actorOf } from '../actor.ts'
import { verb } from '../verb.ts'
import type { ReceiptPlace } from './port.ts'

const PAGE_MAX = 200
const receiptId = z.string().regex(/^(?:[A-Za-z0-9_-]{43}|(?:rel|act)_[A-Za-z0-9_-]{22})$/)

function placeOf(after: string | undefined): ReceiptPlace | null {
  if (after === undefined) return null
  const [text = '', id = ''] = after.split('~')
  const at = new Date(text)
  if (!isStorableInstant(at)) throw new Refusal(400, 'bad-request', 'after: not a place in this list')
  return { at, id }
}

const told = z.looseObject({
  sub: z.string().optional(),
  subject: z.looseObject({ person: z.string() }).optional(),
  rooms: z.array(z.unknown()).optional(),
})

/** What was agreed to, without the rooms: which somebody read is for who looks at their receipt, and is seen to have looked. */
function roomless(intent: string): string {
  const { rooms, ...rest } = told.parse(JSON.parse(intent))
  return rooms === undefined ? intent : JSON.stringify({ ...rest, rooms_total: rooms.length })
}

/** Whose reading a receipt names rooms of; null: nobody's. */
function whoseRooms(receipt: unknown): string | null {
  const { intent } = z.looseObject({ intent: z.string() }).parse(receipt)
  const { rooms, sub, subject } = told.parse(JSON.parse(intent))
  return rooms === undefined ? null : (subject?.person ?? sub ?? null)
}

export const receiptVerbs = [
  verb({
    id: 'receipts.list',
    permission: 'audit.read',
    weight: 'read',
    summary:
      'Receipts of taps, of two administrators’ releases and of grave acts, newest first. Rooms are counted, not named.',
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
          intent: roomless(intent),
        })),
        next: found.length > limit && last ? `${last.at.toISOString()}~${last.id}` : null,
      }
    },
  }),
  verb({
    id: 'receipts.show',
    permission: 'audit.read',
    weight: 'read',
    summary:
      'A receipt, checked as `palier receipt verify` checks it, and looked up in the audit log. It names rooms: that somebody looked is audited.',
    input: z.strictObject({ id: receiptId }),
    answer: z.object({
      receipt: z.unknown(),
      /** What is wrong with it, as docs/reference/receipts.md names it; null when it is valid. */
      fault: z.string().nullable(),
      digest: z.string(),
      /** The audit entry that has the digest. */
      sequence: z.number().nullable(),
    }),
    run: async ({ audit, privacy }, { id }, { by, now }) => {
      const receipt = await audit.receipt(id)
      if (receipt === null) throw new Refusal(404, 'unknown-receipt')
      const whose = whoseRooms(receipt)
      if (whose !== null && whose !== by.personId)
        await privacy.looked({ actor: actorOf(by), personId: by.personId }, whose, now)
      return { receipt, ...(await audit.verifyReceipt(receipt)) }
    },
  }),
] as const
