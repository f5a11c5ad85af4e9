// What the verbs about the policy need beside the policy itself.
import type { PolicyStore } from '../../policy/port.ts'

export interface PolicyConsole {
  readonly store: PolicyStore
  /** Every group, to name it by. */
  groups(): Promise<readonly { readonly id: string; readonly name: string }[]>
  /** Usernames of those who applied versions, by id. */
  usernames(ids: readonly string[]): Promise<ReadonlyMap<string, string>>
  /** The id of whoever has a username; null: nobody there. */
  personOf(username: string): Promise<string | null>
  /** Takes the one place that there is for a simulation in this process; null when it is taken. */
  simulate(): { release(): void } | null
}
