// A key that its owner reports lost: revoked, with all that hangs on it, in one transaction.
import type { Audit } from '../audit/port.ts'
import type { ToldOfRevokedKeys } from '../people/port.ts'
import type { Revoker } from '../sessions/revocation.ts'
import type { AccountStore, KeyEnder } from './port.ts'

export interface LostKeyDeps {
  readonly account: Pick<AccountStore, 'keys'>
  readonly revoker: Pick<Revoker, 'revoke'>
  readonly audit: Pick<Audit, 'append'>
  readonly told: ToldOfRevokedKeys
}

/** See `KeyEnder`. Throws where the database refuses to lose the last owner (errors/database.ts). */
export function lostKeys({ account, revoker, audit, told }: LostKeyDeps): KeyEnder {
  return {
    reportLost: async (personId, key) => {
      const own = (await account.keys(personId)).find(({ id }) => id === key)
      if (own === undefined) return false
      const detail = { person: personId, name: own.name, reason: 'key-lost' }
      await revoker.revoke('credential', key, 'key-lost', {
        actor: personId,
        detail: { person: personId },
        also: async (tx) => {
          await told({ personId, keys: [{ id: key, name: own.name }], actor: personId }, tx)
          await audit.append({ action: 'key.reported-lost', actor: personId, subject: key, detail }, tx)
        },
      })
      return true
    },
  }
}
