// What there is to rob: at least 100,000 messages, people, files, a key backup and public rooms.
import type { PastToSeed } from '../../../test/support/synapse-past.ts'
import { THREADS } from './attacks.ts'

export const OWNER = 'owner'

/** More rooms than may be read in a day, more people than the directory gives out, more of everything than its meter lets go. */
export function pastOf(quick: boolean): PastToSeed {
  const rooms = quick ? 160 : 200
  const messages = quick ? 60 : 520
  return {
    owners: [OWNER],
    rooms: [
      { name: 'Archive', count: rooms - 10, messages, threads: THREADS },
      { name: 'Ciphered', count: 8, messages, encrypted: true },
      { name: 'Noisy', count: 2, messages: quick ? 600 : 1_000, notified: true, threads: THREADS },
      { name: 'Public', count: quick ? 60 : 300, listed: true, members: [] },
    ],
    people: quick ? 2_000 : 5_000,
    files: quick ? 60 : 400,
    file_bytes: 65_536,
    pictures: quick ? 20 : 150,
    backup_sessions: quick ? 300 : 1_000,
  }
}

/** Local parts of the people (synapse_seed.py names them so). */
export function peopleOf({ people = 0 }: PastToSeed): string[] {
  return Array.from({ length: people }, (_, number) => `agent${String(number).padStart(5, '0')}`)
}
