// matrix-bot-sdk as npm ships it, in a folder of its own: its native crypto package downloads a binary in an install script, so it is
// installed without scripts and outside the project's dependency tree. Where the binary is missing the bot runs without encryption.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const VERSION = '0.8.0'
const FOLDER = fileURLToPath(new URL(`../../.synapse/clients/matrix-bot-sdk-${VERSION}/`, import.meta.url))
const NATIVE = '@matrix-org/matrix-sdk-crypto-nodejs'
/** What stands in the place of the native part. */
const ABSENT = join('node_modules', NATIVE, 'absent.js')

/** As much of the library as is driven here. */
export interface BotSdk {
  readonly MatrixClient: new (url: string, token: string, storage: BotStorage) => BotClient
  readonly MemoryStorageProvider: new () => BotStorage
  readonly LogService: { setLogger(logger: Readonly<Record<string, () => void>>): void }
}

export interface BotStorage {
  setSyncToken(position: string | null): void
}

export interface BotClient {
  /** Milliseconds for which a request waits for news. */
  syncingTimeout: number
  on(event: 'room.event', listener: (room: string, event: { readonly event_id: string }) => void): void
  start(): Promise<unknown>
  stop(): void
  joinRoom(room: string): Promise<string>
  doRequest(method: string, path: string, query?: Record<string, unknown>, body?: unknown): Promise<unknown>
}

/** Installs it once and loads it; `encryption`: whether the native part is there. */
export function botSdk(): { readonly sdk: BotSdk; readonly encryption: boolean } {
  if (!existsSync(join(FOLDER, 'node_modules/matrix-bot-sdk'))) install()
  const encryption = !existsSync(join(FOLDER, ABSENT)) && isNativeThere()
  if (!encryption) withoutNative()
  const sdk = createRequire(join(FOLDER, 'package.json'))('matrix-bot-sdk') as BotSdk
  const mute = () => undefined
  sdk.LogService.setLogger({ trace: mute, debug: mute, info: mute, warn: mute, error: mute })
  return { sdk, encryption }
}

function install(): void {
  mkdirSync(FOLDER, { recursive: true })
  writeFileSync(join(FOLDER, 'package.json'), JSON.stringify({ private: true, name: 'the-bot-of-the-tests' }))
  const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--save-exact', `matrix-bot-sdk@${VERSION}`]
  const done = spawnSync('npm', args, { cwd: FOLDER, encoding: 'utf8' })
  if (done.status !== 0) throw new Error(`installing matrix-bot-sdk: ${done.stderr}`)
}

// Asked in a process of its own: a package that failed to load once is remembered as it was.
function isNativeThere(): boolean {
  return spawnSync(process.execPath, ['-e', `require(${JSON.stringify(NATIVE)})`], { cwd: FOLDER }).status === 0
}

// The library loads its crypto package even where a client uses none.
function withoutNative(): void {
  const main = 'absent.js'
  writeFileSync(
    join(FOLDER, 'node_modules', NATIVE, 'package.json'),
    JSON.stringify({ name: NATIVE, version: '0.0.0', main }),
  )
  writeFileSync(join(FOLDER, ABSENT), 'module.exports = new Proxy({}, { get: () => class Absent {} })\n')
}
