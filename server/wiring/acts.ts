// Puts grave acts together: the store, the taps, and the run of a verb that two have signed.

import type { Transaction } from '../../db/client.ts'
import { actStore, type LoneAct } from '../../db/stores/acts.ts'
import { receiptCredentials } from '../../db/stores/receipts.ts'
import type { Audit } from '../audit/port.ts'
import { actorOf } from '../console/actor.ts'
import { performAct } from '../console/acts/perform.ts'
import type { ActDesk } from '../console/acts/port.ts'
import type { ConsoleDeps } from '../console/deps.ts'
import { ADMINISTRATOR_ROLES, holds } from '../console/permissions.ts'
import type { Acts } from '../console/port.ts'
import type { Verb } from '../console/verb.ts'
import { VERBS } from '../console/verbs.ts'
import { actDesk } from '../stepup/act-desk.ts'
import { runAct, runDueActs } from '../stepup/act-run.ts'
import { requestAct } from '../stepup/act-service.ts'
import type { AssertionService } from '../webauthn/assertion.ts'
import type { Ground } from './ground.ts'
import { notifierOf } from './notify.ts'

export interface ActsInput {
  readonly audit: Pick<Audit, 'append'>
  readonly assertions: AssertionService
  /** What verbs run on; asked for when one does. */
  readonly console: () => ConsoleDeps
  /** Every verb there is, unless a test says otherwise. */
  readonly verbs?: readonly Verb[]
}

export interface ActsParts {
  readonly acts: Acts
  readonly actDesk: ActDesk
  /** Runs what is due, and writes down what is over: each minute. */
  readonly runDue: () => Promise<void>
}

export function actsParts(ground: Ground, input: ActsInput): ActsParts {
  const { audit, assertions, console: consoleOf, verbs = VERBS } = input
  const rolesOf = (id: string) => rolesFor(verbs, id)
  const store = actStore(ground.db, { audit, alone: toldOfLoneActs(ground) })
  const run = {
    ...ground,
    acts: store,
    rolesOf,
    perform: (signed: Parameters<typeof performAct>[2]) => performAct(consoleOf(), verbs, signed),
  }
  const desk = actDesk({
    ...run,
    assertions,
    credentials: receiptCredentials(ground.db),
    verbsOf: ({ role, permissions }) =>
      verbs
        .filter(({ permission }) => holds(role, permission) && (permissions?.includes(permission) ?? true))
        .map(({ id }) => id),
    run: async (id) => {
      const act = await store.get(id)
      if (act !== null) await runAct(run, id, act.verb)
    },
  })
  return {
    acts: { request: async (by, draft) => ({ act: await requestAct(run, { ...by, actor: actorOf(by) }, draft) }) },
    actDesk: desk,
    runDue: () => runDueActs(run),
  }
}

/** Roles that hold the permission of a verb; none where there is no such verb. */
function rolesFor(verbs: readonly Verb[], verbId: string): readonly string[] {
  const verb = verbs.find(({ id }) => id === verbId)
  return verb === undefined ? [] : ADMINISTRATOR_ROLES.filter((role) => holds(role, verb.permission))
}

function toldOfLoneActs(ground: Ground): (act: LoneAct, tx: Transaction) => Promise<void> {
  const { alert } = notifierOf(ground)
  return async ({ id, verb, personId, step, notBefore }, tx) => {
    const [day = '', time = ''] = notBefore.toISOString().split('T')
    const hour = time.slice(0, 5)
    const explanation =
      step === 'signed'
        ? {
            fr: `Le seul propriétaire a signé seul un acte grave (${verb}, ${id}). Il s’exécutera le ${day} à ${hour} UTC, sauf si quelqu’un le retire avant.`,
            en: `The only owner signed a grave act alone (${verb}, ${id}). It runs on ${day} at ${hour} UTC unless somebody withdraws it before.`,
          }
        : {
            fr: `L’acte grave que le seul propriétaire a signé seul (${verb}, ${id}) s’exécute maintenant.`,
            en: `The grave act that the only owner signed alone (${verb}, ${id}) runs now.`,
          }
    const { serverName } = ground.config
    await alert(
      { kind: 'lone-act', action: 'alert', serverName, personId, device: null, explanation, evidence: {} },
      tx,
    )
  }
}
