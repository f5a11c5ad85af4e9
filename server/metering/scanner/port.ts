// Counting: which events a body carries. Whatever counts agrees with JSON.parse on every input, or refuses it.

import type { Shape } from './shapes.ts'

export type { Shape } from './shapes.ts'

export interface CarriedEvent {
  /** Rows of a state section are counted apart; events nested in their `unsigned` are timeline events like any other. */
  readonly kind: 'timeline' | 'state'
  /** `origin_server_ts` as JSON.parse gives it; null when it is not a safe integer. */
  readonly ts: number | null
  /** Null when it is not a non-empty string. */
  readonly id: string | null
  /** Whether `type` says that its content is encrypted: it may weigh less. */
  readonly encrypted: boolean
}

/** The events of a body, nested ones included; null when it is not JSON of that shape: the answer must be withheld. */
export type CountEvents = (body: Uint8Array, shape: Shape) => readonly CarriedEvent[] | null

/** Deeper bodies are refused. */
export const MAX_DEPTH = 512
