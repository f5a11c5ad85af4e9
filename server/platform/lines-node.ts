// A file that only grows, on Node: lines are added and on the disk before that is said.
import { open, stat } from 'node:fs/promises'

const TAIL_BYTES = 8_192

export interface LineFile {
  /** The last whole line; null when there is none. */
  last(): Promise<string | null>
  append(lines: readonly string[]): Promise<void>
}

/** The file at `path`; made, readable by its owner, when the first line is added. */
export function nodeLineFile(path: string): LineFile {
  return {
    async last() {
      const size = await stat(path).then(
        (found) => found.size,
        () => 0,
      )
      if (size === 0) return null
      const file = await open(path, 'r')
      try {
        const length = Math.min(size, TAIL_BYTES)
        const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length)
        return buffer.toString('utf8').trimEnd().split('\n').at(-1) ?? null
      } finally {
        await file.close()
      }
    },

    async append(lines) {
      if (lines.length === 0) return
      const file = await open(path, 'a', 0o600)
      try {
        await file.appendFile(lines.map((line) => `${line}\n`).join(''))
        await file.sync()
      } finally {
        await file.close()
      }
    },
  }
}
