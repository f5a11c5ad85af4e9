// Where the secret comes from: PALIER_SECRET, or, on one machine, a file made once in the data directory.
import { closeSync, fsyncSync, linkSync, mkdirSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../config/config.ts'
import { base64Url } from '../platform/encoding.ts'
import type { Random } from '../platform/random.ts'
import type { Sealer } from '../platform/seal.ts'
import { openSealer as sealerOf } from '../platform/seal-sealer.ts'
import { secretWeakness } from '../platform/seal-strength.ts'
import { CliFailure } from './context.ts'

/** The sealer for a configuration; generates the secret at the first start. Throws `CliFailure`, see `loadSecrets`. */
export function openSealer(config: SecretConfig, random: Random): Sealer {
  return sealerOf({ secrets: loadSecrets(config, random), random })
}

export type SecretConfig = Pick<Config, 'secrets' | 'issuer' | 'dataDir'>

/**
 * The secrets, current one first: the configured ones, or the one generated in the data directory. Throws `CliFailure`
 * when a configured one is too weak, and beside an https issuer when there is none: the database and the key to it must
 * not lie in one folder there.
 */
export function loadSecrets({ secrets, issuer, dataDir }: SecretConfig, random: Random): readonly string[] {
  if (secrets === null) {
    if (issuer.startsWith('https://')) {
      throw new CliFailure(
        'PALIER_SECRET is not set: beside an https issuer it wants a secret of your own (`openssl rand -base64 48`)',
        2,
      )
    }
    return [generatedSecret(dataDir, random)]
  }
  for (const secret of secrets) {
    const weakness = secretWeakness(secret)
    if (weakness !== null)
      throw new CliFailure(`PALIER_SECRET will not do: ${weakness}. \`openssl rand -base64 48\` makes a good one`, 2)
  }
  return secrets
}

/** The secret in `<data directory>/secret`, made when it is not there (48 bytes, readable by its owner only). */
export function generatedSecret(dataDir: string, random: Random): string {
  const file = join(dataDir, 'secret')
  try {
    return readPrivate(file)
  } catch (error) {
    if (!isCode(error, 'ENOENT')) throw error
  }
  mkdirSync(dataDir, { recursive: true })
  // Written aside, synced and linked: two first starts agree on one secret, and a crash leaves none or a whole one.
  const aside = `${file}.${process.pid}`
  const descriptor = openSync(aside, 'w', 0o600)
  writeSync(descriptor, `${base64Url(random.bytes(48))}\n`)
  fsyncSync(descriptor)
  closeSync(descriptor)
  try {
    linkSync(aside, file)
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error
  } finally {
    rmSync(aside, { force: true })
  }
  return readPrivate(file)
}

function readPrivate(file: string): string {
  const secret = readFileSync(file, 'utf8').trim()
  const mode = statSync(file).mode & 0o777
  if ((mode & 0o077) !== 0)
    throw new CliFailure(
      `${file} can be read by others (mode ${mode.toString(8)}): chmod 600 it, and rotate it if anyone may have`,
    )
  if (secretWeakness(secret) !== null)
    throw new CliFailure(`${file} does not hold the secret that was generated there: put it back from a backup`)
  return secret
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
