// Alerts: what detection raised, who looked at it, and the one click that ends a device and tells its person.
import * as z from 'zod'
import { Refusal } from '../../errors/failure.ts'
import { endedLetter } from '../../notify/ended.ts'
import { shownText } from '../../platform/shown-text.ts'
import { actorOf } from '../actor.ts'
import type { ConsoleDeps } from '../deps.ts'
import { pageOf, readPlace } from '../keyset.ts'
import { mayCutOff } from '../people/rules.ts'
import { type Call, verb } from '../verb.ts'
import type { AlertRow } from './port.ts'

const NAME_CHARACTERS = 80
const CLIENT_CHARACTERS = 200

const id = z.string().min(1).max(100)
const note = z.string().trim().min(1).max(500)

export const alertAnswer = z.object({
  id: z.string(),
  kind: z.string(),
  action: z.enum(['alert', 'tap', 'end']),
  server_name: z.string(),
  person: z.object({ id: z.string(), username: z.string(), display_name: z.string() }).nullable(),
  device: z
    .object({ id: z.string(), name: z.string().nullable(), client: z.string(), network: z.string(), live: z.boolean() })
    .nullable(),
  explanation: z.object({ fr: z.string(), en: z.string() }),
  evidence: z.record(z.string(), z.number()),
  raised_at: z.string(),
  state: z.enum(['open', 'handled']),
  handled_at: z.string().nullable(),
  handled_by: z.string().nullable(),
  handled_how: z.enum(['noted', 'device-ended', 'person-ended']).nullable(),
  note: z.string().nullable(),
  told: z.array(z.string()).nullable(),
})

/** An alert as it is answered: what clients called themselves is made fit to show. */
export function alertShown(alert: AlertRow): z.input<typeof alertAnswer> {
  const { person, device } = alert
  return {
    id: alert.id,
    kind: alert.kind,
    action: alert.action,
    server_name: alert.serverName,
    person: person && { id: person.id, username: person.username, display_name: person.displayName },
    device: device && {
      ...device,
      name: device.name === null ? null : shownText(device.name, NAME_CHARACTERS),
      client: shownText(device.client, CLIENT_CHARACTERS) ?? '',
    },
    explanation: { ...alert.explanation },
    evidence: { ...alert.evidence },
    raised_at: alert.raisedAt.toISOString(),
    state: alert.state,
    handled_at: alert.handledAt?.toISOString() ?? null,
    handled_by: alert.handledBy,
    handled_how: alert.handledHow,
    note: alert.note,
    told: alert.told === null ? null : [...alert.told],
  }
}

async function known({ alerts }: Pick<ConsoleDeps, 'alerts'>, id: string): Promise<AlertRow> {
  const alert = await alerts.show(id)
  if (alert === null) throw new Refusal(404, 'unknown-alert')
  return alert
}

/** Somebody else was faster: the caller is shown what they did. */
function handledBefore(alert: AlertRow): Refusal {
  return new Refusal(409, 'edited-meanwhile', `${alert.id} was handled`, { alert: alertShown(alert) })
}

function handling({ by }: Call, text: string | undefined) {
  return { actor: actorOf(by), personId: by.personId, note: text ?? null }
}

export const alertVerbs = [
  verb({
    id: 'alerts.list',
    permission: 'watch.read',
    weight: 'read',
    summary: 'Alerts, newest first: open or handled ones, of a kind, a person or a device.',
    input: z.strictObject({
      state: z.enum(['open', 'handled', 'all']).default('open'),
      kind: z.string().min(1).max(60).optional(),
      person: id.optional(),
      device: id.optional(),
      after: z.string().max(200).optional(),
      limit: z.coerce.number().int().min(1).max(200).default(50),
    }),
    answer: z.object({ items: z.array(alertAnswer), next: z.string().nullable(), open: z.number() }),
    run: async ({ alerts }, { state, kind, person, device, after, limit }) => {
      const ask = { state: state === 'all' ? null : state, kind, person, device, after: readPlace(after) }
      const [found, open] = await Promise.all([alerts.list({ ...ask, limit: limit + 1 }), alerts.open()])
      const { items, next } = pageOf(found, limit, ({ raisedAt, id }) => ({ at: raisedAt, id }))
      return { items: items.map(alertShown), next, open }
    },
  }),
  verb({
    id: 'alerts.show',
    permission: 'watch.read',
    weight: 'read',
    summary: 'One alert: what was seen, of whom, and what was done about it.',
    input: z.strictObject({ id }),
    answer: alertAnswer,
    run: async (deps, { id }) => alertShown(await known(deps, id)),
  }),
  verb({
    id: 'alerts.handle',
    permission: 'alerts.handle',
    weight: 'change',
    summary: 'Marks an alert as handled: somebody looked, and nothing more is done.',
    input: z.strictObject({ id, note: note.optional() }),
    answer: alertAnswer,
    run: async ({ alerts }, { id, note }, call) => {
      const handled = await alerts.handle(id, handling(call, note))
      if (handled === null) throw new Refusal(404, 'unknown-alert')
      if (!handled.changed) throw handledBefore(handled.alert)
      return alertShown(handled.alert)
    },
  }),
  verb({
    id: 'alerts.end-and-notify',
    permission: 'alerts.handle',
    weight: 'change',
    summary:
      'Ends the device of an alert, or all of its person’s devices and sign-ins, tells the person what to do, and marks it handled.',
    input: z.strictObject({ id, scope: z.enum(['device', 'person']).default('device'), note: note.optional() }),
    answer: z.object({ alert: alertAnswer, devices: z.number(), sids: z.number() }),
    run: async (deps, { id, scope, note }, call) => {
      const alert = await known(deps, id)
      if (alert.state === 'handled') throw handledBefore(alert)
      const { device } = alert
      if (scope === 'device' ? device === null : alert.person === null) throw new Refusal(409, 'nothing-to-end')
      const whose = await deps.sessions.whose(scope, (scope === 'device' ? device?.id : alert.person?.id) ?? '')
      if (whose !== null) mayCutOff(call.by, whose)
      const letter = endedLetter({
        device: scope === 'device' && device !== null ? { ...device, name: device.name ?? device.id } : null,
        at: call.now,
        issuer: deps.config.issuer,
      })
      const done = await deps.alerts.endAndNotify(alert, scope, { ...handling(call, note), letter })
      if (!done.changed) throw handledBefore(done.alert)
      return { alert: alertShown(done.alert), devices: done.devices, sids: done.sids }
    },
  }),
] as const
