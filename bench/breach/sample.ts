// What is robbed by default: the product as a newcomer runs it with its sample homeserver, and a second gateway on the same database.
import { join } from 'node:path'
import { MESSAGES } from '../../server/sample/content.ts'
import { freePorts, startPalier } from '../../test/support/deployment.ts'
import { Person } from '../../test/support/person.ts'
import { startProduct } from '../../test/support/product.ts'
import { openBenchDatabase } from '../devices.ts'
import type { Target } from './target.ts'

const PATIENCE_MS = 6_000
const SECRET = 'Qy7-vN3x_Lr9Tb2Wd8Hs5-Kf1Mz6Pc4Jg0'

/** Starts everything and enrols the owner's key. */
export async function sampleTarget(folder: string): Promise<Target> {
  const closers: (() => Promise<unknown>)[] = []
  const stop = async () => {
    for (const close of closers.splice(0).reverse()) await close()
  }
  try {
    const database = await openBenchDatabase()
    closers.push(database.stop)
    const [sample, second, operations] = (await freePorts(3)) as [number, number, number]
    const shared = { PALIER_DATABASE_URL: database.url, PALIER_SECRET: SECRET }
    const product = await startProduct({ ...shared, PALIER_SAMPLE_PORT: String(sample) })
    closers.push(product.end)
    const other = await startPalier({
      settings: {
        ...shared,
        PALIER_ROLES: 'gateway',
        PALIER_ISSUER: product.id,
        PALIER_GATEWAY_URL: product.gateway,
        PALIER_GATEWAY_PORT: String(second),
        PALIER_OPERATIONS_PORT: String(operations),
        PALIER_SERVER_NAME: 'localhost',
        PALIER_HOMESERVER_URL: `http://127.0.0.1:${sample}`,
      },
      logFile: join(folder, 'second.log'),
    })
    closers.push(other.stop)
    const owner = new Person(product)
    await owner.enrol(product.setupLink, { username: 'owner', display_name: 'Owner' })
    return {
      homeserver: 'sample',
      available: { archive: MESSAGES },
      gateways: [product.gateway, `http://localhost:${second}`],
      owner,
      patienceMs: PATIENCE_MS,
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}
