// X.509 certificates as far as trust in them is decided here.
import { equalInConstantTime, X509Certificate } from './crypto.ts'

export interface Certificate {
  /** Whether basicConstraints make it an authority. */
  readonly isAuthority: boolean
  /** PEM form. */
  readonly pem: string
  validAt(moment: Date): boolean
  /** Whether names, key usage and signature say that the issuer signed it. */
  issuedBy(issuer: Certificate): boolean
  sameAs(other: Certificate): boolean
  /** Whether its subject alternative names, or failing them its common name, cover a host name. */
  names(host: string): boolean
}

const originals = new WeakMap<Certificate, X509Certificate>()

/** Reads DER bytes or PEM text; null when they are no certificate. */
export function parseCertificate(encoded: Uint8Array | string): Certificate | null {
  let original: X509Certificate
  try {
    original = new X509Certificate(encoded)
  } catch {
    return null
  }
  const certificate: Certificate = {
    isAuthority: original.ca,
    pem: original.toString(),
    validAt: (moment) => new Date(original.validFrom) <= moment && moment <= new Date(original.validTo),
    issuedBy: (issuer) => signedBy(original, originals.get(issuer)),
    sameAs: (other) => equalInConstantTime(original.raw, originals.get(other)?.raw ?? new Uint8Array()),
    names: (host) => original.checkHost(host) !== undefined,
  }
  originals.set(certificate, original)
  return certificate
}

function signedBy(certificate: X509Certificate, issuer: X509Certificate | undefined): boolean {
  if (issuer === undefined) return false
  try {
    return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)
  } catch {
    return false
  }
}
