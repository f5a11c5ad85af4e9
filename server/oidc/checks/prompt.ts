// OIDC Core §3.1.2.1: `none` stands alone; every other prompt is answered by a fresh tap.
import type { Parameters } from '../parameters.ts'
import { type Check, refuse } from './check.ts'

export const PROMPTS = ['none', 'login', 'consent', 'select_account']

export const prompt: Check = (p) => {
  const values = promptsOf(p)
  if (values.some((value) => !PROMPTS.includes(value))) return refuse('invalid_request', 'prompt is not supported')
  return values.includes('none') && values.length > 1 ? refuse('invalid_request', 'prompt none stands alone') : null
}

/** The prompts asked for. */
export function promptsOf(parameters: Parameters): string[] {
  return (parameters.get('prompt') ?? '').split(' ').filter(Boolean)
}
