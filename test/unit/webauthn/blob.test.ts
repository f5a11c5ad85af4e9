import { expect, it } from 'vitest'
import { parseCertificate } from '../../../server/platform/certificate.ts'
import { FIDO_SIGNER_NAMES, readBlob } from '../../../server/webauthn/blob.ts'
import { chainsToRoot } from '../../../server/webauthn/chain.ts'
import { metadataRoots } from '../../../server/webauthn/simplewebauthn.ts'
import { certificate } from '../../support/certificates.ts'
import { metadataAuthority, metadataBlob } from '../../support/metadata.ts'

const NOW = new Date('2026-07-01T09:00:00Z')

it('a BLOB under a public root must be signed by a certificate named for the metadata service', async () => {
  const trust = { roots: [metadataAuthority.der], signerNames: FIDO_SIGNER_NAMES, latestNumber: null, now: NOW }
  expect(await readBlob(await metadataBlob(), trust)).toEqual({ ok: false, reason: 'wrong-signer' })
  const named = certificate({ commonName: 'x', issuer: metadataAuthority, dnsName: 'mds.fidoalliance.org' })
  expect(await readBlob(await metadataBlob({ chain: [named] }), trust)).toMatchObject({ ok: true })
})

it('the bundled root of FIDO is a valid authority', () => {
  const roots = metadataRoots().map((pem) => parseCertificate(pem))
  expect(roots.length).toBeGreaterThan(0)
  for (const root of roots) expect(root).toMatchObject({ isAuthority: true })
  expect(roots.some((root) => root?.validAt(NOW))).toBe(true)
})

it('no roots, no trust; a root itself is trusted; intermediates must be authorities', () => {
  const middle = certificate({ commonName: 'middle', issuer: metadataAuthority, ca: true })
  const leaf = certificate({ commonName: 'leaf', issuer: middle })
  const roots = [metadataAuthority.der]
  expect(chainsToRoot([leaf.der], [], NOW)).toBe(false)
  expect(chainsToRoot([leaf.der], roots, NOW)).toBe(false)
  expect(chainsToRoot([leaf.der, middle.der], roots, NOW)).toBe(true)
  expect(chainsToRoot([leaf.der, middle.der, metadataAuthority.der], roots, NOW)).toBe(true)
  expect(chainsToRoot([leaf.der], [leaf.der], NOW)).toBe(true)
  expect(chainsToRoot([leaf.der, middle.der], roots, new Date('2050-01-01'))).toBe(false)
  expect(chainsToRoot([new Uint8Array([1, 2])], roots, NOW)).toBe(false)
  expect(chainsToRoot([], roots, NOW)).toBe(false)
})
