// A person at a browser, without one: a cookie jar and a software security key that enrol, sign in, confirm and approve over HTTP.
import { type AssertionOptions, type RegistrationOptions, SoftwareAuthenticator } from './authenticator.ts'

export interface Places {
  readonly id: string
  readonly gateway: string
}

export interface Page {
  readonly status: number
  readonly url: string
  readonly text: string
}

interface Ceremony<Options> {
  readonly ceremony: string
  readonly options: Options
}

export interface Pending {
  readonly approval_uri: string
  readonly state: string
}

/** One browser of a person, and the key in their hand. */
export class Person {
  readonly places: Places
  readonly key: SoftwareAuthenticator
  /** The address its requests come from, as a trusted proxy in front would tell. */
  readonly address: string | null
  readonly #cookies = new Map<string, { value: string; path: string }>()
  /** Approvals tapped by `approveWhile`, and how many it taps at most. */
  taps = 0
  mostTaps = Number.POSITIVE_INFINITY

  constructor(places: Places, key?: SoftwareAuthenticator, address: string | null = null) {
    this.places = places
    this.key = key ?? new SoftwareAuthenticator({ origin: places.id })
    this.address = address
  }

  /** Enrols the key with a one-time link. */
  async enrol(link: string, who: { username?: string; display_name?: string } = {}): Promise<{ id: string }> {
    const ticket = new URL(link).pathname.split('/')[2]
    const { ceremony, options } = await this.post<Ceremony<RegistrationOptions>>('/api/enrol/options', {
      ticket,
      ...who,
    })
    const { credential } = await this.post<{ credential: { id: string } }>('/api/enrol/verify', {
      ticket,
      ceremony,
      response: this.key.register(options),
      name: 'Key',
      ...who,
    })
    return credential
  }

  /** Opens an address as a browser does: follows redirects, and taps wherever id asks for it. */
  async open(address: string): Promise<Page> {
    let url = address
    for (let hop = 0; hop < 12; hop++) {
      const response = await this.#fetch(url)
      const location = response.headers.get('location')
      if (location !== null) {
        url = new URL(location, url).href
        continue
      }
      const { origin, pathname, searchParams } = new URL(url)
      if (origin === this.places.id && pathname === '/signin') {
        url = new URL(await this.tap(searchParams.get('transaction')), url).href
        continue
      }
      return { status: response.status, url, text: await response.text() }
    }
    throw new Error(`too many redirects from ${address}`)
  }

  /** Where id's sign-in page leads after a tap. */
  async tap(transaction: string | null): Promise<string> {
    const about = transaction === null ? {} : { transaction }
    const { ceremony, options } = await this.post<Ceremony<AssertionOptions>>('/api/signin/options', about)
    const { redirect } = await this.post<{ redirect: string }>('/api/signin/verify', {
      ...about,
      ceremony,
      response: this.key.assert(options),
    })
    return redirect
  }

  /** Single sign-on for a client at `redirectUrl`: the login token that the client is given. */
  async loginToken(redirectUrl = 'http://localhost:9999/'): Promise<string> {
    const page = await this.open(this.ssoLink(redirectUrl))
    const href = /data-action="continue" href="([^"]+)"/.exec(page.text)?.[1]
    if (page.status !== 200 || href === undefined)
      throw new Error(`no confirmation at ${page.url}: ${page.status} ${page.text}`)
    const token = new URL(
      href.replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code))),
    ).searchParams.get('loginToken')
    if (token === null) throw new Error(`no login token in ${href}`)
    return token
  }

  ssoLink(redirectUrl = 'http://localhost:9999/'): string {
    return `${this.places.gateway}/_matrix/client/v3/login/sso/redirect?redirectUrl=${encodeURIComponent(redirectUrl)}`
  }

  /** A signed-in Matrix device. */
  async device(name = 'test', extra: Record<string, unknown> = {}): Promise<Device> {
    const body = { type: 'm.login.token', token: await this.loginToken(), initial_device_display_name: name, ...extra }
    const answer = await matrix(this.places.gateway, 'POST', '/_matrix/client/v3/login', {
      body,
      address: this.address,
    })
    if (answer.status !== 200) throw new Error(`login: ${answer.status} ${JSON.stringify(answer.body)}`)
    return new Device(
      this.places.gateway,
      answer.body.access_token,
      answer.body.user_id,
      answer.body.device_id,
      this.address,
    )
  }

  /** Approves what a link names. */
  async approve(uri: string): Promise<void> {
    const approval = uri.split('/').at(-1)
    const { ceremony, options } = await this.post<Ceremony<AssertionOptions>>('/api/approvals/options', { approval })
    await this.post('/api/approvals/verify', { approval, ceremony, response: this.key.assert(options) })
  }

  async pending(): Promise<readonly Pending[]> {
    const { approvals } = await this.post<{ approvals: Pending[] }>('/api/me/context', {})
    return approvals.filter(({ state }) => state === 'pending')
  }

  /** Taps whatever is asked while `work` runs, and counts the taps. */
  async approveWhile<T>(work: () => Promise<T>): Promise<T> {
    let over = false
    const watching = (async () => {
      while (!over) {
        for (const { approval_uri } of await this.pending()) {
          if (this.taps >= this.mostTaps) break
          await this.approve(approval_uri)
          this.taps += 1
        }
        await new Promise((resolve) => setTimeout(resolve, 200))
      }
    })()
    try {
      return await Promise.race([work(), watching.then(() => new Promise<never>(() => undefined))])
    } finally {
      over = true
      await watching
    }
  }

  /** A call to id's JSON interface; throws when it is refused. */
  async post<Content>(path: string, body: unknown): Promise<Content> {
    const response = await this.#fetch(`${this.places.id}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: this.places.id },
      body: JSON.stringify(body),
    })
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
    return (await response.json()) as Content
  }

  async #fetch(url: string, init: RequestInit = {}): Promise<Response> {
    const { pathname } = new URL(url)
    // Browsers share a host's cookies over all of its ports.
    const cookie = [...this.#cookies]
      .filter(([, { path }]) => pathname.startsWith(path))
      .map(([name, { value }]) => `${name}=${value}`)
      .join('; ')
    const headers = new Headers(init.headers)
    if (cookie) headers.set('cookie', cookie)
    if (this.address) headers.set('x-forwarded-for', this.address)
    const response = await fetch(url, { ...init, headers, redirect: 'manual' })
    for (const line of response.headers.getSetCookie()) {
      const [pair = '', ...attributes] = line.split(';')
      const name = pair.slice(0, pair.indexOf('='))
      const path = attributes.map((text) => /^\s*path=(.*)$/i.exec(text)?.[1]).find(Boolean) ?? '/'
      const gone = attributes.some(
        (text) => /^\s*max-age=0$/i.test(text) || /expires=thu, 01[ -]jan[ -]1970/i.test(text),
      )
      if (gone) this.#cookies.delete(name)
      else this.#cookies.set(name, { value: pair.slice(name.length + 1), path })
    }
    return response
  }
}

/** A Matrix device that speaks plain HTTP. */
export class Device {
  readonly gateway: string
  readonly token: string
  readonly userId: string
  readonly deviceId: string
  readonly address: string | null

  constructor(gateway: string, token: string, userId: string, deviceId: string, address: string | null = null) {
    this.gateway = gateway
    this.token = token
    this.userId = userId
    this.deviceId = deviceId
    this.address = address
  }

  /** The same device through another gateway. */
  through(gateway: string): Device {
    return new Device(gateway, this.token, this.userId, this.deviceId, this.address)
  }

  call(method: string, path: string, body?: unknown): Promise<Answer> {
    return matrix(this.gateway, method, `/_matrix/client/v3${path}`, { body, token: this.token, address: this.address })
  }
}

/** What a Matrix answer may carry, as far as tests look at it; what is absent fails the comparison it is used in. */
export interface Content {
  readonly access_token: string
  readonly user_id: string
  readonly device_id: string
  readonly errcode: string
  readonly session: string
  readonly flows: unknown
  readonly room_id: string
  readonly event_id: string
  readonly next_batch: string
  readonly devices: readonly { readonly device_id: string }[]
  readonly chunk: readonly { readonly event_id: string; readonly type: string }[]
}

export interface Answer {
  readonly status: number
  readonly body: Content
}

async function matrix(
  gateway: string,
  method: string,
  path: string,
  { body, token, address }: { body?: unknown; token?: string; address?: string | null },
): Promise<Answer> {
  const response = await fetch(`${gateway}${path}`, {
    method,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(address ? { 'x-forwarded-for': address } : {}),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, body: (text ? JSON.parse(text) : {}) as Content }
}
