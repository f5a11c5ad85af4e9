// A key asked to make a credential: what enrolment needs beyond asking one to sign.
import type { PublicKeyCredentialCreationOptionsJSON, RegistrationResponseJSON } from '@simplewebauthn/browser'
import { ceremony } from './key.ts'
import { bytesOf, descriptors, textOf } from './key-json.ts'

type CreationJSON = Parameters<typeof PublicKeyCredential.parseCreationOptionsFromJSON>[0]

/** Asks a key to make a credential. Throws `Refused` with a `key-…` reason. */
export async function makeKey(options: PublicKeyCredentialCreationOptionsJSON): Promise<RegistrationResponseJSON> {
  return ceremony<RegistrationResponseJSON, AuthenticatorAttestationResponse>(
    () => {
      const publicKey =
        typeof PublicKeyCredential.parseCreationOptionsFromJSON === 'function'
          ? PublicKeyCredential.parseCreationOptionsFromJSON(options as object as CreationJSON)
          : creationByHand(options)
      return navigator.credentials.create({ publicKey })
    },
    (response) => ({
      attestationObject: textOf(response.attestationObject),
      transports: response.getTransports(),
    }),
  )
}

function creationByHand(options: PublicKeyCredentialCreationOptionsJSON): PublicKeyCredentialCreationOptions {
  const { user, challenge, excludeCredentials, ...rest } = options
  return {
    ...rest,
    challenge: bytesOf(challenge),
    user: { ...user, id: bytesOf(user.id) },
    excludeCredentials: descriptors(excludeCredentials),
  } as PublicKeyCredentialCreationOptions
}
