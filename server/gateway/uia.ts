// User-interactive authentication: the homeserver asks for it, a tap at id gives it, for one operation of one device, once.
import type { Config } from '../config/config.ts'
import { type Homeserver, type HomeserverAnswer, HomeserverUnreachable } from '../homeserver/port.ts'
import type { Clock } from '../platform/clock.ts'
import type { Log } from '../platform/log.ts'
import { hashToken } from '../platform/tokens.ts'
import type { Caller } from '../sessions/caller.ts'
import type { DeviceStore } from '../sessions/port.ts'
import type { Revoker } from '../sessions/revocation.ts'
import type { BindingStore } from './binding-port.ts'
import { json, jsonObject, matrixFailure } from './control-answer.ts'
import type { ControlContext } from './control-port.ts'
import { type UiaOperation, uiaOperation } from './uia-operation.ts'

export interface UiaDeps {
  readonly config: Pick<Config, 'serverName'>
  readonly clock: Clock
  readonly log: Log
  readonly homeserver: Pick<Homeserver, 'request'>
  readonly bindings: BindingStore
  readonly devices: Pick<DeviceStore, 'live'>
  readonly revoker: Revoker
}

/** The homeserver takes the first cross-signing keys without asking (MSC3967): only that soon after a tap. */
const FIRST_KEYS_MS = 10 * 60_000
const SSO_ONLY = [{ stages: ['m.login.sso'] }]

/** Answers an operation that a homeserver asks a confirmation for. */
export async function uia(deps: UiaDeps, request: Request, context: ControlContext): Promise<Response> {
  const { caller, route } = context
  if (!caller) return matrixFailure('M_MISSING_TOKEN', 401, 'Missing access token')
  const body = await jsonObject(request)
  if (body instanceof Response) return body
  const operation = uiaOperation(route.row.id, route.params, body)
  if (!operation) return matrixFailure('M_BAD_JSON', 400, 'The request does not say what it is for')
  try {
    const auth = body['auth']
    return auth === undefined || auth === null
      ? await begin(deps, operation, caller, context)
      : await resume(deps, operation, caller, context, auth)
  } catch (error) {
    if (!(error instanceof HomeserverUnreachable)) throw error
    deps.log.warn('uia.homeserver_unreachable', { detail: error.message })
    return matrixFailure('M_UNKNOWN', 502, 'The homeserver does not answer')
  }
}

async function begin(
  deps: UiaDeps,
  operation: UiaOperation,
  caller: Caller,
  context: ControlContext,
): Promise<Response> {
  if (operation.action === 'cross-signing-reset' && deps.clock.now() - caller.lastTapAtMs > FIRST_KEYS_MS) {
    if (!(await hasCrossSigningKeys(deps, caller))) return askForFirstKeys(deps, operation, caller, context)
  }
  return forward(deps, operation, caller, context, undefined)
}

/** An operation that homeservers always want confirmed, and that does nothing even then. */
const NOTHING_TO_CONFIRM = {
  method: 'POST',
  target: '/_matrix/client/v3/delete_devices',
  body: { devices: [] },
} as const

// The homeserver itself would take first keys from anyone with a token. It is asked for a confirmation of nothing; the tap that
// gives it is kept here for these keys, and that session confirms nothing else, neither here nor there.
async function askForFirstKeys(
  deps: UiaDeps,
  operation: UiaOperation,
  caller: Caller,
  context: ControlContext,
): Promise<Response> {
  const answer = await deps.homeserver.request({
    ...NOTHING_TO_CONFIRM,
    token: caller.homeserverToken,
    origin: context.origin,
  })
  const { session, flows } = objectOf(answer)
  if (answer.status === 401 && typeof session === 'string') {
    return ask(deps, operation, caller, context, session, flows)
  }
  const why = 'First cross-signing keys are taken only soon after a tap: sign in again'
  return matrixFailure('M_FORBIDDEN', 403, why)
}

async function resume(
  deps: UiaDeps,
  operation: UiaOperation,
  caller: Caller,
  context: ControlContext,
  auth: unknown,
): Promise<Response> {
  const { type, session } = typeof auth === 'object' ? (auth as Record<string, unknown>) : {}
  if (type !== undefined && type !== 'm.login.sso') {
    return matrixFailure('M_FORBIDDEN', 403, 'The only confirmation is a tap of a security key')
  }
  if (typeof session !== 'string' || session === '') return matrixFailure('M_BAD_JSON', 400, 'Invalid auth.session')
  const hash = hashToken(session)
  const state = await deps.bindings.uiaState(hash, caller.device, operation.targetHash)
  if (state === 'waiting') return challenge(session)
  if (state !== 'confirmed' || !(await deps.bindings.useUia(hash, caller.device, operation.targetHash))) {
    deps.log.warn('uia.refused', { device: caller.device, action: operation.action, state })
    return matrixFailure('M_FORBIDDEN', 403, 'This confirmation is for another operation, or was used')
  }
  return forward(deps, operation, caller, context, session)
}

async function forward(
  deps: UiaDeps,
  operation: UiaOperation,
  caller: Caller,
  context: ControlContext,
  session: string | undefined,
): Promise<Response> {
  const { method, target, body } = operation
  const answer = await deps.homeserver.request({
    method,
    target,
    token: caller.homeserverToken,
    body: session === undefined ? body : { ...body, auth: { session } },
    origin: context.origin,
  })
  const content = objectOf(answer)
  if (answer.status === 401 && typeof content['session'] === 'string') {
    return ask(deps, operation, caller, context, content['session'], content['flows'])
  }
  if (answer.status >= 200 && answer.status < 300) await afterwards(deps, operation, caller)
  return passed(answer, content)
}

async function ask(
  deps: UiaDeps,
  operation: UiaOperation,
  caller: Caller,
  context: ControlContext,
  session: string,
  flows: unknown,
): Promise<Response> {
  const byTap = Array.isArray(flows) && flows.some((flow) => JSON.stringify(flow?.stages) === '["m.login.sso"]')
  if (!byTap) return matrixFailure('M_FORBIDDEN', 403, 'The homeserver offers no confirmation by single sign-on')
  const kept = await deps.bindings.beginUia({
    hash: hashToken(session),
    serverName: deps.config.serverName,
    action: operation.action,
    actionSubject: await subjectOf(deps, operation, caller),
    targetHash: operation.targetHash,
    device: caller.device,
    network: context.origin.network,
    client: context.origin.client,
  })
  return kept ? challenge(session) : matrixFailure('M_FORBIDDEN', 403, 'This confirmation is for another operation')
}

function challenge(session: string): Response {
  return json(401, { session, flows: SSO_ONLY, params: {}, completed: [] })
}

// In plain words, for the page at id: the devices by the names that their owner knows.
async function subjectOf(deps: UiaDeps, operation: UiaOperation, caller: Caller): Promise<string> {
  if (operation.action === 'add-contact') return String(operation.body['sid'] ?? '').slice(0, 100)
  if (operation.deviceIds.length === 0) return caller.userId
  const known = await deps.devices.live(caller.serverName, caller.userId, operation.deviceIds)
  const names = operation.deviceIds.map((id) => {
    const name = known.find((device) => device.deviceId === id)?.displayName
    return name ? `${name} (${id})` : id
  })
  const shown = names.slice(0, 20).join(', ')
  return names.length > 20 ? `${shown}, +${names.length - 20}` : shown
}

// What ended at the homeserver ends here: their tokens are worth nothing any more.
async function afterwards(deps: UiaDeps, operation: UiaOperation, caller: Caller): Promise<void> {
  const all = operation.action === 'deactivate-account'
  if (!all && operation.deviceIds.length === 0) return
  const ended = await deps.devices.live(caller.serverName, caller.userId, all ? undefined : operation.deviceIds)
  for (const device of ended) await deps.revoker.revoke('device', device.id, 'logout')
  deps.log.info('uia.done', { device: caller.device, action: operation.action, ended: ended.length })
}

async function hasCrossSigningKeys(deps: UiaDeps, caller: Caller): Promise<boolean> {
  const answer = await deps.homeserver.request({
    method: 'POST',
    target: '/_matrix/client/v3/keys/query',
    token: caller.homeserverToken,
    body: { device_keys: { [caller.userId]: [] } },
  })
  const masters = objectOf(answer)['master_keys']
  return typeof masters === 'object' && masters !== null && caller.userId in masters
}

// Only what the specification puts there: nothing of the homeserver's making reaches the client by accident.
function passed(answer: HomeserverAnswer, content: Record<string, unknown>): Response {
  if (answer.status >= 200 && answer.status < 300) {
    const { id_server_unbind_result: unbound } = content
    return json(200, typeof unbound === 'string' ? { id_server_unbind_result: unbound } : {})
  }
  if (answer.status === 401)
    return matrixFailure('M_UNKNOWN_TOKEN', 401, 'The session is over: sign in again', { soft_logout: true })
  const { errcode, error } = content
  if (answer.status >= 500 || typeof errcode !== 'string')
    return matrixFailure('M_UNKNOWN', 502, 'The homeserver failed')
  return json(answer.status, { errcode, error: typeof error === 'string' ? error : '' })
}

function objectOf(answer: HomeserverAnswer): Record<string, unknown> {
  try {
    const content: unknown = JSON.parse(answer.text)
    return typeof content === 'object' && content !== null ? (content as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}
