// Credential ids for a name that has none, so that asking does not tell who is enrolled. The same name always gets the same ones.
import { hmacSha256 } from '../platform/crypto.ts'
import { base64Url } from '../platform/encoding.ts'

export interface AllowedCredential {
  readonly id: string
  readonly transports: readonly string[]
}

/** One or two believable credential descriptors for a username, from a MAC key that outsiders do not have. */
export function decoysFor(username: string, macKey: Uint8Array): readonly AllowedCredential[] {
  const shape = hmacSha256(macKey, `shape\0${username}`)
  const count = 1 + ((shape[0] as number) & 1)
  // Lengths and transports of common security keys.
  const bytes = ((shape[1] as number) & 1) === 0 ? 48 : 64
  const transports = ((shape[2] as number) & 1) === 0 ? ['usb'] : ['nfc', 'usb']
  return Array.from({ length: count }, (_, index) => ({
    id: base64Url(stretch(macKey, `${index}\0${username}`, bytes)),
    transports,
  }))
}

function stretch(macKey: Uint8Array, label: string, bytes: number): Uint8Array {
  const blocks = [hmacSha256(macKey, `id\0${label}\0first`), hmacSha256(macKey, `id\0${label}\0second`)]
  return Buffer.concat(blocks).subarray(0, bytes)
}
