// Where what a command is made of is kept compiled, for tests that run one command after another as people do: each in a process
// of its own, which otherwise compiles all of it again.
import { fileURLToPath } from 'node:url'

/** For the environment of a command (Node's documentation, module compile cache). */
export const COMPILED = {
  NODE_COMPILE_CACHE: fileURLToPath(new URL('../../node_modules/.cache/palier-compiled', import.meta.url)),
}
