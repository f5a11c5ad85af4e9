// A word to one person, in French and English: what happened to something of theirs, and what they can do. It lies in the outbox as
// its text, and goes out as a server notice or as mail. It holds no secret and no link that approves or signs anybody in.
import * as z from 'zod'
import type { Locale } from '../platform/locale.ts'
import { shownText } from '../platform/shown-text.ts'

const words = z.object({ subject: z.string(), text: z.string() })
const schema = z.object({ letter: z.object({ fr: words, en: words }), locale: z.enum(['fr', 'en']).nullable() })

/** Plain text. Whatever other people chose of it was made fit to show (server/platform/shown-text.ts). */
export interface Letter {
  readonly fr: { readonly subject: string; readonly text: string }
  readonly en: { readonly subject: string; readonly text: string }
}

/** A name that somebody chose, as it stands in a letter. The place of a link, `{link}`, is no part of it: such a letter would not go out. */
export function shownName(name: string, limit: number): string {
  return shownText(name.replaceAll(/[{}]/g, ''), limit) ?? '?'
}

/** The payload of a letter. `locale`: the language in which the person last used id; null where that is not known. */
export function letterPayload(letter: Letter, locale: Locale | null): string {
  return JSON.stringify({ letter, locale })
}

/** Subject and text as they are sent, in both languages where the person's is not known; null for what is no letter. */
export function readLetter(payload: string): { readonly subject: string; readonly text: string } | null {
  const parsed = schema.safeParse(parsedOrNull(payload))
  if (!parsed.success) return null
  const { letter, locale } = parsed.data
  if (locale !== null) return letter[locale]
  return {
    subject: `${letter.fr.subject} / ${letter.en.subject}`,
    text: `${letter.fr.text}\n\n----------------------------------------\n\n${letter.en.text}`,
  }
}

function parsedOrNull(payload: string): unknown {
  try {
    return JSON.parse(payload)
  } catch {
    return null
  }
}
