// A metadata BLOB signed by a test authority, and the attestation authority of the one model in it.
import { CompactSign } from 'jose'
import { TEST_AAGUID, TEST_AAGUID_TEXT } from './authenticator.ts'
import { type Certificate, certificate, pem } from './certificates.ts'

export const metadataAuthority = certificate({ commonName: 'Test metadata root', ca: true })
export const metadataSigner = certificate({ commonName: 'mds.test', issuer: metadataAuthority, dnsName: 'mds.test' })
export const attestationAuthority = certificate({ commonName: 'Test attestation root', ca: true })
export const attestationLeaf = certificate({
  commonName: 'Test key',
  unit: 'Authenticator Attestation',
  issuer: attestationAuthority,
  aaguid: TEST_AAGUID,
})
export const metadataRootPem = pem(metadataAuthority.der)

export interface EntryOptions {
  readonly aaguid?: string
  readonly keyProtection?: readonly string[]
  readonly statuses?: readonly { readonly status: string; readonly effectiveDate?: string }[]
  readonly roots?: readonly Uint8Array[]
}

/** An entry of the BLOB: by default a certified hardware key of the test authority. */
export function metadataEntry(options: EntryOptions = {}) {
  const roots = options.roots ?? [attestationAuthority.der]
  return {
    aaguid: options.aaguid ?? TEST_AAGUID_TEXT,
    metadataStatement: {
      description: 'Test key',
      keyProtection: options.keyProtection ?? ['hardware', 'secure_element'],
      attestationTypes: ['basic_full'],
      attestationRootCertificates: roots.map((der) => Buffer.from(der).toString('base64')),
    },
    statusReports: options.statuses ?? [{ status: 'FIDO_CERTIFIED_L1', effectiveDate: '2024-01-01' }],
    timeOfLastStatusChange: '2024-01-01',
  }
}

export interface BlobOptions {
  readonly number?: number
  readonly nextUpdate?: string
  readonly entries?: readonly unknown[]
  readonly chain?: readonly Certificate[]
  readonly signWith?: Certificate
}

/** The signed BLOB, as FIDO publishes it: a JWT with the signer's chain in x5c. */
export async function metadataBlob(options: BlobOptions = {}): Promise<string> {
  const chain = options.chain ?? [metadataSigner]
  const payload = {
    legalHeader: 'test',
    no: options.number ?? 1,
    nextUpdate: options.nextUpdate ?? '2026-08-01',
    entries: options.entries ?? [metadataEntry()],
  }
  return new CompactSign(new TextEncoder().encode(JSON.stringify(payload)))
    .setProtectedHeader({ alg: 'ES256', typ: 'JWT', x5c: chain.map(({ der }) => Buffer.from(der).toString('base64')) })
    .sign((options.signWith ?? (chain[0] as Certificate)).privateKey)
}
