// What the console's verbs about getting people in stand on, put together on a database.
import { administratorAmong, idsByUsername, linkStore, lostKeyStore } from '../../db/stores/console-enrolment.ts'
import { enrolmentStore } from '../../db/stores/enrolment.ts'
import { expectedKeyStore } from '../../db/stores/expected-keys.ts'
import { outboxStore, personAddressStore } from '../../db/stores/outbox.ts'
import { passStore } from '../../db/stores/passes.ts'
import { peopleStore } from '../../db/stores/people.ts'
import { proofStore } from '../../db/stores/proofs.ts'
import type { AuditOfMany } from '../audit/port.ts'
import type { EnrolmentConsole } from '../console/enrolment/port.ts'
import { letterPayload } from '../notify/letter.ts'
import type { ProofDeps } from '../people/proof.ts'
import { proofProvider } from '../people/proof-provider.ts'
import { sealPlace } from '../platform/seal-columns.ts'
import { newToken } from '../platform/tokens.ts'
import type { Revoker } from '../sessions/revocation.ts'
import type { Ground } from './ground.ts'
import { toldOfRevokedKeys } from './notify.ts'

/** Where whoever redeems a link proves who they are; null where no provider is configured. */
export function proofDeps(ground: Ground, audit: AuditOfMany): ProofDeps | null {
  const { config, db } = ground
  if (config.proof === null) return null
  const provider = proofProvider(config.proof, `${config.issuer}/enrol-proof`)
  return { ...ground, provider, proofs: proofStore(db, audit) }
}

/** Links that one address is sent in an hour at most: a mistake, or somebody's bad will, fills no mailbox. */
const MAILS_AN_HOUR = 6

/** The console's side of enrolment. */
export function enrolmentConsole(ground: Ground, audit: AuditOfMany, revoker: Revoker): EnrolmentConsole {
  const { db, config, random, sealer } = ground
  const people = peopleStore(db, audit)
  const outbox = outboxStore(db)
  const addresses = personAddressStore(config.serverName)
  const sendsMail = config.smtpUrl !== null && config.mailFrom !== null
  return {
    people,
    revoker,
    sendsMail,
    tickets: enrolmentStore(db, audit),
    links: linkStore(db, audit),
    expected: expectedKeyStore(db, audit),
    passes: passStore(db, audit),
    lost: lostKeyStore(db, audit, toldOfRevokedKeys(ground)),
    idsOf: (usernames) => idsByUsername(db, usernames),
    administratorAmong: (ids) => administratorAmong(db, ids),
    addressOf: async ({ id }) => (sendsMail ? (await db.transaction((tx) => addresses.of(id, tx))).email : null),
    async mailLink({ to, personId, about, letter, link }, tx) {
      const { locale } = await addresses.of(personId, tx)
      const id = newToken('notification', random)
      return outbox.enqueue(
        {
          id,
          channel: 'mail',
          target: to,
          about,
          payload: letterPayload(letter, locale),
          sealedLink: sealer.seal('enrolment-link', sealPlace('outbox', id), link),
          serverName: null,
        },
        tx,
        MAILS_AN_HOUR,
      )
    },
  }
}
