// WebAuthn's JSON forms by hand, for browsers that lack parse…FromJSON and toJSON.
import type { PublicKeyCredentialRequestOptionsJSON } from '@simplewebauthn/browser'

export function requestByHand(options: PublicKeyCredentialRequestOptionsJSON): PublicKeyCredentialRequestOptions {
  const { allowCredentials, challenge, ...rest } = options
  return {
    ...rest,
    challenge: bytesOf(challenge),
    allowCredentials: descriptors(allowCredentials),
  } as PublicKeyCredentialRequestOptions
}

export function answerByHand<Response extends AuthenticatorResponse>(
  credential: PublicKeyCredential,
  fields: (response: Response) => object,
): unknown {
  const response = credential.response as Response
  return {
    id: credential.id,
    rawId: credential.id,
    type: credential.type,
    response: { clientDataJSON: textOf(response.clientDataJSON), ...fields(response) },
    authenticatorAttachment: credential.authenticatorAttachment ?? undefined,
    clientExtensionResults: credential.getClientExtensionResults(),
  }
}

export function descriptors(list: PublicKeyCredentialRequestOptionsJSON['allowCredentials']): unknown[] {
  return (list ?? []).map((descriptor) => ({ ...descriptor, id: bytesOf(descriptor.id) }))
}

/** Of base64url. */
export function bytesOf(base64Url: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64Url.replaceAll('-', '+').replaceAll('_', '/')), (character) =>
    character.charCodeAt(0),
  )
}

/** base64url, without padding. */
export function textOf(buffer: ArrayBuffer): string {
  return btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}
