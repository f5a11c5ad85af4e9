// A deployment to rob: its owner with a key enrolled, its gateways, and how much there is to read.
import type { Person } from '../../test/support/person.ts'

export interface Target {
  readonly homeserver: 'sample' | 'synapse'
  /** Old messages that the owner's account can reach. */
  readonly available: number
  readonly gateways: readonly string[]
  readonly owner: Person
  /** The thief gives up when nothing new came for so long: longer where the homeserver itself is slow. */
  readonly patienceMs: number
  stop(): Promise<void>
}
