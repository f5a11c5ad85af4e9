// `palier start`: what `npm start` runs.
import { Command } from 'commander'
import type { Config } from '../config/config.ts'
import type { OpenCli } from './context.ts'

export interface ServeOptions {
  readonly config: Config
  readonly notes: readonly string[]
  /** Whether to install and run a real Synapse as the homeserver instead of the sample. */
  readonly synapse: boolean
}

/** Serves until it is told to stop, then drains; resolves when all is closed. */
export type Serve = (options: ServeOptions) => Promise<void>

/** The command; `serve` comes from the Node entry. */
export function startCommand(open: OpenCli, serve: Serve): Command {
  return new Command('start')
    .description('run id and the gateway (and, with no homeserver configured, the labelled sample)')
    .option('--synapse', 'try it out on a real Synapse, installed from PyPI into a local virtual environment')
    .action(async (options: { synapse?: boolean }) => {
      await serve({ config: open.config(), notes: open.notes(), synapse: options.synapse === true })
    })
}
