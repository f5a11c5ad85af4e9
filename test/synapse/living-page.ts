// What runs in the page of the client with encryption on: matrix-js-sdk with its WebAssembly crypto, lived with like the others, and a room
// whose keys another device finds in the backup.
import {
  ClientPrefix,
  type IContent,
  type ICreateClientOpts,
  type MatrixClient,
  MatrixError,
  Method,
} from 'matrix-js-sdk'
import { jsClient, type LivingClient, type Page } from './living-js.ts'

const V3 = { prefix: ClientPrefix.V3 }
let matrix: MatrixClient
let life: LivingClient
let recovery: Uint8Array<ArrayBuffer> | null = null

const client = {
  /**
   * Redeems a login token with encryption on. `key`: the recovery key, on a device that finds what another set up. `stays`: it goes on
   * syncing once it began; stopping a client ends its encryption for good.
   */
  async signIn(gateway: string, token: string, key: readonly number[] | null, stays: boolean): Promise<void> {
    if (key !== null) recovery = Uint8Array.from(key)
    const prepare = async (made: MatrixClient) => {
      matrix = made
      await made.initRustCrypto()
    }
    const more: Partial<ICreateClientOpts> = {
      cryptoCallbacks: {
        getSecretStorageKey: async ({ keys }) => (recovery ? [Object.keys(keys)[0] as string, recovery] : null),
        cacheSecretStorageKey: (_id, _info, made) => {
          recovery = made as Uint8Array<ArrayBuffer>
        },
      },
    }
    life = jsClient(undefined, { prepare, more, stays })
    await life.signIn(gateway, token)
  },
  sync: () => life.sync(),
  page: (room: string): Promise<Page> => life.page(room),
  seen: (room: string): string[] => [...life.seen(room)],
  order: (): string[] => life.order?.() ?? [],

  /** Cross-signing, secret storage and a key backup; the recovery key. */
  async setUp(): Promise<number[]> {
    const crypto = matrix.getCrypto()
    if (!crypto) throw new Error('encryption is off')
    await crypto.bootstrapCrossSigning({ authUploadDeviceSigningKeys: async (upload) => void (await upload(null)) })
    await crypto.bootstrapSecretStorage({
      createSecretStorageKey: () => crypto.createRecoveryKeyFromPassphrase(),
      setupNewKeyBackup: true,
    })
    if (!recovery) throw new Error('no recovery key was made')
    return [...recovery]
  },

  /** A room of encrypted messages, whose key is in the backup when this resolves. */
  async speak(bodies: readonly string[]): Promise<string> {
    const encryption = { type: 'm.room.encryption', state_key: '', content: { algorithm: 'm.megolm.v1.aes-sha2' } }
    const { room_id: room } = await matrix.createRoom({ initial_state: [encryption] })
    while (!(await matrix.getCrypto()?.isEncryptionEnabledInRoom(room))) await after(100)
    for (const body of bodies) await matrix.sendMessage(room, { msgtype: 'm.text', body } as never)
    // What js-sdk tells of the backup is as it was when it was made.
    const backup = () =>
      matrix.http.authedRequest<{ count: number }>(Method.Get, '/room_keys/version', undefined, undefined, V3)
    while ((await backup()).count === 0) await after(200)
    return room
  },

  /** Downloads the backup and imports it: how many keys, or the status with which it was refused. */
  async restore(): Promise<{ readonly status: number; readonly imported: number }> {
    const crypto = matrix.getCrypto()
    if (!crypto) throw new Error('encryption is off')
    try {
      await crypto.loadSessionBackupPrivateKeyFromSecretStorage()
      const { imported } = await crypto.restoreKeyBackup()
      return { status: 200, imported }
    } catch (error) {
      if (error instanceof MatrixError) return { status: error.httpStatus ?? 0, imported: 0 }
      throw error
    }
  },

  /** What the messages of a room say, those that can be read. */
  async texts(room: string): Promise<string[]> {
    const events = matrix.getRoom(room)?.getLiveTimeline().getEvents() ?? []
    await Promise.all(events.map((event) => matrix.decryptEventIfNeeded(event)))
    const contents = events.filter((event) => event.getType() === 'm.room.message').map((event) => event.getContent())
    return contents.map((content: IContent) => String(content['body']))
  },
}

const after = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

declare global {
  interface Window {
    living: typeof client
  }
}

window.living = client
