// What a user-interactive authentication is for: read from the request, named for the page, hashed for the comparison. Pure.
import canonicalize from 'canonicalize'
import { sha256Base64Url } from '../platform/crypto.ts'

export interface UiaOperation {
  /** Stable id: the page at id has words for each. */
  readonly action: 'delete-devices' | 'cross-signing-reset' | 'deactivate-account' | 'add-contact'
  /** Matrix device ids it ends. */
  readonly deviceIds: readonly string[]
  readonly method: 'POST' | 'DELETE'
  /** Where it is forwarded. */
  readonly target: string
  /** Without `auth`. */
  readonly body: Readonly<Record<string, unknown>>
  /** Hash of all of this: what the tap is for, and nothing else is. */
  readonly targetHash: string
}

/** The operation of a control row, or null when its body does not say which. */
export function uiaOperation(
  rowId: string,
  params: Readonly<Record<string, string>>,
  sent: Readonly<Record<string, unknown>>,
): UiaOperation | null {
  const { auth: _, ...body } = sent
  const operation = read(rowId, params, body)
  if (!operation) return null
  const { action, method, target } = operation
  return { ...operation, body, targetHash: sha256Base64Url(canonicalize({ action, method, target, body }) ?? '') }
}

function read(
  rowId: string,
  params: Readonly<Record<string, string>>,
  body: Readonly<Record<string, unknown>>,
): Omit<UiaOperation, 'body' | 'targetHash'> | null {
  switch (rowId) {
    case 'devices.delete': {
      const deviceId = params['deviceId']
      if (!deviceId) return null
      const target = `/_matrix/client/v3/devices/${encodeURIComponent(deviceId)}`
      return { action: 'delete-devices', deviceIds: [deviceId], method: 'DELETE', target }
    }
    case 'devices.delete.many': {
      const ids = body['devices']
      if (!Array.isArray(ids) || ids.length === 0 || ids.length > 1000 || !ids.every((id) => typeof id === 'string'))
        return null
      return { action: 'delete-devices', deviceIds: ids, method: 'POST', target: '/_matrix/client/v3/delete_devices' }
    }
    case 'keys.device_signing':
    case 'unstable.keys.device_signing':
      return {
        action: 'cross-signing-reset',
        deviceIds: [],
        method: 'POST',
        target: '/_matrix/client/v3/keys/device_signing/upload',
      }
    case 'account.deactivate':
      return {
        action: 'deactivate-account',
        deviceIds: [],
        method: 'POST',
        target: '/_matrix/client/v3/account/deactivate',
      }
    case 'account.3pid.add':
      return { action: 'add-contact', deviceIds: [], method: 'POST', target: '/_matrix/client/v3/account/3pid/add' }
    default:
      return null
  }
}
