// What to do about what was found, as policy says. Pure.
import { ACTIONS, type Action, type DetectionPolicy, type Finding, type Signal } from './port.ts'

export interface Decided {
  readonly finding: Finding
  readonly action: Exclude<Action, 'off'>
}

/**
 * The action for each finding: its own, or a stronger one of signals that hold together, those raised within the hour included.
 * What is `off` on its own is left out unless it completes such a combination. Where nothing is enforced, `alert` at most.
 */
export function decide(
  found: readonly Finding[],
  recent: readonly Signal[],
  policy: Pick<DetectionPolicy, 'actions' | 'together'>,
  enforced: boolean,
): Decided[] {
  const holding = new Set<Signal>([...recent, ...found.map(({ signal }) => signal)])
  return found.flatMap((finding) => {
    const combined = policy.together
      .filter(({ signals }) => signals.includes(finding.signal) && signals.every((signal) => holding.has(signal)))
      .map(({ action }) => action)
    const strongest = [policy.actions[finding.signal], ...combined].reduce(stronger)
    if (strongest === 'off') return []
    return [{ finding, action: enforced ? strongest : 'alert' }]
  })
}

function stronger(one: Action, other: Action): Action {
  return ACTIONS.indexOf(other) > ACTIONS.indexOf(one) ? other : one
}
