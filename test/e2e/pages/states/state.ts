// A state that a page can be in, with the answers that put it there; and what several pages show.
import type { Canned, PagesServer } from '../../../support/pages-server.ts'

export interface State {
  readonly name: string
  readonly path: string
  readonly answers: Readonly<Record<string, Canned>>
  readonly prompts?: readonly unknown[]
  /** What to press, in turn, once it is drawn: selectors. */
  readonly press?: readonly string[]
  /** What shows that the state is reached. */
  readonly shows: string
}

export const camille = { username: 'camille', display_name: 'Camille Moreau' }

export const device = {
  display_name: 'Element — poste de Camille',
  device_id: 'QJZKVXTRPM',
  client: 'Element 1.12 · Firefox · Linux',
  network: '192.0.2.0/24',
  signed_in_at: '2026-11-20T08:12:00.000Z',
}

export const refused: Canned = { status: 429, reason: 'too-many-ceremonies' }

/** Puts a page into a state. */
export function prepare(server: PagesServer, state: State): void {
  server.reset()
  for (const [path, canned] of Object.entries(state.answers)) server.answer(path, canned)
  server.prompt(state.prompts ?? [])
}
