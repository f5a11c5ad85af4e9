// The metadata of security keys: looked at before it is applied, applied as it was shown.
import * as z from 'zod'
import { Refusal } from '../../errors/failure.ts'
import { sha256 } from '../../platform/crypto.ts'
import {
  applyImport,
  cutOffUnsafe,
  type ImportFailure,
  type PlannedImport,
  planImport,
} from '../../webauthn/metadata.ts'
import type { MetadataChangeFailure } from '../../webauthn/port.ts'
import { actorOf } from '../actor.ts'
import type { ConsoleDeps } from '../deps.ts'
import { verb } from '../verb.ts'
import { previewFrom, shownPreview } from './shown.ts'

/** Largest BLOB: FIDO's is about 10 MB. */
export const BLOB_MAX_BYTES = 16 * 1024 * 1024
const IMPORTS_SHOWN = 20

/** Why a BLOB is not taken, by what was found. */
export const BLOB_REFUSALS: Readonly<Record<ImportFailure['reason'], string>> = {
  malformed: 'blob-malformed',
  'untrusted-chain': 'blob-untrusted',
  'wrong-signer': 'blob-wrong-signer',
  'bad-signature': 'blob-bad-signature',
  'not-newer': 'blob-not-newer',
  'out-of-date': 'blob-out-of-date',
  'allow-unknown': 'blob-malformed',
}

export const metadataVerbs = [
  verb({
    id: 'metadata.show',
    permission: 'keys.read',
    weight: 'read',
    summary: 'Shows which metadata of security keys is in force, and the imports before it.',
    input: z.strictObject({}),
    answer: z.object({
      imports: z.array(
        z.object({ number: z.int(), next_update: z.string(), imported_at: z.string(), models: z.int() }),
      ),
      /** Whether the one in force should have been replaced by now. */
      overdue: z.boolean(),
      /** Whether its signer is one of the operator's own choosing and not FIDO's. */
      own_root: z.boolean(),
    }),
    run: async (deps, _input, { now }) => {
      const imports = await deps.metadata.imports(IMPORTS_SHOWN)
      return {
        imports: imports.map(({ number, nextUpdate, importedAt, entries }) => ({
          number,
          next_update: nextUpdate,
          imported_at: importedAt.toISOString(),
          models: entries,
        })),
        overdue: (imports[0]?.nextUpdate ?? '9') < now.toISOString().slice(0, 10),
        own_root: deps.config.metadataRoots !== null,
      }
    },
  }),

  verb({
    id: 'metadata.preview',
    permission: 'keys.policy',
    weight: 'change',
    summary:
      'Checks a metadata BLOB as an import would and says what it would do: models, keys that would stop working, people who would be left with none. Keeps it for a day; applies nothing.',
    input: z.strictObject({ blob: z.string().min(1).max(BLOB_MAX_BYTES) }),
    answer: shownPreview,
    maxBodyBytes: BLOB_MAX_BYTES + 1024,
    run: async (deps, input, { by, now }) => {
      const jwt = input.blob.trim()
      // A JWT has these characters and no others: nothing else is kept.
      if (!/^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/.test(jwt)) throw refused('malformed')
      const plan = await planned(deps, jwt)
      const hash = Buffer.from(sha256(jwt)).toString('hex')
      await deps.metadata.keepUpload({ hash, jwt, by: by.personId, at: now })
      return previewFrom(hash, plan, await deps.metadata.metadata.ownersWithKeys())
    },
  }),

  verb({
    id: 'metadata.apply',
    permission: 'keys.policy',
    weight: 'change',
    summary:
      'Applies a BLOB that was looked at, while it does exactly what was shown. Keys of models that it marks unsafe stop working at once, and their people are told.',
    input: z.strictObject({
      hash: z.string().regex(/^[0-9a-f]{64}$/),
      shown: z.string().min(1).max(100),
      reason: z.string().trim().min(1).max(500),
    }),
    answer: z.object({ number: z.int(), cut_off: z.int() }),
    run: async (deps, input, { by }) => {
      const jwt = await deps.metadata.upload(input.hash)
      if (jwt === null) throw new Refusal(404, 'upload-gone')
      const plan = await planned(deps, jwt)
      if (plan.shown !== input.shown) throw await otherThanShown(deps, input.hash, plan)
      const applied = await applyImport(deps.metadata, plan, { actor: actorOf(by), reason: input.reason })
      if (!applied.ok) {
        if (applied.reason === 'not-as-shown') throw await otherThanShown(deps, input.hash, await planned(deps, jwt))
        throw changeRefused(applied.reason)
      }
      await deps.metadata.dropUpload(input.hash)
      // A key that was being enrolled at that moment had been judged by what was known before.
      const late = await cutOffUnsafe(deps.metadata)
      const cutOff = plan.consequences.cutOff.length + late
      deps.log.info('metadata.imported', { number: plan.blob.number, models: plan.models.length, cut_off: cutOff })
      return { number: plan.blob.number, cut_off: cutOff }
    },
  }),
] as const

async function planned(deps: ConsoleDeps, jwt: string): Promise<PlannedImport> {
  const plan = await planImport(deps.metadata, { jwt, roots: deps.config.metadataRoots, allow: null })
  if (!plan.ok) throw refused(plan.reason)
  return plan
}

function refused(reason: ImportFailure['reason']): Refusal {
  return new Refusal(422, BLOB_REFUSALS[reason], reason)
}

async function otherThanShown(deps: ConsoleDeps, hash: string, plan: PlannedImport): Promise<Refusal> {
  const shown = previewFrom(hash, plan, await deps.metadata.metadata.ownersWithKeys())
  return new Refusal(409, 'not-as-shown', 'keys were enrolled or revoked since', { shown })
}

/** A change that the store refused, in the words of the console. */
export function changeRefused(reason: MetadataChangeFailure): Refusal {
  if (reason === 'last-owner') return new Refusal(409, 'last-owner', 'no owner would have a key left')
  return new Refusal(409, reason === 'not-newer' ? 'blob-not-newer' : 'not-as-shown', reason)
}
