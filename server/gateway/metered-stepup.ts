// The ladder when nothing is left: wait for the person's own reservations, hold the request while the prompt reaches the
// person, then an answer that stock clients retry (429) or that step-up aware ones act on (401).

import type { Config } from '../config/config.ts'
import { type MatrixError, matrixError } from '../errors/matrix.ts'
import type { Metrics } from '../platform/metrics.ts'
import type { Wait } from '../platform/wait.ts'
import type { AllowanceMeter } from '../policy/defaults.ts'
import { consentDialog } from './consent-dialog.ts'
import type { MeteredRequest } from './metered-port.ts'
import type { Ask, PendingApproval, StepUp } from './ports.ts'

/** The request field by which a client declares itself step-up aware, beside what its sign-in declared. */
export const STEP_UP_AWARE_HEADER = 'x-palier-step-up'

const HELD_A_DEVICE = 2
/** How long the person's own unsettled reservations are waited for, in growing steps. */
const SETTLE_STEPS_MS = [25, 50, 100, 200, 400, 800]
const RETRY_PENDING_MS = 5_000
const RETRY_DENIED_MS = 300_000

/** Nothing left: what the person's own unsettled reservations hold may come back within moments. */
export interface Refused {
  readonly state: 'refused'
  readonly held: number
}

export interface Ladder {
  /**
   * Tries again until granted or out of rungs. `retry` reserves anew, past any memory of refusals. The outcome is what was
   * granted, or the answer to send; `gone` when the client or the device is no more.
   */
  climb<Outcome extends { readonly state: 'granted' } | Refused>(
    request: MeteredRequest,
    refused: Refused,
    ask: Ask,
    retry: () => Promise<Outcome>,
  ): Promise<Climbed<Extract<Outcome, { readonly state: 'granted' }>>>
  /** The answer for a request that is not held: its approval is asked for all the same. */
  answer(request: MeteredRequest, ask: Ask): Promise<{ answer: MatrixError; reason: string }>
}

export type Climbed<Granted> =
  | { readonly granted: Granted; readonly heldMs: number }
  | { readonly granted: null; readonly answer: MatrixError | null; readonly reason: string; readonly heldMs: number }

export function stepUpLadder(deps: {
  config: Pick<Config, 'holdSeconds'> & Partial<Pick<Config, 'consentDialog'>>
  stepUp: StepUp
  wait: Wait
  metrics: Metrics
  clock: { now(): number }
}): Ladder {
  const slots = heldSlots()
  const dialog = consentDialog(deps.config)
  let held = 0

  async function hold(
    request: MeteredRequest,
    approval: PendingApproval,
  ): Promise<'approved' | 'denied' | 'pending' | 'expired'> {
    deps.metrics.set('palier_held_requests', {}, ++held)
    try {
      const signal = AbortSignal.any([request.signal, request.draining])
      return await deps.stepUp.decided(approval.approvalHash, deps.config.holdSeconds * 1_000, signal)
    } finally {
      deps.metrics.set('palier_held_requests', {}, --held)
    }
  }

  const over = (approval: PendingApproval, ask: Ask, state: 'pending' | 'denied') =>
    state === 'denied' ? limitExceeded(approval, RETRY_DENIED_MS, ask) : limitExceeded(approval, RETRY_PENDING_MS, ask)

  return {
    async climb<Outcome extends { readonly state: 'granted' } | Refused>(
      request: MeteredRequest,
      refused: Refused,
      ask: Ask,
      retry: () => Promise<Outcome>,
    ): Promise<Climbed<Extract<Outcome, { readonly state: 'granted' }>>> {
      type Granted = Extract<Outcome, { readonly state: 'granted' }>
      const startedMs = deps.clock.now()
      const heldMs = () => deps.clock.now() - startedMs
      let last: { readonly held: number } = refused
      for (const step of SETTLE_STEPS_MS) {
        if (last.held === 0 || request.signal.aborted || request.draining.aborted) break
        await deps.wait(step, request.signal)
        const again = await retry()
        if (again.state === 'granted') return { granted: again as Granted, heldMs: heldMs() }
        last = again as Refused
      }
      if (request.signal.aborted) return { granted: null, answer: null, reason: 'client-gone', heldMs: heldMs() }

      const approval = await deps.stepUp.request(ask)
      if (approval.state === 'denied') {
        return { granted: null, answer: over(approval, ask, 'denied'), reason: deniedReason(ask), heldMs: heldMs() }
      }
      if (isAware(request))
        return { granted: null, answer: insufficient(approval), reason: ask.reason, heldMs: heldMs() }
      const shown = dialog(request, ask, approval)
      if (shown) return { granted: null, answer: shown, reason: ask.reason, heldMs: heldMs() }
      const release = deps.config.holdSeconds > 0 && !request.draining.aborted ? slots.take(ask) : null
      if (release === null)
        return { granted: null, answer: over(approval, ask, 'pending'), reason: ask.reason, heldMs: heldMs() }
      try {
        const decision = await hold(request, approval)
        if (request.signal.aborted) return { granted: null, answer: null, reason: 'client-gone', heldMs: heldMs() }
        if (decision === 'denied') {
          return { granted: null, answer: over(approval, ask, 'denied'), reason: 'denied', heldMs: heldMs() }
        }
        // Told to go, the process takes on nothing more: the next one serves the repetition.
        if (request.draining.aborted) {
          return { granted: null, answer: over(approval, ask, 'pending'), reason: ask.reason, heldMs: heldMs() }
        }
        // Whatever was decided, something may have become free meanwhile.
        const again = await retry()
        if (again.state === 'granted') return { granted: again as Granted, heldMs: heldMs() }
        return { granted: null, answer: over(approval, ask, 'pending'), reason: ask.reason, heldMs: heldMs() }
      } finally {
        release()
      }
    },
    async answer(request, ask) {
      const approval = await deps.stepUp.request(ask)
      if (approval.state === 'denied') return { answer: over(approval, ask, 'denied'), reason: deniedReason(ask) }
      return { answer: isAware(request) ? insufficient(approval) : over(approval, ask, 'pending'), reason: ask.reason }
    },
  }
}

/** Nobody was asked about a service, nor about a temporary pass. */
const deniedReason = (ask: Ask): string =>
  ask.caller.kind === 'service' ? 'service-budget' : ask.caller.temporary === true ? 'temporary-pass' : 'denied'

function isAware(request: MeteredRequest): boolean {
  if (request.caller.stepUpAware) return true
  return request.headers.some(([name, value]) => name === STEP_UP_AWARE_HEADER && value.trim() === '1')
}

/** What waits, meter by meter. */
const WAITING: Readonly<Record<AllowanceMeter, string>> = {
  archive: 'Older messages past the threshold wait',
  state: 'Members and settings of rooms past the threshold wait',
  directory: 'Directory entries past the threshold wait',
  'media-bytes': 'Files past the threshold wait',
  'media-files': 'Files past the threshold wait',
  'key-backup': 'Keys of the backup wait',
  joins: 'Joining more rooms waits',
  pushers: 'A new push address waits',
}

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1)

// 429 and not 403: matrix clients retry it, log nobody out, and keep their place.
function limitExceeded(approval: PendingApproval, retryMs: number, ask: Ask): MatrixError {
  if (ask.caller.kind === 'service') {
    return matrixError('M_LIMIT_EXCEEDED', 429, 'This service has spent its budget', { retry_after_ms: retryMs })
  }
  if (ask.caller.temporary === true) {
    const message = 'A temporary pass reads new messages only. Sign in with a key to read older ones'
    return matrixError('M_LIMIT_EXCEEDED', 429, message, { retry_after_ms: retryMs })
  }
  const what = ask.reason === 'idle' ? `This device was idle: ${lowerFirst(WAITING[ask.meter])}` : WAITING[ask.meter]
  const message = `${what} for a tap of your security key. Open the link to approve.`
  return matrixError('M_LIMIT_EXCEEDED', 429, message, { retry_after_ms: retryMs, approval_uri: approval.approvalUri })
}

// MSC4363, identifiers under its unstable prefix, and RFC 9470 §3.
function insufficient(approval: PendingApproval): MatrixError {
  const answer = matrixError(
    'org.matrix.msc4363.M_INSUFFICIENT_USER_AUTHENTICATION',
    401,
    'A fresh tap of your security key is needed',
    { 'org.matrix.msc4363.acr_values': 'phrh', 'org.matrix.msc4363.max_age': 0, approval_uri: approval.approvalUri },
  )
  const challenge =
    'Bearer error="insufficient_user_authentication", error_description="A fresh tap of a security key is needed", ' +
    'acr_values="phrh", max_age="0"'
  return { ...answer, headers: [...answer.headers, ['www-authenticate', challenge]] }
}

// At most two held requests a device and one a device and room: HTTP/1.1 browsers have six connections.
function heldSlots() {
  const devices = new Map<string, Set<string>>()
  return {
    take(ask: Ask): (() => void) | null {
      const { device } = ask.caller
      const room = `${ask.meter} ${ask.rooms[0] ?? ''}`
      const rooms = devices.get(device) ?? new Set<string>()
      if (rooms.size >= HELD_A_DEVICE || rooms.has(room)) return null
      rooms.add(room)
      devices.set(device, rooms)
      return () => {
        rooms.delete(room)
        if (rooms.size === 0) devices.delete(device)
      }
    },
  }
}
