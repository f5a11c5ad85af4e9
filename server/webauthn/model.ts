// What the metadata says of a model of authenticator, as far as the gate asks. Pure.
import * as z from 'zod'

export type StatusConcern = 'status-revoked' | 'status-retired' | 'status-compromised'

/** A model as the gate judges it at one moment. */
export interface JudgedModel {
  readonly allowed: boolean
  readonly hardwareProtected: boolean
  /** Certified level in force: 0 (none), 1, 1.5 (L1plus), 2, 2.5, 3, 3.5. */
  readonly certification: number
  readonly concerns: readonly StatusConcern[]
  /** Whether it is part of a computer or a phone; null where the metadata does not say. */
  readonly builtIn: boolean | null
  /** DER roots that its attestation certificates chain to. */
  readonly roots: readonly Uint8Array[]
}

const statusReport = z.object({ status: z.string(), effectiveDate: z.string().optional() })

/** The fields of a BLOB entry that are relied upon (FIDO MDS 3.1 §3.1.1, Metadata Statement 3.1 §4). Others pass through. */
export const entrySchema = z.looseObject({
  aaguid: z.uuid(),
  metadataStatement: z.looseObject({
    description: z.string(),
    keyProtection: z.array(z.string()),
    attestationTypes: z.array(z.string()),
    attachmentHint: z.array(z.string()).optional(),
    attestationRootCertificates: z.array(z.string()),
  }),
  statusReports: z.array(statusReport),
})

const COMPROMISES = new Set([
  'USER_VERIFICATION_BYPASS',
  'ATTESTATION_KEY_COMPROMISE',
  'USER_KEY_REMOTE_COMPROMISE',
  'USER_KEY_PHYSICAL_COMPROMISE',
])

const LEVELS: Readonly<Record<string, number>> = {
  NOT_FIDO_CERTIFIED: 0,
  SELF_ASSERTION_SUBMITTED: 0,
  FIDO_CERTIFIED: 1,
  FIDO_CERTIFIED_L1: 1,
  FIDO_CERTIFIED_L1plus: 1.5,
  FIDO_CERTIFIED_L2: 2,
  FIDO_CERTIFIED_L2plus: 2.5,
  FIDO_CERTIFIED_L3: 3,
  FIDO_CERTIFIED_L3plus: 3.5,
}

/** Judges a stored entry at a moment; null when the entry is not one. */
export function judgeModel(entry: unknown, allowed: boolean, now: Date): JudgedModel | null {
  const parsed = entrySchema.safeParse(entry)
  if (!parsed.success) return null
  const { metadataStatement: statement, statusReports } = parsed.data
  const statuses = inEffect(statusReports, now)
  return {
    allowed,
    hardwareProtected: statement.keyProtection.some((kind) => kind === 'hardware' || kind === 'secure_element'),
    certification: certification(statuses),
    concerns: concerns(statuses),
    builtIn: builtIn(statement.attachmentHint),
    roots: statement.attestationRootCertificates.map(
      (der) => new Uint8Array(Buffer.from(der.replace(/\s/g, ''), 'base64')),
    ),
  }
}

/** FIDO Registry of Predefined Values §3.4: `internal`, or some way in which it is attached. */
function builtIn(hints: readonly string[] | undefined): boolean | null {
  return hints === undefined || hints.length === 0 ? null : hints.every((hint) => hint === 'internal')
}

/** Statuses whose effective date has come, oldest first. One without a date is in effect (MDS 3.1 §3.1.3). */
function inEffect(reports: readonly z.infer<typeof statusReport>[], now: Date): readonly string[] {
  const today = now.toISOString().slice(0, 10)
  return reports
    .filter(({ effectiveDate }) => effectiveDate === undefined || effectiveDate.slice(0, 10) <= today)
    .toSorted((a, b) => (a.effectiveDate ?? '').localeCompare(b.effectiveDate ?? ''))
    .map(({ status }) => status)
}

/** A report of trouble is never outweighed by a later one: keys made before it are still about. */
function concerns(statuses: readonly string[]): readonly StatusConcern[] {
  const found = new Set<StatusConcern>()
  for (const status of statuses) {
    if (status === 'REVOKED') found.add('status-revoked')
    else if (status === 'RETIRED') found.add('status-retired')
    else if (COMPROMISES.has(status)) found.add('status-compromised')
  }
  return [...found]
}

/** The highest level since certification was last denied. */
function certification(statuses: readonly string[]): number {
  let level = 0
  for (const status of statuses) {
    const said = LEVELS[status]
    if (said === undefined) continue
    level = said === 0 ? 0 : Math.max(level, said)
  }
  return level
}
