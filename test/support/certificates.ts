// A certificate authority for tests: X.509 v3 by hand (RFC 5280), so that every field can be forged.
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { join } from './cbor.ts'

export interface Certificate {
  readonly der: Uint8Array<ArrayBuffer>
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
  readonly name: readonly (readonly [string, string])[]
}

export interface CertificateOptions {
  readonly commonName: string
  readonly organization?: string
  readonly country?: string
  /** WebAuthn §8.2.1 wants `Authenticator Attestation` in a leaf. */
  readonly unit?: string
  readonly issuer?: Certificate
  readonly ca?: boolean
  readonly notBefore?: Date
  readonly notAfter?: Date
  /** Put in id-fido-gen-ce-aaguid: the 16 bytes. */
  readonly aaguid?: Uint8Array
  /** Put in id-fido-gen-ce-sernum, as an OCTET STRING. */
  readonly serial?: Uint8Array
  readonly dnsName?: string
}

const OIDS = { C: '2.5.4.6', O: '2.5.4.10', OU: '2.5.4.11', CN: '2.5.4.3' } as const
const ECDSA_SHA256 = '1.2.840.10045.4.3.2'

/** A certificate over a fresh P-256 key, self-signed unless an issuer is given. */
export function certificate(options: CertificateOptions): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const name = [
    [OIDS.C, options.country ?? 'FR'],
    [OIDS.O, options.organization ?? 'Palier tests'],
    ...(options.unit === undefined ? [] : [[OIDS.OU, options.unit] as const]),
    [OIDS.CN, options.commonName],
  ] as const
  const spki = publicKey.export({ format: 'der', type: 'spki' })
  const tbs = sequence(
    tagged(0xa0, integer(Uint8Array.of(2))),
    integer(Uint8Array.of(1, ...randomBytes(8))),
    sequence(oid(ECDSA_SHA256)),
    distinguishedName(options.issuer?.name ?? name),
    sequence(time(options.notBefore ?? new Date('2020-01-01')), time(options.notAfter ?? new Date('2045-01-01'))),
    distinguishedName(name),
    spki,
    tagged(0xa3, sequence(...extensions(options))),
  )
  const signature = sign('sha256', tbs, options.issuer?.privateKey ?? privateKey)
  const der = sequence(tbs, sequence(oid(ECDSA_SHA256)), tagged(0x03, Uint8Array.of(0), signature))
  return { der, privateKey, publicKey, name }
}

/** The PEM form of a DER certificate. */
export function pem(der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}

function extensions(options: CertificateOptions): Uint8Array[] {
  const all = [extension('2.5.29.19', sequence(...(options.ca ? [Uint8Array.of(0x01, 0x01, 0xff)] : [])), true)]
  if (options.aaguid !== undefined) all.push(extension('1.3.6.1.4.1.45724.1.1.4', tagged(0x04, options.aaguid)))
  if (options.serial !== undefined) all.push(extension('1.3.6.1.4.1.45724.1.1.2', tagged(0x04, options.serial)))
  if (options.dnsName !== undefined) all.push(extension('2.5.29.17', sequence(tagged(0x82, ascii(options.dnsName)))))
  return all
}

const extension = (id: string, value: Uint8Array, critical = false) =>
  sequence(oid(id), ...(critical ? [Uint8Array.of(0x01, 0x01, 0xff)] : []), tagged(0x04, value))

const distinguishedName = (name: readonly (readonly [string, string])[]) =>
  sequence(
    ...name.map(([id, text]) => tagged(0x31, sequence(oid(id), tagged(id === OIDS.C ? 0x13 : 0x0c, ascii(text))))),
  )

function tagged(tag: number, ...content: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const body = join(...content)
  const { length } = body
  const head =
    length < 0x80 ? [tag, length] : length < 0x100 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 0xff]
  return join(Uint8Array.from(head), body)
}

const sequence = (...content: readonly Uint8Array[]) => tagged(0x30, ...content)
const integer = (bytes: Uint8Array) => tagged(0x02, bytes)
const ascii = (text: string) => new TextEncoder().encode(text)
const time = (date: Date) => tagged(0x18, ascii(`${date.toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`))

function oid(dotted: string): Uint8Array {
  const [first, second, ...rest] = dotted.split('.').map(Number) as [number, number, ...number[]]
  return tagged(0x06, Uint8Array.from([first * 40 + second, ...rest.flatMap(base128)]))
}

function base128(value: number): number[] {
  const bytes = [value & 0x7f]
  for (let left = value >>> 7; left > 0; left >>>= 7) bytes.unshift((left & 0x7f) | 0x80)
  return bytes
}
