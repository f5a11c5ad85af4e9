// Keys, and nothing that stands where a key would: a temporary pass is a row of credentials too, and in no list of keys.
import { ne, sql } from 'drizzle-orm'
import type { Acr } from '../../server/webauthn/port.ts'
import { credentials } from '../schema/people.ts'

/** Leaves temporary passes out. Belongs into every question about keys. */
export const isKey = ne(credentials.kind, 'temporary-pass')

/** What a key is, where `isKey` holds. */
export const keyAcr = sql<Acr>`${credentials.acr}`
