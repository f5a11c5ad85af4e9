// Alerts as the console reads and handles them.
import { and, desc, eq, type SQL, sql } from 'drizzle-orm'
import type { Audit } from '../../server/audit/port.ts'
import type {
  AlertAsk,
  AlertConsole,
  AlertRow,
  Handled,
  HandledHow,
  Handling,
} from '../../server/console/alerts/port.ts'
import type { Notifier } from '../../server/notify/port.ts'
import type { Revoker } from '../../server/sessions/revocation.ts'
import type { Database, Transaction } from '../client.ts'
import { people } from '../schema/people.ts'
import { devices } from '../schema/sessions.ts'
import { alerts } from '../schema/watch.ts'

export interface ConsoleAlertsDeps {
  readonly revoker: Pick<Revoker, 'revoke'>
  readonly notifier: Pick<Notifier, 'tell'>
  readonly audit: Pick<Audit, 'append'>
}

/** Thrown inside the transaction to undo it; never leaves this file. */
class HandledBefore extends Error {}

/** See server/console/alerts/port.ts. */
export function consoleAlerts(db: Database, deps: ConsoleAlertsDeps): AlertConsole {
  const select = (where: SQL | undefined, limit: number) =>
    db
      .select({
        alert: alerts,
        person: { id: people.id, username: people.username, displayName: people.displayName },
        device: {
          id: devices.id,
          name: devices.displayName,
          client: devices.client,
          network: devices.network,
          live: sql<boolean>`${devices.endedAt} IS NULL AND ${devices.expiresAt} > now()`,
        },
        // Spelt out: the table is in the query once already.
        by: sql<string | null>`(SELECT h.username FROM people h WHERE h.id = ${alerts.handledBy})`,
      })
      .from(alerts)
      .leftJoin(people, eq(people.id, alerts.personId))
      .leftJoin(devices, eq(devices.id, alerts.deviceId))
      .where(where)
      .orderBy(desc(alerts.raisedAt), desc(alerts.id))
      .limit(limit)
  type Found = Awaited<ReturnType<typeof select>>[number]

  // A service's budget, or a client from before the gateway, is of no device that could be ended here: theirs is null.
  const rowOf = ({ alert, person, device, by }: Found): AlertRow => {
    const { personId: _person, deviceId: _device, handledBy: _by, ...rest } = alert
    return { ...rest, person, device, handledBy: by }
  }

  async function show(id: string): Promise<AlertRow | null> {
    const [found] = await select(eq(alerts.id, id), 1)
    return found === undefined ? null : rowOf(found)
  }

  async function again(id: string, changed: boolean): Promise<Handled> {
    const alert = await show(id)
    if (alert === null) throw new Error('an alert that was being handled is gone')
    return { changed, alert }
  }

  /** Marks it, once: false when it was handled before. */
  async function mark(tx: Transaction, id: string, how: HandledHow, by: Handling): Promise<boolean> {
    const marked = await tx
      .update(alerts)
      .set({
        state: 'handled',
        handledAt: sql`clock_timestamp()`,
        handledBy: by.personId,
        handledHow: how,
        note: by.note,
      })
      .where(and(eq(alerts.id, id), eq(alerts.state, 'open')))
      .returning({ id: alerts.id })
    return marked.length === 1
  }

  return {
    list: async (ask) => (await select(filterOf(ask), ask.limit)).map(rowOf),

    open: () => db.$count(alerts, eq(alerts.state, 'open')),

    show,

    async handle(id, by) {
      const changed = await db.transaction(async (tx) => {
        if (!(await mark(tx, id, 'noted', by))) return false
        const detail = { how: 'noted', note: by.note }
        await deps.audit.append({ action: 'alert.handled', actor: by.actor, subject: id, detail }, tx)
        return true
      })
      if (!changed && (await show(id)) === null) return null
      return again(id, changed)
    },

    async endAndNotify(alert, scope, by) {
      const { id, person, device } = alert
      const how = scope === 'device' ? 'device-ended' : 'person-ended'
      const subject = (scope === 'device' ? device?.id : person?.id) ?? ''
      const also = async (tx: Transaction): Promise<void> => {
        if (!(await mark(tx, id, how, by))) throw new HandledBefore()
        const told =
          person === null ? [] : await deps.notifier.tell({ personId: person.id, about: id, letter: by.letter }, tx)
        await tx
          .update(alerts)
          .set({ told: [...told] })
          .where(eq(alerts.id, id))
        const detail = { how, note: by.note, ended: subject, told }
        await deps.audit.append({ action: 'alert.handled', actor: by.actor, subject: id, detail }, tx)
      }
      try {
        const detail = { alert: id, ...(by.note !== null && { why: by.note }) }
        const ended = await deps.revoker.revoke(scope, subject, 'revoked', { actor: by.actor, detail, also })
        return { ...(await again(id, true)), devices: ended.devices.length, sids: ended.sids.length }
      } catch (error) {
        if (!(error instanceof HandledBefore)) throw error
        return { ...(await again(id, false)), devices: 0, sids: 0 }
      }
    },
  }
}

function filterOf({ state, kind, person, device, after }: AlertAsk): SQL | undefined {
  return and(
    state === null ? undefined : eq(alerts.state, state),
    kind === undefined ? undefined : eq(alerts.kind, kind),
    person === undefined ? undefined : eq(alerts.personId, person),
    device === undefined ? undefined : eq(alerts.deviceId, device),
    after === null
      ? undefined
      : sql`(${alerts.raisedAt}, ${alerts.id}) < (${after.at.toISOString()}::timestamptz, ${after.id})`,
  )
}
