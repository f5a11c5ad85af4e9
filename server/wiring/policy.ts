// The policy in force, read again every second, for whatever part of the process asks.

import type { Database, Transaction } from '../../db/client.ts'
import { auditStore } from '../../db/stores/audit.ts'
import { groupIdsOf } from '../../db/stores/groups.ts'
import { latestPolicy, policyAt, policyStore } from '../../db/stores/policy.ts'
import { auditLog } from '../audit/log.ts'
import type { Config } from '../config/config.ts'
import type { MeterStore } from '../metering/port.ts'
import type { MeteringPolicy } from '../policy/defaults.ts'
import { POLICY_PERIOD_MS, type PolicyFeed, policyInForce } from '../policy/in-force.ts'
import { resolver } from '../policy/resolve.ts'
import { policyNow } from '../policy/versions.ts'
import type { Ground } from './ground.ts'
import { everyPeriod } from './periodic.ts'

/**
 * Reads the policy and keeps it fresh until `stop`. Rejects when it cannot be read at all: a process does not start on thresholds
 * that are not those in force. `code`: the thresholds that what ships, and what a document leaves to the code, come from.
 */
export async function policyParts(
  ground: Pick<Ground, 'clock' | 'log' | 'db'> & { readonly config: Pick<Config, 'serverName' | 'enforce'> },
  code?: MeteringPolicy,
): Promise<{ policies: PolicyFeed; stop(): Promise<void> }> {
  const { config, clock, log, db } = ground
  const policies = await policyInForce({
    store: policyStore(db, auditLog({ store: auditStore(db), clock })),
    clock,
    log,
    serverName: config.serverName,
    operator: config.enforce,
    ...(code && { code }),
  })
  const stop = everyPeriod(POLICY_PERIOD_MS, log, 'policy.not-read', () => policies.refresh())
  return { policies, stop }
}

/**
 * Meters whose limits are those in force for the person, read with what is asked: for id, where a tap or a page is rare enough for
 * a query, on Workers too.
 */
export function metersInForce(
  { db, clock }: Pick<Ground, 'db' | 'clock'>,
  meters: MeterStore<Transaction>,
): Pick<MeterStore<Transaction>, 'grantAllowance'> & {
  /** `at`: by the limits that were in force then, for the groups that the person is in now; what is used is what is used now. */
  remaining(serverName: string, personId: string, at?: Date): ReturnType<MeterStore['remaining']>
} {
  const limits = async (from: Database | Transaction, personId: string, at?: Date): Promise<MeteringPolicy> => {
    const latest = () => (at === undefined ? latestPolicy(from) : policyAt(from, at))
    const { document, number } = await policyNow({ latest })
    const subject = { personId, groups: await groupIdsOf(from, personId), userId: '', client: '' }
    return resolver(document, { version: number }).for(subject, at?.getTime() ?? clock.now()).metering
  }
  return {
    grantAllowance: async (tx, grant) =>
      meters.grantAllowance(tx, { ...grant, policy: await limits(tx, grant.personId) }),
    remaining: async (serverName, personId, at) =>
      meters.remaining(serverName, personId, await limits(db, personId, at)),
  }
}
