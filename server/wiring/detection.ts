// Puts detection beside a gateway: it is told whose meters moved, and gives devices that wait for a tap no history.
import type { Transaction } from '../../db/client.ts'
import { detectionStore } from '../../db/stores/detection.ts'
import type { Audit } from '../audit/port.ts'
import { type Detector, detector } from '../detection/detector.ts'
import { type DetectionPolicy, defaultDetection } from '../detection/port.ts'
import type { Metered } from '../gateway/metered-port.ts'
import type { StepUp } from '../gateway/ports.ts'
import type { MeterStore } from '../metering/port.ts'
import type { Metrics } from '../platform/metrics.ts'
import type { PolicyInForce } from '../policy/port.ts'
import type { Revoker } from '../sessions/revocation.ts'
import type { Ground } from './ground.ts'
import { notifierOf } from './notify.ts'

export interface DetectionInput {
  readonly audit: Pick<Audit, 'append'>
  readonly revoker: Pick<Revoker, 'revoke'>
  readonly metrics: Metrics
  readonly policies: PolicyInForce & { readonly detection?: () => DetectionPolicy }
}

/** Detection on this instance, started. */
export function startDetection(ground: Ground, input: DetectionInput) {
  const store = detectionStore(ground.db)
  const watch = detector({
    ...ground,
    store,
    notifier: notifierOf(ground),
    audit: input.audit,
    metrics: input.metrics,
    // As a person's "this was not me", but nothing is given back: nobody said that it was a thief.
    end: async (device) => void (await input.revoker.revoke('device', device, 'revoked')),
  })
  watch.start()
  return { ...watched(watch, input.policies), stop: () => watch.stop(), sweep: () => store.sweep() }
}

/** Wraps what a gateway is made of, so that detection hears of it and is heard. */
function watched(watch: Detector, policies: DetectionInput['policies']) {
  // Devices whose meters moved since they were last looked at.
  const moved = new Set<string>()
  return {
    meters<Store extends Pick<MeterStore<Transaction>, 'reserve' | 'settle' | 'spend'>>(meters: Store): Store {
      return {
        ...meters,
        reserve: (request) => meters.reserve({ ...request, idle: request.idle || watch.waitsForTap(request.device) }),
        async settle(request) {
          const settled = await meters.settle(request)
          if (settled.state === 'released' && (settled.cost > 0 || settled.alarms.length > 0)) moved.add(request.device)
          return settled
        },
        async spend(request) {
          const idle = request.idle || watch.waitsForTap(request.device)
          const spent = await meters.spend({ ...request, idle })
          const counted = spent.state === 'paid' && (spent.alarms.length > 0 || Object.values(spent.cost).some(Boolean))
          if (counted) moved.add(request.device)
          return spent
        },
      }
    },
    stepUp(stepUp: StepUp): StepUp {
      return {
        ...stepUp,
        async request(ask) {
          const requested = await stepUp.request(ask)
          if (requested.state === 'denied') moved.add(ask.caller.device)
          return requested
        },
      }
    },
    metered(pipeline: Metered): Metered {
      return async (request) => {
        try {
          await pipeline(request)
        } finally {
          const { caller, origin } = request
          // A service reads as a program does, at any hour: its own limits are what holds it.
          if (moved.delete(caller.device) && caller.kind !== 'service') {
            const { metering, enforce, exempt } = policies.for(caller)
            const { device, serverName, personId } = caller
            watch.look(
              { device, serverName, personId, network: origin.network, client: origin.client },
              {
                metering,
                detection: policies.detection?.() ?? defaultDetection,
                enforced: enforce === 'enforce' && exempt === null,
              },
            )
          }
        }
      }
    },
  }
}
