// Rows that pass: what is written, and small answers that carry no history.
import type { Row } from './routes.ts'

const WRITES = 'writes to the homeserver; the answer carries no history'
/** A row that writes. */
export const write = (id: string, methods: Row['methods'], pattern: string, prefix: Row['prefix'] = 'client'): Row => ({
  id,
  methods,
  prefix,
  pattern,
  unit: null,
  treatment: 'passed',
  reason: WRITES,
})

const READS = 'a small answer about one thing that carries no history'
/** A row that reads what is not counted. */
export const read = (id: string, pattern: string, prefix: Row['prefix'] = 'client'): Row => ({
  id,
  methods: ['GET'],
  prefix,
  pattern,
  unit: null,
  treatment: 'passed',
  reason: READS,
})
