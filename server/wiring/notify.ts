// What features enqueue through, on every runtime: the notifier, and prompts as they are told of.

import type { Transaction } from '../../db/client.ts'
import { alertAddressStore, outboxStore } from '../../db/stores/outbox.ts'
import { notifier } from '../notify/notifier.ts'
import type { NewApproval } from '../stepup/port.ts'
import type { Ground } from './ground.ts'

/** The notifier of a process, by its configuration. */
export function notifierOf(ground: Ground) {
  const { config, db, clock, random, log } = ground
  return notifier({
    outbox: outboxStore(db),
    addresses: alertAddressStore(db),
    clock,
    random,
    log,
    serverNotices: config.synapseAdminTokenFile !== null,
    receivers: config.webhooks.map(({ name }) => name),
    mailTo: config.smtpUrl === null ? null : config.alertMailTo,
  })
}

/** For the store of approvals: owes the person word of a new prompt. */
export function promptedBy(ground: Ground): (approval: NewApproval, tx: Transaction) => Promise<void> {
  const { prompted } = notifierOf(ground)
  return async ({ hash, personId, serverName, intent }, tx) => {
    const { user_id: userId } = JSON.parse(intent) as { user_id?: string }
    if (userId !== undefined) await prompted({ approvalHash: hash, personId, serverName, userId }, tx)
  }
}
