// How V8 and the C library keep house in a process that serves. Left to itself V8 takes the memory of the machine as its measure: young
// objects get up to 100 MB, and garbage waits until there is four times what lives. glibc keeps what each thread ever freed.

/** Young objects get 32 MB, so that most of an answer's die before they are looked at; the old are collected when they have grown by half. */
export const SERVING_FLAGS = ['--max-semi-space-size=16', '--heap-growing-percent=50'] as const

/** One heap for all threads of glibc, given back when 128 kB of it are free: some 15 MB less. Others do not read it (mallopt(3)). */
export const SERVING_ENV = { MALLOC_ARENA_MAX: '1', MALLOC_TRIM_THRESHOLD_: '131072' } as const

/** Whether a command line is to be run again with the flags: `start`, unless its operator set the young objects' room. */
export function wantsFlags(argv: readonly string[], execArgv: readonly string[], nodeOptions: string): boolean {
  if (argv[2] !== 'start') return false
  return ![...execArgv, nodeOptions].some((said) => said.includes('--max-semi-space-size'))
}
