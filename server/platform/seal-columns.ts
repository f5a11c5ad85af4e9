// Every sealed column, what it is sealed for and where: the one list that sealing, opening and rotation agree on.
import type { SealContext, SealPurpose } from './seal.ts'

export interface SealedColumn {
  readonly table: string
  readonly column: string
  /** The column that names the row. */
  readonly key: string
  /** The column that names the owner. */
  readonly owner: string
  readonly purpose: SealPurpose
}

export const SEALED_COLUMNS = [
  { table: 'devices', column: 'homeserver_token', key: 'id', owner: 'person_id', purpose: 'homeserver-token' },
  { table: 'services', column: 'homeserver_token', key: 'id', owner: 'id', purpose: 'homeserver-token' },
  { table: 'login_tokens', column: 'homeserver_login_token', key: 'hash', owner: 'sid', purpose: 'login-token' },
  { table: 'approvals', column: 'sealed_token', key: 'hash', owner: 'person_id', purpose: 'login-token' },
  { table: 'outbox', column: 'sealed_link', key: 'id', owner: 'id', purpose: 'enrolment-link' },
  { table: 'clients', column: 'secret', key: 'client_id', owner: 'client_id', purpose: 'client-secret' },
  { table: 'reading_rooms', column: 'room', key: 'pseudonym', owner: 'pseudonym', purpose: 'room' },
  { table: 'signing_keys', column: 'private_jwk', key: 'kid', owner: 'kid', purpose: 'signing-key' },
] as const satisfies readonly SealedColumn[]

export type SealedTable = (typeof SEALED_COLUMNS)[number]['table']

/** Where a value of a table's sealed column lives. `owner` is left out where the row is its own. */
export function sealPlace(table: SealedTable, row: string, owner: string = row): SealContext {
  return { table, row, owner }
}
