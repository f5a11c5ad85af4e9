// The part of `palier doctor` that asks whether prompts can be sent as server notices.
import { statSync } from 'node:fs'
import type { Config } from '../config/config.ts'
import type { Finding } from '../homeserver/relying-party/checks.ts'
import { homeserverExchange } from '../homeserver/relying-party/exchange.ts'
import { readSecretFile } from '../platform/secret-node.ts'
import { whyUnreadable } from './context.ts'

const NAME = "Synapse administrator's token"
const WANTS = 'an access token of an administrator, in a file that only Palier reads'

/** Whether the configured token is there, is nobody else's to read, and is an administrator's. Nothing when none is configured. */
export async function checkAdministrator(config: Config): Promise<Finding[]> {
  const file = config.synapseAdminTokenFile
  if (file === null) return []
  const said = (level: Finding['level'], found: string): Finding => ({ level, name: NAME, found, wants: WANTS })
  let token: string
  try {
    token = await readSecretFile(file)
  } catch (error) {
    return [said('problem', `${file}: ${whyUnreadable(error)}`)]
  }
  const open = (statSync(file).mode & 0o007) !== 0
  const mode = open ? [said('warning', `${file} can be read by everybody on this machine`)] : []
  if (config.homeserverUrl === null) return [...mode, said('warning', 'not tried: there is no PALIER_HOMESERVER_URL')]
  return [...mode, await tryToken(config, config.homeserverUrl, token, said)]
}

async function tryToken(
  config: Config,
  homeserverUrl: string,
  token: string,
  said: (level: Finding['level'], found: string) => Finding,
): Promise<Finding> {
  const exchange = homeserverExchange({ homeserverUrl, gatewayUrl: config.gatewayUrl })
  try {
    const who = await exchange({ method: 'GET', target: '/_matrix/client/v3/account/whoami', token })
    if (who.status !== 200) return said('problem', `refused by the homeserver (status ${who.status})`)
    const { user_id: userId } = JSON.parse(who.text) as { user_id?: unknown }
    const target = `/_synapse/admin/v1/users/${encodeURIComponent(String(userId))}/admin`
    const admin = await exchange({ method: 'GET', target, token })
    return admin.status === 200
      ? said('ok', `of ${String(userId)}`)
      : said('problem', `${String(userId)} is no administrator`)
  } catch (error) {
    return said('problem', error instanceof Error ? error.message : String(error))
  }
}
