// When keys are cut off with their model: what their people and the operators are told, and how the change is made.
import type { Transaction } from '../../db/client.ts'
import { metadataStore } from '../../db/stores/metadata.ts'
import { metadataChanges } from '../../db/stores/metadata-changes.ts'
import type { AuditOfMany } from '../audit/port.ts'
import { cutOffLetter } from '../notify/cut-off.ts'
import type { MetadataDeps } from '../webauthn/metadata.ts'
import type { MetadataChange } from '../webauthn/port.ts'
import type { Ground } from './ground.ts'
import { notifierOf } from './notify.ts'

/** What imports and re-evaluations work with. */
export function metadataDeps(ground: Ground, audit: AuditOfMany): MetadataDeps {
  const { clock, db } = ground
  return { clock, metadata: metadataStore(db), changes: metadataChanges(db, { audit, told: cutOffTold(ground) }) }
}

function cutOffTold(ground: Ground) {
  const { tell, alert } = notifierOf(ground)
  const { issuer, serverName } = ground.config
  return async (tx: Transaction, { cutOff, nameOf, at }: MetadataChange): Promise<void> => {
    const byPerson = Map.groupBy(cutOff, ({ key }) => key.person.id)
    for (const [personId, keys] of byPerson) {
      const left = (keys[0]?.key.person.keys ?? 0) - keys.length
      const letter = cutOffLetter({
        keys: keys.map(({ key }) => ({ name: key.name, model: nameOf(key.aaguid) })),
        left,
        at,
        issuer,
      })
      await tell({ personId, about: `cut-off ${keys[0]?.key.id}`, letter }, tx)
    }
    const names = [...new Set(cutOff.map(({ key }) => nameOf(key.aaguid)))]
    const list = `${names.slice(0, 5).join(', ')}${names.length > 5 ? ', …' : ''}`
    const none = [...byPerson].filter(([, keys]) => (keys[0]?.key.person.keys ?? 0) <= keys.length).length
    await alert(
      {
        kind: 'keys-cut-off',
        action: 'end',
        serverName,
        personId: byPerson.size === 1 ? ([...byPerson.keys()][0] ?? null) : null,
        device: null,
        explanation: {
          fr: `Des clés de sécurité ne servent plus : leur modèle n’est plus sûr d’après les métadonnées (${list}). Ce qui avait été ouvert avec elles a été déconnecté.`,
          en: `Security keys no longer work: their model is no longer safe according to the metadata (${list}). What was opened with them has been signed out.`,
        },
        evidence: { keys: cutOff.length, people: byPerson.size, left_with_none: none },
      },
      tx,
    )
  }
}
