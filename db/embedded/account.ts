// Postgres refuses to run as root. Started by root, it runs as a lesser account; otherwise as whoever started it.
import { readFileSync } from 'node:fs'

export interface Account {
  readonly uid: number
  readonly gid: number
  readonly name: string
}

/**
 * The account to run Postgres as, or null for our own. `owner` is the uid that already owns the files, if any: it is
 * kept, so that a restart can read what the last run wrote.
 */
export function postgresAccount(owner: number | null = null): Account | null {
  if (process.getuid?.() !== 0) return null
  const accounts = readAccounts()
  const wanted = [
    accounts.find((account) => account.uid === owner && owner !== 0),
    ...['palier', 'postgres', 'nobody'].map((name) => accounts.find((account) => account.name === name)),
  ]
  const found = wanted.find((account) => account !== undefined && account.uid !== 0)
  if (!found) {
    throw new Error(
      'started as root, and there is no account to run Postgres as: add one named palier, start as another user, or set PALIER_DATABASE_URL',
    )
  }
  return found
}

// initdb looks its user up by uid, so only accounts that the system lists will do.
function readAccounts(): Account[] {
  let text: string
  try {
    text = readFileSync('/etc/passwd', 'utf8')
  } catch {
    return []
  }
  return text.split('\n').flatMap((line) => {
    const [name, , uid, gid] = line.split(':')
    return name && uid && gid ? [{ name, uid: Number(uid) >>> 0, gid: Number(gid) >>> 0 }] : []
  })
}
