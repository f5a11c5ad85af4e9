// The homeserver as a relying party of id: one client for each server name, its secret kept sealed.
import { clientStore } from '../../db/stores/clients.ts'
import { homeserverClient as registration } from '../homeserver/relying-party/synapse-config.ts'
import { ensureClient } from '../oidc/clients.ts'
import type { Ground } from './ground.ts'

export interface HomeserverClient {
  readonly clientId: string
  readonly clientSecret: string
}

/** Registers the homeserver behind the gateway, or finds it registered; its secret stays what it was. */
export async function homeserverClient(ground: Ground): Promise<HomeserverClient> {
  const { clientId, clientSecret } = await ensureClient(
    { ...ground, clients: clientStore(ground.db) },
    registration(ground.config),
  )
  if (clientSecret === null) throw new Error('the homeserver is a confidential client')
  return { clientId, clientSecret }
}
