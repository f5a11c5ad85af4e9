// Works on imports that are under way, whichever instance began them.
import type { Clock } from '../platform/clock.ts'
import type { ImportStore } from './imports.ts'

/** Does what there is to do, for at most `forMs`; the rest waits for the next call. */
export async function workOnImports(
  { imports, clock }: { readonly imports: Pick<ImportStore, 'work'>; readonly clock: Clock },
  forMs: number,
): Promise<void> {
  const until = clock.now() + forMs
  while (clock.now() < until) {
    if ((await imports.work(new Date(clock.now()))) === 'idle') return
  }
}
