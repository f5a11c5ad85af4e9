// Every state that a page can be in.
import { APPROVE } from './approve.ts'
import { CONSOLE } from './console.ts'
import { ENROL } from './enrol.ts'
import { ME } from './me.ts'
import { RELEASE } from './release.ts'
import { SIGNIN } from './signin.ts'
import type { State } from './state.ts'

export const STATES: readonly State[] = [...SIGNIN, ...ENROL, ...APPROVE, ...ME, ...CONSOLE, ...RELEASE]
