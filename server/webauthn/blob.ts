// The metadata BLOB of FIDO's service (MDS 3.1 §3.1): checked when it is imported, offline, and kept as entries.
import { compactVerify, decodeProtectedHeader, importX509 } from 'jose'
import * as z from 'zod'
import { parseCertificate } from '../platform/certificate.ts'
import { chainsToRoot } from './chain.ts'
import { entrySchema } from './model.ts'

export type BlobFailure =
  /** Not a signed JWT with an x5c header and a payload of the BLOB's form. */
  | 'malformed'
  | 'untrusted-chain'
  /** Under FIDO's own root, which signs many sites: not the metadata service's certificate. */
  | 'wrong-signer'
  | 'bad-signature'
  /** `no` is not above the one imported last. */
  | 'not-newer'
  /** `nextUpdate` is no date, has passed, or is more than a year ahead. */
  | 'out-of-date'

export interface Blob {
  readonly number: number
  /** `YYYY-MM-DD` */
  readonly nextUpdate: string
  /** Entries with an AAGUID and a statement that can be relied upon, by AAGUID. */
  readonly entries: ReadonlyMap<string, { readonly description: string; readonly entry: unknown }>
  /** Entries that name an AAGUID and could not be read. */
  readonly unreadable: number
}

export interface BlobTrust {
  /** DER or PEM roots. */
  readonly roots: readonly (Uint8Array | string)[]
  /** The host names that the signer's certificate must carry, any of them; empty where the roots sign nothing else. */
  readonly signerNames: readonly string[]
  /** `no` of the BLOB imported last, or null. */
  readonly latestNumber: number | null
  readonly now: Date
}

/** Who signs FIDO's BLOB. Its root, GlobalSign R3, signs web sites too: without the name, any of them could. */
export const FIDO_SIGNER_NAMES = ['mds.fidoalliance.org', 'mds3.fidoalliance.org']

/** Longest name of a model that is kept. */
const DESCRIPTION_CHARACTERS = 200
const YEAR_MS = 366 * 24 * 3600 * 1000
const headerSchema = z.looseObject({ alg: z.enum(['RS256', 'PS256', 'ES256']), x5c: z.array(z.base64()).min(1).max(8) })
const payloadSchema = z.looseObject({
  no: z.int().nonnegative(),
  nextUpdate: z.iso.date(),
  entries: z.array(z.looseObject({ aaguid: z.string().optional() })),
})

/** Checks a BLOB and reads its entries. */
export async function readBlob(
  jwt: string,
  trust: BlobTrust,
): Promise<{ ok: true; blob: Blob } | { ok: false; reason: BlobFailure }> {
  const header = protectedHeader(jwt)
  if (header === null) return { ok: false, reason: 'malformed' }
  const chain = header.x5c.map((der) => new Uint8Array(Buffer.from(der, 'base64')))
  const leaf = parseCertificate(chain[0] as Uint8Array)
  if (leaf === null) return { ok: false, reason: 'malformed' }
  const roots = trust.roots.map((root) => (typeof root === 'string' ? pemToDer(root) : root))
  if (!chainsToRoot(chain, roots, trust.now)) return { ok: false, reason: 'untrusted-chain' }
  if (trust.signerNames.length > 0 && !trust.signerNames.some((name) => leaf.names(name))) {
    return { ok: false, reason: 'wrong-signer' }
  }
  const payload = await verifiedPayload(jwt, leaf.pem, header.alg)
  if (payload === null) return { ok: false, reason: 'bad-signature' }
  const parsed = payloadSchema.safeParse(payload)
  if (!parsed.success) return { ok: false, reason: 'malformed' }
  const { no, nextUpdate, entries } = parsed.data
  if (trust.latestNumber !== null && no <= trust.latestNumber) return { ok: false, reason: 'not-newer' }
  const endsAt = Date.parse(`${nextUpdate}T23:59:59Z`)
  if (endsAt < trust.now.getTime() || endsAt > trust.now.getTime() + YEAR_MS)
    return { ok: false, reason: 'out-of-date' }
  return { ok: true, blob: { number: no, nextUpdate, ...readEntries(entries) } }
}

function protectedHeader(jwt: string): z.infer<typeof headerSchema> | null {
  try {
    return headerSchema.parse(decodeProtectedHeader(jwt))
  } catch {
    return null
  }
}

async function verifiedPayload(jwt: string, leafPem: string, algorithm: string): Promise<unknown> {
  try {
    const key = await importX509(leafPem, algorithm)
    const { payload } = await compactVerify(jwt, key, { algorithms: [algorithm] })
    return JSON.parse(new TextDecoder().decode(payload))
  } catch {
    return null
  }
}

function readEntries(entries: readonly { aaguid?: string | undefined }[]): Pick<Blob, 'entries' | 'unreadable'> {
  const readable = new Map<string, { description: string; entry: unknown }>()
  let unreadable = 0
  for (const entry of entries) {
    // U2F and UAF models have no AAGUID: no enrolment can name them.
    if (entry.aaguid === undefined) continue
    const parsed = entrySchema.safeParse(entry)
    if (!parsed.success || !isStorable(entry)) unreadable += 1
    else
      readable.set(parsed.data.aaguid.toLowerCase(), {
        description: parsed.data.metadataStatement.description.slice(0, DESCRIPTION_CHARACTERS),
        entry,
      })
  }
  return { entries: readable, unreadable }
}

/** Whether a database can hold it: no NUL, no half of a surrogate pair. */
function isStorable(entry: unknown): boolean {
  return !/\\u(?:0000|d[89a-f][0-9a-f]{2})/.test(JSON.stringify(entry))
}

function pemToDer(pem: string): Uint8Array {
  return new Uint8Array(Buffer.from(pem.replace(/-----[^-]+-----/g, '').replace(/\s/g, ''), 'base64'))
}
