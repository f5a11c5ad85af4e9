// What a command of `palier` prints, without printing it.
import { vi } from 'vitest'

/** Runs a command and resolves with what it wrote to standard output, trimmed. What it writes beside that is dropped. */
export async function printedBy(command: () => Promise<unknown>): Promise<string> {
  let printed = ''
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      printed += String(text)
      return true
    }),
    vi.spyOn(process.stderr, 'write').mockImplementation(() => true),
  ]
  try {
    await command()
    return printed.trim()
  } finally {
    for (const spy of spies) spy.mockRestore()
  }
}
