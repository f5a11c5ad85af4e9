// `palier` in the process of the test, as somebody types it: a command costs its work, not the start of a program.
import { vi } from 'vitest'
import { palier } from '../../server/cli/program.ts'

export interface Ran {
  readonly code: number
  /** Standard output: the command's result. */
  readonly out: string
  /** Standard error: what it says on the way. */
  readonly said: string
}

/** Runs a command with these settings and no others. */
export async function typed(env: Readonly<Record<string, string>>, ...words: readonly string[]): Promise<Ran> {
  const written = { out: '', said: '' }
  const kept = (stream: NodeJS.WriteStream, name: 'out' | 'said') =>
    vi.spyOn(stream, 'write').mockImplementation((text) => {
      written[name] += String(text)
      return true
    })
  const spies = [kept(process.stdout, 'out'), kept(process.stderr, 'said')]
  try {
    const code = await palier(words, env)
    return { code, ...written }
  } finally {
    for (const spy of spies) spy.mockRestore()
  }
}
