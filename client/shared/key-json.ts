// WebAuthn's JSON forms by hand, for browsers that lack parse…FromJSON and toJSON.
import type {
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
} from '@simplewebauthn/browser'

export function requestByHand(options: PublicKeyCredentialRequestOptionsJSON): PublicKeyCredentialRequestOptions {
  const { allowCredentials, challenge, ...rest } = options
  return {
    ...rest,
    challenge: bytes(challenge),
    allowCredentials: descriptors(allowCredentials),
  } as PublicKeyCredentialRequestOptions
}

export function creationByHand(options: PublicKeyCredentialCreationOptionsJSON): PublicKeyCredentialCreationOptions {
  const { user, challenge, excludeCredentials, ...rest } = options
  return {
    ...rest,
    challenge: bytes(challenge),
    user: { ...user, id: bytes(user.id) },
    excludeCredentials: descriptors(excludeCredentials),
  } as PublicKeyCredentialCreationOptions
}

export function answerByHand(credential: PublicKeyCredential): unknown {
  const { response } = credential
  const fields: Record<string, unknown> = { clientDataJSON: text(response.clientDataJSON) }
  if (response instanceof AuthenticatorAttestationResponse) {
    fields.attestationObject = text(response.attestationObject)
    fields.transports = response.getTransports()
  } else {
    const { authenticatorData, signature, userHandle } = response as AuthenticatorAssertionResponse
    fields.authenticatorData = text(authenticatorData)
    fields.signature = text(signature)
    if (userHandle) fields.userHandle = text(userHandle)
  }
  return {
    id: credential.id,
    rawId: credential.id,
    type: credential.type,
    response: fields,
    authenticatorAttachment: credential.authenticatorAttachment ?? undefined,
    clientExtensionResults: credential.getClientExtensionResults(),
  }
}

function descriptors(list: PublicKeyCredentialRequestOptionsJSON['allowCredentials']): unknown[] {
  return (list ?? []).map((descriptor) => ({ ...descriptor, id: bytes(descriptor.id) }))
}

function bytes(base64Url: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64Url.replaceAll('-', '+').replaceAll('_', '/')), (character) =>
    character.charCodeAt(0),
  )
}

function text(buffer: ArrayBuffer): string {
  return btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}
