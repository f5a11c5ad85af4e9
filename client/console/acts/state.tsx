import type { ActStateName } from '../../../server/console/acts/port.ts'
import { useLocale } from '../../shared/locale.ts'
import { Tag } from '../kit/values.tsx'
import { catalogue } from './words.ts'

const KINDS: Readonly<Record<ActStateName, 'plain' | 'good' | 'warn' | 'bad'>> = {
  requested: 'warn',
  'awaiting-second': 'warn',
  delayed: 'warn',
  granted: 'plain',
  running: 'plain',
  done: 'good',
  failed: 'bad',
  denied: 'plain',
  withdrawn: 'plain',
  expired: 'plain',
}

/** Where an act stands, in a word. */
export function StateTag({ state }: { readonly state: ActStateName }) {
  return <Tag kind={KINDS[state]}>{catalogue[useLocale()].states[state]}</Tag>
}
