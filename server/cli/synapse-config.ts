// `palier synapse-config`.
import { Command } from 'commander'
import { clientStore } from '../../db/stores/clients.ts'
import { homeserverClient, synapseConfig } from '../homeserver/relying-party/synapse-config.ts'
import { ensureClient } from '../oidc/clients.ts'
import { CliFailure, type OpenCli, print } from './context.ts'

/** The command: registers the homeserver at id when it is new, and prints its part of homeserver.yaml, secret included. */
export function synapseConfigCommand(open: OpenCli): Command {
  return new Command('synapse-config')
    .description("print what goes into Synapse's homeserver.yaml (it holds the client's secret)")
    .action(async () => {
      const { config, db, sealer, clock, random } = await open()
      const client = await ensureClient({ clients: clientStore(db), sealer, clock, random }, homeserverClient(config))
      const { clientId, clientSecret } = client
      if (clientSecret === null) throw new CliFailure(`the client ${clientId} has no secret`)
      print(synapseConfig(config, { clientId, clientSecret }))
    })
}
