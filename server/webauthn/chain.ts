// Whether certificates chain to a root, offline: no revocation list is fetched, since such fetches fail open and may hang.
import { type Certificate, parseCertificate } from '../platform/certificate.ts'

const MAX_LENGTH = 8

/**
 * Whether DER certificates, leaf first, lead to one of the roots (RFC 5280 §6.1, names and signatures): each is valid at `now` and signed by the
 * next, issuers are authorities, and the last one reached is a root or signed by one. No roots, no trust.
 */
export function chainsToRoot(chain: readonly Uint8Array[], roots: readonly Uint8Array[], now: Date): boolean {
  if (chain.length === 0 || chain.length > MAX_LENGTH) return false
  const anchors = roots.map(parseCertificate).filter((anchor) => anchor !== null)
  let current = parse(chain[0], now)
  for (let index = 0; current !== null; index++) {
    const certificate: Certificate = current
    // A model may name its very certificate as its root (Metadata Statement §4, attestationRootCertificates).
    if (anchors.some((anchor) => anchor.sameAs(certificate))) return true
    if (anchors.some((anchor) => anchor.validAt(now) && certificate.issuedBy(anchor))) return true
    const issuer = parse(chain[index + 1], now)
    if (issuer === null || !issuer.isAuthority || !certificate.issuedBy(issuer)) return false
    current = issuer
  }
  return false
}

function parse(der: Uint8Array | undefined, now: Date): Certificate | null {
  const certificate = der === undefined ? null : parseCertificate(der)
  return certificate?.validAt(now) ? certificate : null
}
