// The letter that is about to be printed: handed from the dialog that made its link to the page that shows it, and kept nowhere else.

export interface LetterToPrint {
  readonly name: string
  readonly url: string
  readonly uses: number
  /** ISO 8601. */
  readonly expiresAt: string
  /** The page to go back to. */
  readonly from: string
}

let waiting: LetterToPrint | null = null

export function handLetter(letter: LetterToPrint): void {
  waiting = letter
}

/** The letter, once. */
export function takeLetter(): LetterToPrint | null {
  const letter = waiting
  waiting = null
  return letter
}
