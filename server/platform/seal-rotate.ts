// Rotation: everything sealed with an earlier secret is sealed again with the current one, while the program runs.
import type { Clock } from './clock.ts'
import { SealBroken, type Sealer } from './seal.ts'
import { SEALED_COLUMNS, type SealedColumn } from './seal-columns.ts'
import type { SealKeysStore } from './seal-keys.ts'

export interface SealedValue {
  readonly row: string
  readonly owner: string
  readonly envelope: string
}

export interface SealedValuesStore {
  /** Values whose envelope is of another key than `keyId`, ordered by row, after `afterRow`; at most `limit`. */
  pageOfOthers(column: SealedColumn, keyId: string, afterRow: string, limit: number): Promise<SealedValue[]>
  /** Replaces the envelope in one statement, only while it is still `from`: a concurrent write wins. */
  replace(column: SealedColumn, row: string, from: string, to: string): Promise<boolean>
}

export interface RotationDeps {
  readonly values: SealedValuesStore
  readonly keys: Pick<SealKeysStore, 'retireAllBut'>
  readonly sealer: Sealer
  readonly clock: Clock
  /** Told after each batch and at each column's end. */
  readonly onProgress?: (column: SealedColumn, resealed: number) => void
  readonly batchSize?: number
}

export interface RotationReport {
  readonly resealed: number
  /** `table/row` of what no given secret opens. They are left as they are, and no key is retired. */
  readonly broken: readonly string[]
  readonly retiredKeys: number
}

/**
 * Re-seals every sealed column. Cut short at any point and run again, it goes on with what is left: what is sealed with
 * the current key is passed over. When nothing else is left, the earlier keys are retired and their secrets can go.
 */
export async function rotateSeals(deps: RotationDeps): Promise<RotationReport> {
  const broken: string[] = []
  let resealed = 0
  for (const column of SEALED_COLUMNS) resealed += await rotateColumn(deps, column, broken)
  const retiredKeys =
    broken.length > 0 ? 0 : await deps.keys.retireAllBut(deps.sealer.currentKeyId, new Date(deps.clock.now()))
  return { resealed, broken, retiredKeys }
}

async function rotateColumn(deps: RotationDeps, column: SealedColumn, broken: string[]): Promise<number> {
  const { values, sealer, batchSize = 200 } = deps
  let resealed = 0
  for (let after = ''; ; ) {
    const page = await values.pageOfOthers(column, sealer.currentKeyId, after, batchSize)
    for (const value of page) {
      const to = resealOne(sealer, column, value)
      if (to === null) broken.push(`${column.table}/${value.row}`)
      else if (await values.replace(column, value.row, value.envelope, to)) resealed += 1
    }
    deps.onProgress?.(column, resealed)
    const last = page.at(-1)
    if (!last || page.length < batchSize) return resealed
    after = last.row
  }
}

function resealOne(sealer: Sealer, column: SealedColumn, { row, owner, envelope }: SealedValue): string | null {
  const place = { table: column.table, row, owner }
  try {
    return sealer.seal(column.purpose, place, sealer.open(column.purpose, place, envelope))
  } catch (error) {
    if (error instanceof SealBroken) return null
    throw error
  }
}
