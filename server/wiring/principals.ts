// What the gateway needs for callers that are no person at a device: whose a homeserver's token is, and who hears of a service.
import * as z from 'zod'
import type { Ask } from '../gateway/ports.ts'
import { type Homeserver, HomeserverUnreachable } from '../homeserver/port.ts'
import type { ExistingRule, TokenOwner } from '../sessions/existing.ts'
import type { Ground } from './ground.ts'
import { notifierOf } from './notify.ts'

const whoami = z.object({
  user_id: z.string().min(3).max(255),
  device_id: z.string().min(1).max(512).nullish(),
  is_guest: z.boolean().nullish(),
})

/** Asks the homeserver whose token it is. Null: nobody's, or a guest's. Rejects when the homeserver does not say. */
export function ownerOfToken(homeserver: Pick<Homeserver, 'request'>): (token: string) => Promise<TokenOwner | null> {
  return async (token) => {
    const answer = await homeserver.request({ method: 'GET', target: '/_matrix/client/v3/account/whoami', token })
    if (answer.status === 401 || answer.status === 403) return null
    const said = answer.status === 200 ? whoami.safeParse(parsed(answer.text)) : null
    if (!said?.success) throw new HomeserverUnreachable(`whoami-${answer.status}`)
    const { user_id: userId, device_id: deviceId, is_guest: guest } = said.data
    return guest === true ? null : { userId, deviceId: deviceId ?? null }
  }
}

/** When groups sign in, by the policy in force. Nothing is withheld from clients of before, so an emergency asks them all at once. */
export function existingRules(
  document: { readonly existing_logins: readonly ExistingRule[]; readonly emergency?: unknown } | undefined,
): readonly ExistingRule[] {
  if (document === undefined) return []
  const { existing_logins: rules, emergency = null } = document
  return emergency === null ? rules : [...rules, { group: 'everyone', from: 0 }]
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** Tells who answers for a service that its budget is spent. Nobody is asked to tap, so nobody waits for this. */
export function serviceSpent(ground: Ground): (ask: Ask) => void {
  const notify = notifierOf(ground)
  return ({ caller, meter }) => {
    const { name = caller.device, sponsorId = null } = caller.service ?? {}
    ground.log.warn('service.budget-spent', { service: caller.device, meter, sponsor: sponsorId })
    void ground.db
      .transaction((tx) =>
        notify.alert(
          {
            kind: 'service-budget',
            action: 'alert',
            serverName: caller.serverName,
            personId: sponsorId,
            device: caller.device,
            explanation: {
              fr: `Le service « ${name} », dont cette personne répond, a épuisé son budget (${meter}) : il ne reçoit plus rien de ce genre jusqu’à ce que la fenêtre se rouvre.`,
              en: `The service “${name}”, which this person answers for, has spent its budget (${meter}): it gets no more of that kind until the window opens again.`,
            },
            evidence: {},
          },
          tx,
        ),
      )
      .catch((error: unknown) =>
        ground.log.warn('service.alert-failed', { detail: error instanceof Error ? error.message.slice(0, 200) : '' }),
      )
  }
}
