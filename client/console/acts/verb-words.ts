// What each grave verb does, in words that two people can sign: by the verb's id. A verb that is not here is shown by its id and its
// input, as it was signed.
import type { ComponentType } from 'preact'
import type { Locale } from '../../shared/locale.ts'

/** What was signed, as the verb takes it. */
export type SignedInput = Readonly<Record<string, unknown>>

export interface VerbWords {
  /** What would happen, as a heading: a verb and its object. */
  readonly title: Readonly<Record<Locale, string>>
  /** A sentence or two: what follows from it, and what cannot be undone. */
  readonly text?: Readonly<Record<Locale, string>>
  /** Names of the input's members, for the table. */
  readonly members?: Readonly<Record<string, Readonly<Record<Locale, string>>>>
  /** More than a table: drawn in its place. Loaded when an act of that verb is opened. */
  readonly load?: () => Promise<{ readonly default: ComponentType<{ readonly input: SignedInput }> }>
}

/** Each area of the console adds its grave verbs. */
export const VERB_WORDS: Readonly<Record<string, VerbWords>> = {}
