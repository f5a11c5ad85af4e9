// Imports of people: a plan that was looked at, and its lines done in the background, each exactly once.
import type { AuditEvent } from '../audit/port.ts'
import type { Known, Outcome, PlannedLine } from './import-plan.ts'

export interface PeopleImport {
  /** `imp_…` */
  readonly id: string
  readonly state: 'planned' | 'applying' | 'done'
  readonly createdBy: string
  readonly createdAt: Date
  readonly fileName: string
  readonly encoding: string
  readonly delimiter: string
  /** How many. */
  readonly lines: number
  readonly ignoredColumns: readonly string[]
  readonly newGroups: readonly string[]
  /** Whether whoever planned it may give roles. */
  readonly mayWriteRoles: boolean
  readonly appliedBy: string | null
  readonly appliedAt: Date | null
  readonly finishedAt: Date | null
}

export type LineState = 'nothing' | 'pending' | 'applied' | 'passed-over'

export interface ImportLine extends PlannedLine {
  readonly state: LineState
}

/** How many lines are planned to do what, and how many were done. */
export interface ImportCounts {
  readonly outcomes: Readonly<Record<Outcome, number>>
  readonly states: Readonly<Record<LineState, number>>
}

export interface LinesAsk {
  readonly outcome?: Outcome | undefined
  readonly state?: LineState | undefined
  /** The line after which to go on. */
  readonly after: number
  readonly limit: number
}

/** How long a plan waits to be applied. */
export const PLAN_HOURS = 24
/** How long it is kept what became of the lines. The audit log keeps what was done for good. */
export const LINES_KEPT_DAYS = 30

export interface ImportStore {
  /** What is there of the people and groups that some lines name, and what groups decide at `at`. */
  known(
    names: {
      readonly usernames: readonly string[]
      readonly emails: readonly string[]
      readonly groups: readonly string[]
    },
    at: Date,
  ): Promise<Known>
  /** Writes a plan down, and nothing else. */
  plan(planned: PeopleImport, lines: readonly PlannedLine[]): Promise<void>
  find(id: string): Promise<PeopleImport | null>
  counts(id: string): Promise<ImportCounts>
  /** The newest first; those who began before `before` where given. */
  list(limit: number): Promise<readonly PeopleImport[]>
  lines(id: string, ask: LinesAsk): Promise<readonly ImportLine[]>
  /** Has a plan done from now on, once: false where it was begun before or is older than `notBefore`. */
  begin(id: string, by: string, at: Date, notBefore: Date, audit: AuditEvent): Promise<boolean>
  /**
   * Does the next lines of whatever import is under way, in one transaction that takes the import for itself: an instance that dies leaves
   * them to do, and none is done twice. A line whose plan would be another one now is passed over. `busy`: lines were done; `idle`: there is nothing
   * to do, or others do it.
   */
  work(at: Date): Promise<'busy' | 'idle'>
}
