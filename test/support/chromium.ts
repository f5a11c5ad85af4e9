// A real Chromium for tests, and virtual security keys on its pages (Chrome DevTools Protocol, domain WebAuthn).
import { existsSync } from 'node:fs'
import { type Browser, type CDPSession, chromium, type LaunchOptions, type Page } from 'playwright-core'

const SYSTEM_PATHS = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome-stable',
  '/usr/bin/google-chrome',
]

/**
 * Where a Chromium is: `PALIER_CHROMIUM`, a system one, or the one that npm's `@sparticuz/chromium` carries (Linux x64).
 * Null when there is none, so that a suite can say so and pass; with `CI=true` that is an error, never a silent skip.
 */
export async function chromiumPath(): Promise<string | null> {
  const named = process.env['PALIER_CHROMIUM']
  if (named !== undefined && named !== '') {
    if (!existsSync(named)) throw new Error(`PALIER_CHROMIUM names ${named}, which does not exist`)
    return named
  }
  const system = SYSTEM_PATHS.find((path) => existsSync(path))
  if (system !== undefined) return system
  if (process.platform === 'linux' && process.arch === 'x64') {
    // Only its binary: its `args` switch web security off, which would make every test of an origin worthless.
    const { default: carried } = await import('@sparticuz/chromium')
    return carried.executablePath()
  }
  if (process.env['CI'] === 'true') throw new Error('no Chromium found: set PALIER_CHROMIUM')
  return null
}

/** Starts Chromium headless. Throws when there is none (ask `chromiumPath` first to pass over a suite by hand). */
export async function launchChromium(options: LaunchOptions = {}): Promise<Browser> {
  const executablePath = await chromiumPath()
  if (executablePath === null) throw new Error('no Chromium found: install one or set PALIER_CHROMIUM')
  return chromium.launch({
    executablePath,
    headless: true,
    // Containers run as root and with a small /dev/shm.
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu', ...(options.args ?? [])],
    ...withoutArgs(options),
  })
}

function withoutArgs({ args: _args, ...rest }: LaunchOptions): LaunchOptions {
  return rest
}

/** What kind of key to plug in. The defaults are a good one: CTAP 2.1, USB, with a PIN that is known, able to hold passkeys. */
export interface VirtualKeyOptions {
  /** Can it keep a discoverable credential (a passkey)? False: the person must type their name first. */
  readonly residentKey?: boolean
  readonly userVerification?: boolean
  /** Whether the PIN is entered rightly when asked. */
  readonly userVerified?: boolean
  /** Whether somebody touches it when it blinks. */
  readonly presence?: boolean
  readonly transport?: 'usb' | 'nfc' | 'ble' | 'internal'
}

/** What a bad key, or a thief with a clone of one, answers. */
export interface ResponseOverrides {
  readonly isBogusSignature?: boolean
  readonly isBadUV?: boolean
  readonly isBadUP?: boolean
}

/** A credential as the DevTools protocol gives it; `credentialId` and `privateKey` are base64. */
export interface VirtualCredential {
  readonly credentialId: string
  readonly isResidentCredential: boolean
  readonly rpId?: string
  readonly privateKey: string
  readonly userHandle?: string
  readonly signCount: number
}

/** A virtual key plugged into one page. */
export interface VirtualKey {
  readonly authenticatorId: string
  readonly cdp: CDPSession
  /** Let it be touched or not, from the next ceremony on (one already started does not notice). */
  setPresence(enabled: boolean): Promise<void>
  setUserVerified(isUserVerified: boolean): Promise<void>
  setOverrides(overrides: ResponseOverrides): Promise<void>
  credentials(): Promise<readonly VirtualCredential[]>
  /** Copies a credential in: the same key in another page or browser, or a clone of it. */
  addCredential(credential: VirtualCredential): Promise<void>
  setCredentialProperties(
    credentialId: string,
    properties: { readonly signCount?: number; readonly backupEligibility?: boolean; readonly backupState?: boolean },
  ): Promise<void>
  unplug(): Promise<void>
}

/**
 * Plugs a virtual key into `page`. Keys are per page: enable one on every page that calls WebAuthn, or headless Chromium dies
 * (`enableWebAuthn` is enough where no key is wanted). Two keys with automatic presence both answer: use `setPresence`.
 */
export async function addVirtualKey(page: Page, options: VirtualKeyOptions = {}): Promise<VirtualKey> {
  const cdp = await enableWebAuthn(page)
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      ctap2Version: 'ctap2_1',
      transport: options.transport ?? 'usb',
      hasResidentKey: options.residentKey ?? true,
      hasUserVerification: options.userVerification ?? true,
      isUserVerified: options.userVerified ?? true,
      automaticPresenceSimulation: options.presence ?? true,
    },
  })
  return {
    authenticatorId,
    cdp,
    setPresence: async (enabled) => {
      await cdp.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled })
    },
    setUserVerified: async (isUserVerified) => {
      await cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified })
    },
    setOverrides: async (overrides) => {
      await cdp.send('WebAuthn.setResponseOverrideBits', { authenticatorId, ...overrides })
    },
    credentials: async () => {
      const { credentials } = await cdp.send('WebAuthn.getCredentials', { authenticatorId })
      return credentials as VirtualCredential[]
    },
    addCredential: async (credential) => {
      await cdp.send('WebAuthn.addCredential', { authenticatorId, credential })
    },
    setCredentialProperties: async (credentialId, properties) => {
      const { signCount, ...flags } = properties
      if (signCount !== undefined) await replaceSignCount(cdp, authenticatorId, credentialId, signCount)
      if (Object.keys(flags).length > 0) {
        await cdp.send('WebAuthn.setCredentialProperties', { authenticatorId, credentialId, ...flags })
      }
    },
    unplug: async () => {
      await cdp.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId })
    },
  }
}

/** Turns the virtual WebAuthn environment on, without a key. */
export async function enableWebAuthn(page: Page): Promise<CDPSession> {
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('WebAuthn.enable', { enableUI: false })
  return cdp
}

// The protocol's setCredentialProperties carries backup flags only; a counter is set by putting the credential back with it.
async function replaceSignCount(cdp: CDPSession, authenticatorId: string, credentialId: string, signCount: number) {
  const { credential } = await cdp.send('WebAuthn.getCredential', { authenticatorId, credentialId })
  await cdp.send('WebAuthn.removeCredential', { authenticatorId, credentialId })
  await cdp.send('WebAuthn.addCredential', { authenticatorId, credential: { ...credential, signCount } })
}
