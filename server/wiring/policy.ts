// The policy in force, read again every second, for whatever part of the process asks.
import { auditStore } from '../../db/stores/audit.ts'
import { policyStore } from '../../db/stores/policy.ts'
import { auditLog } from '../audit/log.ts'
import type { MeteringPolicy } from '../policy/defaults.ts'
import { POLICY_PERIOD_MS, type PolicyFeed, policyInForce } from '../policy/in-force.ts'
import type { Ground } from './ground.ts'
import { everyPeriod } from './periodic.ts'

/**
 * Reads the policy and keeps it fresh until `stop`. Rejects when it cannot be read at all: a process does not start on thresholds
 * that are not those in force. `code`: the thresholds that what ships, and what a document leaves to the code, come from.
 */
export async function policyParts(
  ground: Ground,
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
