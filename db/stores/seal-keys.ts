// Keys in use, and the sealed values themselves as rotation walks them.
import { and, isNull, ne, sql } from 'drizzle-orm'
import type { SealedColumn } from '../../server/platform/seal-columns.ts'
import type { SealKeysStore } from '../../server/platform/seal-keys.ts'
import type { SealedValuesStore } from '../../server/platform/seal-rotate.ts'
import type { Database } from '../client.ts'
import { sealKeys } from '../schema/metering.ts'

export function sealKeysStore(db: Database): SealKeysStore {
  return {
    all: () => db.select().from(sealKeys).orderBy(sealKeys.createdAt),
    use: async (keyId, probe, createdAt) => {
      await db
        .insert(sealKeys)
        .values({ keyId, probe, createdAt })
        .onConflictDoUpdate({ target: sealKeys.keyId, set: { retiredAt: null } })
    },
    retireAllBut: async (keyId, at) => {
      const retired = await db
        .update(sealKeys)
        .set({ retiredAt: at })
        .where(and(ne(sealKeys.keyId, keyId), isNull(sealKeys.retiredAt)))
        .returning({ keyId: sealKeys.keyId })
      return retired.length
    },
  }
}

// The names come from the program's own list of columns, never from outside; they are quoted all the same.
export function sealedValuesStore(db: Database): SealedValuesStore {
  return {
    pageOfOthers: async (column, keyId, afterRow, limit) => {
      const { table, key, owner, value } = names(column)
      const rows = await db.execute<{ row: string; owner: string; envelope: string }>(sql`
        select ${key} as "row", ${owner} as "owner", ${value} as "envelope" from ${table}
        where ${value} is not null and split_part(${value}, '.', 2) <> ${keyId} and ${key} > ${afterRow}
        order by ${key} limit ${limit}`)
      return [...rows]
    },
    replace: async (column, row, from, to) => {
      const { table, key, value } = names(column)
      const rows = await db.execute(sql`
        update ${table} set ${value} = ${to} where ${key} = ${row} and ${value} = ${from} returning 1`)
      return rows.length === 1
    },
  }
}

function names(column: SealedColumn) {
  return {
    table: sql.identifier(column.table),
    key: sql.identifier(column.key),
    owner: sql.identifier(column.owner),
    value: sql.identifier(column.column),
  }
}
