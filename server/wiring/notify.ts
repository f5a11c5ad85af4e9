// What features enqueue through, on every runtime: the notifier, and prompts as they are told of.

import type { Transaction } from '../../db/client.ts'
import { alertLog } from '../../db/stores/alerts.ts'
import type { GivenKey } from '../../db/stores/enrolment.ts'
import { alertAddressStore, outboxStore, ownersOf, personAddressStore } from '../../db/stores/outbox.ts'
import { newKeyExplanation, newKeyLetter } from '../notify/new-key.ts'
import { notifier } from '../notify/notifier.ts'
import { revokedKeysLetter } from '../notify/revoked-key.ts'
import type { ToldOfRevokedKeys } from '../people/port.ts'
import type { NewApproval } from '../stepup/port.ts'
import type { Ground } from './ground.ts'

/** The notifier of a process, by its configuration. */
export function notifierOf(ground: Ground) {
  const { config, db, clock, random, log } = ground
  return notifier({
    outbox: outboxStore(db),
    addresses: alertAddressStore(db),
    people: personAddressStore(config.serverName),
    kept: alertLog,
    clock,
    random,
    log,
    serverNotices: config.synapseAdminTokenFile !== null,
    receivers: config.webhooks.map(({ name }) => name),
    mailTo: config.smtpUrl === null ? null : config.alertMailTo,
  })
}

const ENDED_BY_THEIR_PERSON = {
  'not-me': {
    fr: 'La personne a dit que ce n’était pas elle : l’appareil a été déconnecté. Quelqu’un d’autre s’en servait peut-être.',
    en: 'The person said that it was not them: the device was signed out. Somebody else may have been using it.',
  },
  'three-denials': {
    fr: 'La personne a refusé trois demandes de cet appareil : il a été déconnecté. Quelqu’un d’autre s’en servait peut-être.',
    en: 'The person denied three requests of this device: it was signed out. Somebody else may have been using it.',
  },
} as const

/** For revocations: owes operators word of devices that their own person disowned. */
export function disownedBy(ground: Ground) {
  const { alert } = notifierOf(ground)
  return async (tx: Transaction, ended: readonly string[], reason: string): Promise<void> => {
    if (reason !== 'not-me' && reason !== 'three-denials') return
    for (const { device, personId, serverName } of await ownersOf(tx, ended)) {
      const explanation = ENDED_BY_THEIR_PERSON[reason]
      await alert({ kind: 'device-ended', action: 'end', serverName, personId, device, explanation, evidence: {} }, tx)
    }
  }
}

/** For the store of enrolment: tells the person of another key, and everybody who gets alerts of one that an administrator was given a way to. */
export function toldOfGivenKeys(ground: Ground): (key: GivenKey, tx: Transaction) => Promise<void> {
  const { alert, tell } = notifierOf(ground)
  const { clock, config } = ground
  return async ({ personId, credentialId, ...key }, tx) => {
    const given = { ...key, at: new Date(clock.now()), issuer: config.issuer }
    const { serverName } = config
    // What administrators add from their own page is their own doing.
    if (key.isAdministrator && key.way !== 'self') {
      const explanation = newKeyExplanation(given)
      await alert(
        { kind: 'administrator-key', action: 'alert', serverName, personId, device: null, explanation, evidence: {} },
        tx,
      )
    }
    await tell({ personId, about: credentialId, letter: newKeyLetter(given) }, tx)
  }
}

/** For whatever revokes keys: tells their person. What a model’s metadata cuts off is told elsewhere (./cut-off.ts). */
export function toldOfRevokedKeys(ground: Ground): ToldOfRevokedKeys {
  const { tell } = notifierOf(ground)
  const { clock, config } = ground
  return async ({ personId, keys, actor }, tx) => {
    const [first] = keys
    if (first === undefined) return
    const by = actor === personId ? 'self' : actor.startsWith('per_') ? 'administrator' : 'server'
    const names = keys.map(({ name }) => name)
    const letter = revokedKeysLetter({ names, by, at: new Date(clock.now()), issuer: config.issuer })
    await tell({ personId, about: `revoked ${first.id}`, letter }, tx)
  }
}

/** For the store of approvals: owes the person word of a new prompt. */
export function promptedBy(ground: Ground): (approval: NewApproval, tx: Transaction) => Promise<void> {
  const { prompted } = notifierOf(ground)
  return async ({ hash, personId, serverName, intent }, tx) => {
    const { user_id: userId } = JSON.parse(intent) as { user_id?: string }
    if (userId !== undefined) await prompted({ approvalHash: hash, personId, serverName, userId }, tx)
  }
}
