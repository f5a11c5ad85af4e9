// How V8 keeps house in a process that serves. Left to itself it takes the memory of the machine as its measure: young objects get
// up to 100 MB, and garbage waits until there is four times what lives.

/** Young objects get 16 MB, and the old are collected when they have grown by two fifths. */
export const SERVING_FLAGS = ['--max-semi-space-size=8', '--heap-growing-percent=40'] as const

/** Whether a command line is to be run again with the flags: `start`, unless its operator set the young objects' room. */
export function wantsFlags(argv: readonly string[], execArgv: readonly string[], nodeOptions: string): boolean {
  if (argv[2] !== 'start') return false
  return ![...execArgv, nodeOptions].some((said) => said.includes('--max-semi-space-size'))
}
