// The tap that a change needs, asked for in place: whoever needs one waits here, one dialog (kit/tap-dialog.tsx) answers all of them.
import { Refused } from '../shared/api.ts'

/** `stale`: the last tap is too old for a change. `over`: the session ended. */
export type TapNeed = 'stale' | 'over'

interface Waiting {
  readonly need: TapNeed
  resolve(): void
  reject(error: Refused): void
}

let waiting: Waiting[] = []
let draw: ((need: TapNeed | null) => void) | null = null

/** The dialog says how it is drawn. Null: it is gone. */
export function onTapNeeded(listener: ((need: TapNeed | null) => void) | null): void {
  draw = listener
  show()
}

/** Resolves once the person has tapped. Throws `Refused`: `tap-cancelled` when they did not, the need's own reason where nobody asks. */
export function askForTap(need: TapNeed): Promise<void> {
  if (draw === null) return Promise.reject(new Refused(need === 'over' ? 'signin-required' : 'fresh-tap-required'))
  return new Promise((resolve, reject) => {
    waiting.push({ need, resolve, reject })
    show()
  })
}

/** What came of the dialog. */
export function tapEnded(tapped: boolean): void {
  const answered = waiting
  waiting = []
  show()
  for (const one of answered) tapped ? one.resolve() : one.reject(new Refused('tap-cancelled'))
}

function show(): void {
  draw?.(waiting.find(({ need }) => need === 'over')?.need ?? waiting[0]?.need ?? null)
}
