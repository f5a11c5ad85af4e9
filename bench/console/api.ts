// The console's API of an owner's token, in this process.
import type { openDatabase } from '../../db/client.ts'
import { auditStore } from '../../db/stores/audit.ts'
import { apiTokenStore } from '../../db/stores/console-tokens.ts'
import { auditLog } from '../../server/audit/log.ts'
import { loadConfig } from '../../server/config/load.ts'
import { PERMISSIONS } from '../../server/console/permissions.ts'
import type { Assets } from '../../server/platform/assets.ts'
import { systemClock } from '../../server/platform/clock.ts'
import { prometheusMetrics } from '../../server/platform/prometheus.ts'
import { systemRandom } from '../../server/platform/random.ts'
import { openSealer } from '../../server/platform/seal-sealer.ts'
import { hashToken, newToken } from '../../server/platform/tokens.ts'
import { idParts } from '../../server/wiring/id.ts'
import { insertPerson } from '../../test/support/people.ts'
import { SECRET } from '../devices.ts'

const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }

export interface Console {
  get(path: string, input: Readonly<Record<string, string>>): Promise<unknown>
  post(path: string, input: unknown): Promise<unknown>
  workOnImports(forMs: number): Promise<void>
}

export async function consoleOn(db: ReturnType<typeof openDatabase>['db']): Promise<Console> {
  const loaded = loadConfig({ PALIER_SERVER_NAME: 'example.org', PALIER_SECRET: SECRET }, undefined)
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.mistakes))
  const clock = systemClock
  const ground = {
    config: loaded.config,
    clock,
    random: systemRandom,
    log: quiet,
    db,
    sealer: openSealer({ secrets: [SECRET] }),
  }
  const assets = { page: () => null } as unknown as Assets
  const metrics = prometheusMetrics({ processMetrics: false })
  const id = await idParts(ground, { metrics, assets, addressOf: () => '192.0.2.7', requestsShare: true })
  const owner = await insertPerson(db)
  await db.execute(`UPDATE people SET role = 'owner' WHERE id = '${owner.id}'`)
  const token = newToken('consoleToken', systemRandom)
  const now = clock.now()
  await apiTokenStore(db, auditLog({ store: auditStore(db), clock })).create(
    {
      id: newToken('apiToken', systemRandom),
      hash: hashToken(token),
      personId: owner.id,
      name: 'bench',
      permissions: PERMISSIONS,
      createdAt: new Date(now),
      expiresAt: new Date(now + 3_600_000),
    },
    { action: 'token.created', actor: owner.id, subject: 'bench', detail: {} },
  )
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const call = async (path: string, init: RequestInit) => {
    const response = await id.app.request(`http://localhost:8080/api/console/${path}`, { ...init, headers })
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
    return response.json()
  }
  return {
    get: (path, input) => call(`${path}?${new URLSearchParams(input)}`, { method: 'GET' }),
    post: (path, input) => call(path, { method: 'POST', body: JSON.stringify(input) }),
    workOnImports: id.workOnImports,
  }
}
