// Column shapes that several tables share.
import { customType, timestamp } from 'drizzle-orm/pg-core'

/** A point in time, as a JavaScript Date. */
export const instant = (name: string) => timestamp(name, { withTimezone: true, mode: 'date', precision: 3 })

/** Raw bytes. */
export const bytes = customType<{ data: Uint8Array; driverData: Buffer }>({
  dataType: () => 'bytea',
  toDriver: (value) => Buffer.from(value),
  fromDriver: (value) => new Uint8Array(value),
})

/** An envelope of the sealer's (server/platform/seal.ts). Every such column is listed in server/platform/seal-columns.ts. */
export const sealed = customType<{ data: string; driverData: string }>({ dataType: () => 'text' })
