// Prompts as server notices: the homeserver's own notices room, which every client shows.
import * as z from 'zod'
import type { Locale } from '../platform/locale.ts'
import { readLetter } from './letter.ts'
import type { Deliver } from './port.ts'
import { promptText } from './words.ts'

/** What a prompt says. Device and client are text that was made fit to show. */
export interface PromptDetails {
  readonly link: string
  readonly device: string
  readonly client: string
  readonly network: string
  readonly amounts: readonly { readonly meter: string; readonly units: number }[]
  /** Null when it is about no room. */
  readonly rooms: number | null
  readonly expiresAt: Date
}

export interface PromptReader {
  /** The prompt and the person's language, when one is known; null when it can no longer be decided. */
  read(approvalHash: string): Promise<{ readonly details: PromptDetails; readonly locale: Locale | null } | null>
}

export type NoticeSent =
  | { readonly ok: true }
  /** `nobody`: the homeserver knows no such user, or not yet. */
  | { readonly ok: false; readonly error: string; readonly final: boolean; readonly nobody?: boolean }

export interface ServerNotices {
  /** Sends one, once for each id, however often it is called. */
  send(notice: { readonly id: string; readonly userId: string; readonly text: string }): Promise<NoticeSent>
}

const schema = z.object({ approval: z.string() })

/** The payload of a prompt: its link stays sealed with the approval. */
export function promptPayload(approvalHash: string): string {
  return JSON.stringify({ approval: approvalHash } satisfies z.infer<typeof schema>)
}

/**
 * Delivers prompts and letters as notices; a prompt that was decided or has expired meanwhile is not sent any more, nor a letter to
 * somebody who never signed in to their messenger: they are told by the other channels.
 */
export function noticePrompts(deps: { readonly prompts: PromptReader; readonly notices: ServerNotices }): Deliver {
  return {
    async deliver(owed) {
      const letter = readLetter(owed.payload)
      const text = letter?.text ?? (await textOf(owed.payload))
      if (text === null) return { state: 'gone' }
      const sent = await deps.notices.send({ id: owed.id, userId: owed.target, text })
      if (!sent.ok && sent.nobody === true && letter !== null) return { state: 'gone' }
      return sent.ok ? { state: 'delivered' } : { state: 'failed', error: sent.error, final: sent.final }
    },
  }

  async function textOf(payload: string): Promise<string | null> {
    const { approval } = schema.parse(JSON.parse(payload))
    const prompt = await deps.prompts.read(approval)
    return prompt === null ? null : promptText(prompt.details, prompt.locale)
  }
}
