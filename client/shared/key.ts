// The security key, asked through the browser's own WebAuthn JSON methods (WebAuthn Level 3 §5.1.8 to §5.1.10), with the same
// done by hand where they are missing. @simplewebauthn/browser does it too, in 3 kB: a fifth of the sign-in page's budget.
import type { AuthenticationResponseJSON, PublicKeyCredentialRequestOptionsJSON } from '@simplewebauthn/browser'
import { Refused } from './api.ts'
import { answerByHand, requestByHand, textOf } from './key-json.ts'

// The library's types and the browser's name the same JSON; only the enumerations differ in how open they are.
type RequestJSON = Parameters<typeof PublicKeyCredential.parseRequestOptionsFromJSON>[0]

/** Whether this browser, on this address, can speak to a security key at all. */
export function keysWork(): boolean {
  return typeof PublicKeyCredential === 'function'
}

/** Asks a key to sign. Throws `Refused` with a `key-…` reason. */
export async function askKey(options: PublicKeyCredentialRequestOptionsJSON): Promise<AuthenticationResponseJSON> {
  return ceremony<AuthenticationResponseJSON, AuthenticatorAssertionResponse>(
    () => {
      const publicKey =
        typeof PublicKeyCredential.parseRequestOptionsFromJSON === 'function'
          ? PublicKeyCredential.parseRequestOptionsFromJSON(options as object as RequestJSON)
          : requestByHand(options)
      return navigator.credentials.get({ publicKey })
    },
    ({ authenticatorData, signature, userHandle }) => ({
      authenticatorData: textOf(authenticatorData),
      signature: textOf(signature),
      ...(userHandle && { userHandle: textOf(userHandle) }),
    }),
  )
}

/**
 * What asking and making have in common. `fields`: by hand, what only this kind of response has. Throws `Refused` with a `key-…`
 * reason.
 */
export async function ceremony<Answer, Response extends AuthenticatorResponse>(
  start: () => Promise<Credential | null>,
  fields: (response: Response) => object,
): Promise<Answer> {
  if (!keysWork()) throw new Refused('key-browser-unsupported')
  try {
    const credential = (await start()) as PublicKeyCredential
    const answer = typeof credential.toJSON === 'function' ? credential.toJSON() : answerByHand(credential, fields)
    return answer as Answer
  } catch (error) {
    throw new Refused(keyReason(error))
  }
}

/** The browser says little, on purpose: WebAuthn §14.5.1 folds "no such key", "refused" and "too late" into one name. */
function keyReason(error: unknown): string {
  switch (error instanceof Error ? error.name : '') {
    case 'NotAllowedError':
    case 'AbortError':
      return 'key-not-used'
    case 'InvalidStateError':
      return 'key-already-enrolled'
    case 'SecurityError':
      return 'key-wrong-address'
    case 'NotSupportedError':
    case 'ConstraintError':
      return 'key-cannot'
    default:
      return 'key-failed'
  }
}
