// A secret in a file of the operator's.
import { readFile } from 'node:fs/promises'

const MOST_BYTES = 4_096

/** The file's one line. Throws when it cannot be read, is empty, or holds more than a token would. */
export async function readSecretFile(path: string): Promise<string> {
  const text = (await readFile(path, 'utf8')).trim()
  if (text === '' || text.length > MOST_BYTES || /\s/.test(text)) throw new Error('the file does not hold one token')
  return text
}
