// `palier migrate`.
import { Command } from 'commander'
import { DatabaseNewer, migrate } from '../../db/migrate.ts'
import { CliFailure, type OpenCli, print } from './context.ts'

/** The command: what `start` does first anyway, for deployments that give the program itself no right to change tables. */
export function migrateCommand(open: OpenCli): Command {
  return new Command('migrate').description("bring the database to this version's schema").action(async () => {
    const { db } = await open({ migrate: false })
    try {
      const { applied, total } = await migrate(db)
      print(
        applied === 0
          ? `Nothing to do: all ${total} migrations are there.`
          : `Applied ${applied} of ${total} migrations.`,
      )
    } catch (error) {
      if (error instanceof DatabaseNewer) throw new CliFailure(error.message)
      throw error
    }
  })
}
