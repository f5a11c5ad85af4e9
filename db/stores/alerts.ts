// Alerts as they are kept for the console. The database's clock says when one was raised.
import { sql } from 'drizzle-orm'
import type { AlertLog } from '../../server/notify/port.ts'
import type { Database } from '../client.ts'
import { alerts } from '../schema/watch.ts'

/** Keeps alerts; see server/notify/port.ts. */
export const alertLog: AlertLog = {
  async keep({ id, kind, action, serverName, personId, device, explanation, evidence }, tx) {
    await tx.insert(alerts).values({
      ...{ id, kind, action, serverName, personId, explanation, evidence },
      deviceId: device,
      raisedAt: sql`clock_timestamp()`,
    })
  },
}

/** Takes away what was raised half a year ago, a little at a time. */
export async function sweepAlerts(db: Database): Promise<void> {
  await db.execute(sql`
    DELETE FROM ${alerts} WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM ${alerts} WHERE raised_at < clock_timestamp() - interval '180 days' LIMIT 1000 FOR UPDATE SKIP LOCKED
    ))`)
}
