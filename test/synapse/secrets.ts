// What a search for secrets looks at: each of their forms, and everything that a database holds.
import type { TestDatabase } from '../support/database.ts'

/** A secret as it may stand in bytes: plain, URL-encoded, hexadecimal, base64. */
export function formsOf(secret: string): Record<string, string> {
  // Base64 of a text inside another begins at one of three offsets; only the inner characters are the same.
  const shifted = [0, 1, 2].map((offset) => {
    const whole = Buffer.from('x'.repeat(offset) + secret)
      .toString('base64')
      .replace(/=+$/, '')
    return whole.slice(offset === 0 ? 0 : offset + 1, -2)
  })
  return {
    plain: secret,
    'url-encoded': encodeURIComponent(secret),
    'url-encoded whole': [...Buffer.from(secret)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join(''),
    hex: Buffer.from(secret).toString('hex'),
    base64: shifted[0] as string,
    'base64, one on': shifted[1] as string,
    'base64, two on': shifted[2] as string,
    base64url: (shifted[0] as string).replaceAll('+', '-').replaceAll('/', '_'),
  }
}

/** Every column of every table, as text. */
export async function dumpOf({ sql }: Pick<TestDatabase, 'sql'>): Promise<string> {
  const tables = await sql<{ schema: string; name: string }[]>`
    select table_schema as schema, table_name as name from information_schema.tables
    where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`
  const parts: string[] = []
  for (const { schema, name } of tables) {
    for (const row of await sql.unsafe(
      `select t::text as row, to_json(t)::text as json from "${schema}"."${name}" t`,
    )) {
      const text = `${name}: ${row['row']} ${row['json']}`
      parts.push(text)
      // A bytea column shows as hexadecimal digits.
      for (const [, hex] of text.matchAll(/\\x([0-9a-f]+)/g))
        parts.push(Buffer.from(hex ?? '', 'hex').toString('latin1'))
    }
  }
  return parts.join('\n')
}
