// The audit log: read, taken out as a file, and held against a head that was kept elsewhere.
import * as z from 'zod'
import type { AuditEntry } from '../../audit/port.ts'
import { Refusal } from '../../errors/failure.ts'
import { isStorableInstant } from '../../platform/storable.ts'
import { actorOf } from '../actor.ts'
import { verb } from '../verb.ts'
import { AUDIT_FORMATS, type AuditFormat } from './formats.ts'
import type { AuditConsole, AuditFilter } from './port.ts'

const PAGE_MAX = 200
const EXPORT_PAGE = 1_000
const name = z.string().min(1).max(200)
const filters = {
  action: name.optional(),
  actor: name.optional(),
  subject: name.optional(),
  from: z.iso.datetime().refine(isStorableInstant, 'not in the years 1 to 9999').optional(),
  until: z.iso.datetime().refine(isStorableInstant, 'not in the years 1 to 9999').optional(),
}
const entryAnswer = z.object({
  sequence: z.number(),
  at: z.string(),
  action: z.string(),
  actor: z.string(),
  /** Of a person's id, the username. */
  actor_name: z.string().nullable(),
  subject: z.string(),
  subject_name: z.string().nullable(),
  detail: z.record(z.string(), z.unknown()),
  hash: z.string(),
})

type Filters = { readonly [K in keyof typeof filters]?: string | undefined }

function filterOf({ action, actor, subject, from, until }: Filters): AuditFilter {
  return {
    action,
    actor,
    subject,
    from: from === undefined ? undefined : new Date(from),
    until: until === undefined ? undefined : new Date(until),
  }
}

/** An actor is a person, or a person and the token that spoke for them. */
const personOf = (id: string): string => id.split('/', 1)[0] ?? id

async function shown(audit: AuditConsole, entries: readonly AuditEntry[]) {
  const names = await audit.usernames([...new Set(entries.flatMap(({ actor, subject }) => [personOf(actor), subject]))])
  return entries.map((entry) => ({
    sequence: entry.sequence,
    at: entry.at.toISOString(),
    action: entry.action,
    actor: entry.actor,
    actor_name: names.get(personOf(entry.actor)) ?? null,
    subject: entry.subject,
    subject_name: names.get(entry.subject) ?? null,
    detail: { ...entry.detail },
    hash: entry.hash,
  }))
}

export const auditVerbs = [
  verb({
    id: 'audit.list',
    permission: 'audit.read',
    weight: 'read',
    summary: 'Entries of the audit log, newest first, by action, actor, subject and time.',
    input: z.strictObject({
      ...filters,
      after: z.coerce.number().int().min(1).optional(),
      limit: z.coerce.number().int().min(1).max(PAGE_MAX).default(50),
    }),
    answer: z.object({ items: z.array(entryAnswer), next: z.string().nullable() }),
    run: async ({ audit }, { after, limit, ...asked }) => {
      const found = await audit.list(filterOf(asked), after ?? null, limit + 1)
      const page = found.slice(0, limit)
      return {
        items: await shown(audit, page),
        next: found.length > limit ? String(page.at(-1)?.sequence ?? '') : null,
      }
    },
  }),
  verb({
    id: 'audit.export',
    permission: 'audit.export',
    weight: 'change',
    summary: 'The entries of the audit log as a file: JSON Lines or CEF. Taking them out is an entry, too.',
    input: z.strictObject({ ...filters, format: z.enum(['jsonl', 'cef']) }),
    answer: null,
    run: async ({ audit }, { format, ...asked }, { by, now, signal }) => {
      const actor = actorOf(by)
      await audit.exported({ actor }, { format, ...asked })
      const { type, extension } = AUDIT_FORMATS[format]
      return new Response(exportStream(audit, filterOf(asked), format, signal), {
        headers: {
          'Content-Type': type,
          'Content-Disposition': `attachment; filename="palier-audit-${now.toISOString().slice(0, 10)}.${extension}"`,
          'X-Content-Type-Options': 'nosniff',
          'Cache-Control': 'no-store',
        },
      })
    },
  }),
  verb({
    id: 'audit.heads',
    permission: 'audit.read',
    weight: 'read',
    summary: 'The latest signed heads of the audit log, as they were sent out.',
    input: z.strictObject({ limit: z.coerce.number().int().min(1).max(PAGE_MAX).default(20) }),
    answer: z.object({
      items: z.array(z.object({ sequence: z.number(), hash: z.string(), signed_at: z.string(), head: z.string() })),
    }),
    run: async ({ audit }, { limit }) => ({
      items: (await audit.heads(limit)).map(({ sequence, hash, signedAt, jws }) => ({
        sequence,
        hash,
        signed_at: signedAt.toISOString(),
        head: jws,
      })),
    }),
  }),
  verb({
    id: 'audit.verify',
    permission: 'audit.read',
    weight: 'read',
    summary: 'Follows the audit log from its first entry, against a head that was kept elsewhere where one is given.',
    input: z.strictObject({ head: z.string().max(4_096).optional() }),
    answer: z.object({
      /** How far it was followed. */
      entries: z.number(),
      head: z.string(),
      fault: z.object({ kind: z.enum(['changed', 'removed', 'unlinked']), sequence: z.number() }).nullable(),
      /** Whether the chain goes through the head that was given; null when none was. */
      known: z.boolean().nullable(),
      /** Signed heads that were held against it, and the number of the first that it does not go through. */
      signed_heads: z.number(),
      missing: z.number().nullable(),
    }),
    run: async ({ audit }, { head: given }) => {
      const known = given === undefined || given.trim() === '' ? null : await audit.readHead(given)
      if (known?.form === 'unknown') throw new Refusal(400, 'unknown-head')
      const hash = known === null ? null : known.form === 'hash' ? known.hash : known.head.hash
      const { head, fault, knownHeadFound } = await audit.verify(hash)
      const { checked, missing } = await audit.missingHead(known?.form === 'signed' ? known.head : null)
      return { entries: head.sequence, head: head.hash, fault, known: knownHeadFound, signed_heads: checked, missing }
    },
  }),
] as const

function exportStream(
  audit: AuditConsole,
  filter: AuditFilter,
  format: AuditFormat,
  signal: AbortSignal,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  let after = 0
  return new ReadableStream({
    async pull(controller) {
      if (signal.aborted) return controller.close()
      const page = await audit.onward(filter, after, EXPORT_PAGE)
      after = page.at(-1)?.sequence ?? after
      if (page.length > 0) controller.enqueue(encoder.encode(page.map(AUDIT_FORMATS[format].line).join('')))
      if (page.length < EXPORT_PAGE) controller.close()
    },
  })
}
