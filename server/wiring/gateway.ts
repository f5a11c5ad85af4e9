// Puts the gateway together: who is calling, what it may read, how a tap is asked for, and how a login is bound.
import type { Database } from '../../db/client.ts'
import { approvalStore } from '../../db/stores/approvals.ts'
import { auditStore } from '../../db/stores/audit.ts'
import { bindingsStore } from '../../db/stores/bindings.ts'
import { devicesStore, owedLogoutsStore } from '../../db/stores/devices.ts'
import { existingPeople } from '../../db/stores/existing.ts'
import { recordEnds } from '../../db/stores/incidents.ts'
import { loginTokensStore } from '../../db/stores/login-tokens.ts'
import { enqueueLogout } from '../../db/stores/logout-deliveries.ts'
import { ignoredChanges, meterStore, resumePointStore } from '../../db/stores/metering.ts'
import { deviceFacts } from '../../db/stores/receipts.ts'
import { revocationsStore } from '../../db/stores/revocations.ts'
import { serviceStore } from '../../db/stores/services.ts'
import { signingKeyStore } from '../../db/stores/signing-keys.ts'
import { auditLog } from '../audit/log.ts'
import { controlRoutes } from '../gateway/control-routes.ts'
import { asNamed, policiesByKind, stepUpByKind, withinRooms } from '../gateway/kinds.ts'
import { meteredPipeline } from '../gateway/metered.ts'
import { scannerModule } from '../gateway/node/scanner-module.ts'
import type { StepUp } from '../gateway/ports.ts'
import type { Homeserver } from '../homeserver/port.ts'
import { homeserverExchange } from '../homeserver/relying-party/exchange.ts'
import { relyingPartyHomeserver } from '../homeserver/relying-party/homeserver.ts'
import { roomNames } from '../homeserver/room-names.ts'
import { openScanner } from '../metering/scanner/wasm.ts'
import { keyring } from '../oidc/keys.ts'
import { lastUsed } from '../platform/last-used.ts'
import type { Metrics } from '../platform/metrics.ts'
import { systemWait } from '../platform/wait.ts'
import { defaultPolicy, type MeteringPolicy } from '../policy/defaults.ts'
import { constantPolicy, type PolicyInForce } from '../policy/port.ts'
import { type ExistingRule, existingLogins } from '../sessions/existing.ts'
import { identifyService } from '../sessions/identify.ts'
import { maintainSessions } from '../sessions/maintenance.ts'
import { revocationService } from '../sessions/revocation.ts'
import { DecisionWatch, requestApproval } from '../stepup/request.ts'
import { startDetection } from './detection.ts'
import type { Ground } from './ground.ts'
import { startHeartbeat } from './heartbeat.ts'
import { leavingIncidents } from './incidents.ts'
import { promptedBy } from './notify.ts'
import { everyPeriod } from './periodic.ts'
import { existingRules, ownerOfToken, serviceSpent } from './principals.ts'
import { startReadings } from './readings.ts'

/** How often devices past their end are ended, and homeservers told of ended ones. */
const MAINTENANCE_MS = 5_000

export interface GatewayInput {
  /** Origin of the homeserver behind the gateway. */
  readonly homeserverUrl: string
  readonly metrics: Metrics
  /** The thresholds as they ship, unless given. */
  readonly policy?: MeteringPolicy
  /** A connection of the meters' own: one batch is under way at a time, and nobody else's long question stands in its way. */
  readonly metersDb?: Database
  /** In the place of the database's meters: what a measurement leaves out. */
  readonly meters?: ReturnType<typeof meterStore>
  /** What is in force for whom (wiring/policy.ts); the same thresholds for everybody, unless given. */
  readonly policies?: PolicyInForce & {
    readonly document?: () => { readonly existing_logins: readonly ExistingRule[]; readonly emergency?: unknown }
  }
}

/** The gateway's parts, for the raw server on Node. `stop` ends the feed and the maintenance. */
export function gatewayParts(ground: Ground, input: GatewayInput) {
  const { config, clock, random, log, sealer, db } = ground
  const { policy = defaultPolicy } = input
  const given: NonNullable<GatewayInput['policies']> = input.policies ?? constantPolicy(policy, config.enforce)
  const policies = policiesByKind(given)
  const audit = auditLog({ store: auditStore(db, { gathers: true }), clock })
  const devices = devicesStore(db)
  const owedLogouts = owedLogoutsStore(db)
  const keys = keyring({ ...ground, signingKeys: signingKeyStore(db) })
  const meters = meterStore(input.metersDb ?? db, policy, db)
  const homeserver = relyingPartyHomeserver({
    config,
    exchange: homeserverExchange({ ...config, homeserverUrl: input.homeserverUrl }),
  })
  const revoker = leavingIncidents(
    revocationService({
      audit,
      revocations: revocationsStore(db),
      owedLogouts,
      homeserver,
      enqueueLogout,
      sealer,
      log,
    }),
    { ...ground, meters },
  )
  const detection = startDetection(ground, { audit, revoker, policies, metrics: input.metrics })
  const identify = identifyService({
    config,
    clock,
    log,
    sealer,
    devices,
    revocations: revocationsStore(db),
    keys: { publicKeys: async () => (await keys.jwks()).keys.filter(hasKid) },
    services: serviceStore(db, audit),
    existing:
      config.existingLogins === 'refused'
        ? null
        : existingLogins({
            config,
            clock,
            log,
            ownerOf: ownerOfToken(homeserver),
            people: existingPeople(db),
            rules: () => existingRules(given.document?.()),
          }),
  })
  const control = controlRoutes({
    config,
    clock,
    random,
    log,
    sealer,
    homeserver,
    devices,
    revoker,
    bindings: bindingsStore(db),
    loginTokens: loginTokensStore(db),
    signer: { signAccessToken: (claims) => keys.sign('ES256', 'at+jwt', claims) },
  })
  const stopMaintenance = everyPeriod(MAINTENANCE_MS, log, 'sessions.maintenance_failed', () =>
    maintainSessions({ devices, owedLogouts, homeserver, sealer, log }),
  )
  const stopIncidents = everyPeriod(MAINTENANCE_MS, log, 'incidents.record_failed', () =>
    recordEnds(db, { meters, random }),
  )
  const heartbeat = startHeartbeat(ground)
  const approvals = approvalStore(db, { audit, meters, prompted: promptedBy(ground) })
  const asked = heartbeat.stepUp(detection.stepUp(stepUp(ground, policies, homeserver, identify, approvals)))
  const scanner = openScanner(scannerModule())
  const readings = startReadings(ground, input.metrics)
  const ignoring = ignoredChanges(db)
  const pipeline = meteredPipeline({
    config,
    clock,
    random,
    log,
    sealer,
    meters: input.meters ?? detection.meters(meters),
    policies,
    wait: systemWait,
    metrics: input.metrics,
    resumePoints: resumePointStore(db),
    ignoring,
    stepUp: stepUpByKind(asked, { clock, spent: serviceSpent(ground) }),
    weigh: scanner.weigh,
    see: scanner.see,
    readings: readings.sink,
  })
  return {
    identify,
    control,
    ignoring,
    metered: asNamed(withinRooms(detection.metered(pipeline))),
    sweep: async () => {
      await meters.sweep()
      await detection.sweep()
    },
    stop: async () => {
      await Promise.all([
        identify.feed.stop(),
        stopMaintenance(),
        stopIncidents(),
        detection.stop(),
        readings.stop(),
        heartbeat.stop(),
      ])
    },
  }
}

function stepUp(
  ground: Ground,
  policies: PolicyInForce,
  homeserver: Pick<Homeserver, 'request'>,
  identify: { forget(device: string): void },
  approvals: ReturnType<typeof approvalStore>,
): StepUp {
  const watch = new DecisionWatch({ approvals, clock: ground.clock })
  // Which device an approval was asked for: only to read it again once tapped, so an old one may be forgotten.
  const asked = lastUsed<string, string>(10_000)
  return {
    request: async (ask) => {
      const requested = await requestApproval(
        {
          ...ground,
          policy: policies.for(ask.caller).metering,
          approvals,
          devices: deviceFacts(ground.db),
          roomNames: roomNames(homeserver),
        },
        ask,
      )
      asked.set(requested.approvalHash, ask.caller.device)
      return requested
    },
    decided: async (approvalHash, timeoutMs, signal) => {
      const decision = await watch.decided(approvalHash, timeoutMs, signal)
      const device = asked.get(approvalHash)
      if (decision !== 'pending') asked.delete(approvalHash)
      // The tap ended the device's idleness: what is remembered of it is out of date.
      if (decision === 'approved' && device !== undefined) identify.forget(device)
      return decision
    },
  }
}

function hasKid<Key extends { kid?: string | undefined }>(key: Key): key is Key & { kid: string } {
  return key.kid !== undefined
}
