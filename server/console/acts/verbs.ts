// Grave acts: what waits for a signature, the taps, and the ways to stop one. By an administrator at a page, never by an API token.
import * as z from 'zod'
import { Refusal } from '../../errors/failure.ts'
import { type Caller, verb } from '../verb.ts'
import { ACT_STATES } from './port.ts'

/** The longest intent, quoted as JSON. */
const BODY_MAX_BYTES = 1024 * 1024
const INTENT_CHARACTERS = 256 * 1024

const actId = z.string().max(64)
const intent = z.string().max(INTENT_CHARACTERS)
const person = z.object({ id: z.string(), username: z.string(), display_name: z.string() })
const signer = person.extend({ at: z.string() }).nullable()

const summary = z.object({
  id: z.string(),
  verb: z.string(),
  state: z.enum(ACT_STATES),
  reason: z.string(),
  asked_by: person,
  created_at: z.string(),
  expires_at: z.string(),
  first: signer,
  second: signer,
  not_before: z.string().nullable(),
  ended_at: z.string().nullable(),
  failure: z.string().nullable(),
  you: z.object({
    tap: z.enum(['first', 'second']).nullable(),
    why: z.string().nullable(),
    can_withdraw: z.boolean(),
  }),
})

const detail = summary.extend({
  intent: z.string(),
  input: z.record(z.string(), z.unknown()),
  has_receipt: z.boolean(),
  answer: z.record(z.string(), z.unknown()).nullable(),
})

/** Signing is for who sits at a browser with a key in hand. Throws `Refusal` 403 `sessions-only` for an API token. */
function atBrowser(by: Caller): Caller {
  if (by.tokenId !== null || by.browserHash === null) throw new Refusal(403, 'sessions-only')
  return by
}

export const actsVerbs = [
  verb({
    id: 'acts.list',
    permission: 'people.read',
    weight: 'read',
    summary: 'Acts that take two administrators, the newest first: those that the caller could sign.',
    input: z.strictObject({
      state: z.enum(['open', 'closed']).optional(),
      after: z.string().max(128).optional(),
      limit: z.coerce.number().int().min(1).max(200).default(50),
    }),
    answer: z.object({ items: z.array(summary), next: z.string().nullable(), waiting: z.int() }),
    run: async ({ actDesk }, { state, after, limit }, { by }) => {
      const open = state === undefined ? null : state === 'open'
      const { items, next, waiting } = await actDesk.list(by, { open, after: after ?? null, limit })
      return { items: [...items], next, waiting }
    },
  }),
  verb({
    id: 'acts.show',
    permission: 'people.read',
    weight: 'read',
    summary:
      'One act: what would be done, why, who signed, and what it came to. For who holds the permission of what is asked.',
    input: z.strictObject({ act: actId }),
    answer: detail,
    run: ({ actDesk }, { act }, { by }) => actDesk.show(by, act),
  }),
  verb({
    id: 'acts.receipt',
    permission: 'people.read',
    weight: 'read',
    summary: 'The receipt of an act that was signed, as a file that `palier receipt verify` checks.',
    input: z.strictObject({ act: actId }),
    answer: null,
    run: async ({ actDesk }, { act }, { by }) =>
      Response.json(await actDesk.receipt(by, act), {
        headers: { 'Content-Disposition': 'attachment; filename="palier-act-receipt.json"' },
      }),
  }),
  verb({
    id: 'acts.options',
    permission: 'people.read',
    weight: 'ask',
    maxBodyBytes: BODY_MAX_BYTES,
    summary: 'A challenge to sign an act with. For who holds the permission of what is asked.',
    input: z.strictObject({ act: actId, intent }),
    answer: z.object({ ceremony: z.string(), options: z.record(z.string(), z.unknown()) }),
    run: async ({ actDesk }, { act, intent: shown }, { by }) => {
      const { ceremony, options } = await actDesk.begin(atBrowser(by), act, shown)
      return { ceremony, options: { ...options } }
    },
  }),
  verb({
    id: 'acts.verify',
    permission: 'people.read',
    weight: 'ask',
    maxBodyBytes: BODY_MAX_BYTES,
    summary:
      'Takes a signature over an act; the second one has it done. For who holds the permission of what is asked.',
    input: z.strictObject({ act: actId, intent, ceremony: z.string().max(64), response: z.unknown() }),
    answer: detail,
    run: async ({ actDesk }, { act, intent: shown, ceremony, response }, { by }) => {
      await actDesk.finish(atBrowser(by), { id: act, intent: shown, ceremony, response })
      return actDesk.show(by, act)
    },
  }),
  verb({
    id: 'acts.deny',
    permission: 'people.read',
    weight: 'change',
    summary: 'Says no to an act that the caller could sign: it is not done.',
    input: z.strictObject({ act: actId }),
    answer: detail,
    run: async ({ actDesk }, { act }, { by }) => {
      await actDesk.deny(atBrowser(by), act)
      return actDesk.show(by, act)
    },
  }),
  verb({
    id: 'acts.withdraw',
    permission: 'people.read',
    weight: 'change',
    summary:
      'Takes an act back before it runs. Anybody may who holds the permission of what is asked, but whom it concerns.',
    input: z.strictObject({ act: actId }),
    answer: detail,
    run: async ({ actDesk }, { act }, { by }) => {
      await actDesk.withdraw(atBrowser(by), act)
      return actDesk.show(by, act)
    },
  }),
] as const
