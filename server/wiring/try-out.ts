// Trying Palier out without a homeserver: the labelled sample, or a real Synapse on this machine; and the reader page.
import { join } from 'node:path'
import { parse } from 'yaml'
import { CliFailure } from '../cli/context.ts'
import { CLONE_FOLDER } from '../cli/open.ts'
import { synapseConfig } from '../homeserver/relying-party/synapse-config.ts'
import { nodeAssets } from '../platform/assets-node.ts'
import { sampleHomeserver } from '../sample/app.ts'
import { readerApp } from '../sample/reader.ts'
import { SampleState } from '../sample/state.ts'
import { installSynapse, SynapseUnavailable } from '../sample/synapse/install.ts'
import { runSynapse } from '../sample/synapse/run.ts'
import { sampleTokens } from '../sample/tokens.ts'
import type { Ground } from './ground.ts'
import type { HomeserverClient } from './homeserver-client.ts'
import { listen } from './listen.ts'

export interface TryOut {
  readonly url: string
  readonly kind: 'sample' | 'synapse'
  /** Address of the reader page. */
  readonly reader: string
  stop(): Promise<void>
}

/** Starts the stand-in homeserver and the reader page. */
export async function tryOut(ground: Ground, client: HomeserverClient, synapse: boolean): Promise<TryOut> {
  const homeserver = synapse ? await localSynapse(ground, client) : await sample(ground, client)
  const { config } = ground
  const reader = readerApp({
    gatewayUrl: config.gatewayUrl,
    issuer: config.issuer,
    kind: homeserver.kind,
    assets: nodeAssets(join(CLONE_FOLDER, 'dist/client')),
  })
  const stopReader = await listen('the reader', reader, config.listen.reader)
  return {
    ...homeserver,
    reader: `http://${config.listen.reader.host === '127.0.0.1' ? 'localhost' : config.listen.reader.host}:${config.listen.reader.port}/`,
    stop: async () => {
      await stopReader()
      await homeserver.stop()
    },
  }
}

async function sample(ground: Ground, client: HomeserverClient) {
  const { config, clock, random, sealer } = ground
  const app = sampleHomeserver({
    issuer: config.issuer,
    publicBaseUrl: config.gatewayUrl,
    serverName: config.serverName,
    ...client,
    clock,
    random,
    tokens: sampleTokens(sealer.macKey('sample-homeserver')),
    state: new SampleState(join(config.dataDir, 'sample.jsonl')),
  })
  const stop = await listen('the sample homeserver', app, config.listen.sample)
  return { url: `http://${config.listen.sample.host}:${config.listen.sample.port}`, kind: 'sample' as const, stop }
}

async function localSynapse(ground: Ground, client: HomeserverClient) {
  const { config } = ground
  try {
    const python = await installSynapse(join(CLONE_FOLDER, '.synapse', 'venv'), (line) =>
      process.stdout.write(`${line}\n`),
    )
    const running = await runSynapse({
      python,
      folder: join(config.dataDir, 'synapse'),
      port: config.listen.sample.port,
      serverName: config.serverName,
      deployment: parse(synapseConfig(config, client)) as Record<string, unknown>,
    })
    return { url: running.url, kind: 'synapse' as const, stop: running.stop }
  } catch (error) {
    if (error instanceof SynapseUnavailable) throw new CliFailure(error.message)
    throw error
  }
}
