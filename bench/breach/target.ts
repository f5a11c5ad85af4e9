// A deployment to rob: its owner with a key enrolled, its gateways, and how much there is to read.
import type { Person } from '../../test/support/person.ts'

/** What history is paid with. The newest events of rooms are catch-up once the archive is used up (docs/decisions/0013). */
export type Meter = 'archive' | 'catch-up'

/** A number for each meter that is played. */
export type ByMeter = Readonly<Partial<Record<Meter, number>>>

export interface Target {
  readonly homeserver: 'sample' | 'synapse'
  /** Old messages that the owner's account can reach: in the archive, and what `away` adds to catch up with. */
  readonly available: ByMeter
  readonly gateways: readonly string[]
  readonly owner: Person
  /** The thief gives up when nothing new came for so long: longer where the homeserver itself is slow. */
  readonly patienceMs: number
  /**
   * What is written in the owner's rooms while the device is away for some hours, old enough to be history when it comes back.
   * Resolves to what its last position then covers, in epoch milliseconds. Absent: there is nothing to catch up with.
   */
  readonly away?: () => Promise<number>
  stop(): Promise<void>
}
