// The console's API as its pages call it: by a verb's id, with the types of the server's list of verbs. A call that needs a tap asks
// for it and is made once more.
import type { ConsoleApi } from '../../server/console/verbs.ts'
import { Refused } from '../shared/api.ts'
import { askForTap } from './tap.ts'

export type VerbId = keyof ConsoleApi
export type Input<Id extends VerbId> = ConsoleApi[Id]['input']
export type Answer<Id extends VerbId> = ConsoleApi[Id]['answer']

/** What came of a change: done, or (a grave one) an act that a second administrator is to sign. */
export type Outcome<Id extends VerbId> =
  | { readonly done: true; readonly answer: Answer<Id> }
  | { readonly done: false; readonly act: string }

/** A refusal by the console's API, with what it shows its caller: the fault's field, or the thing as it stands now. */
export class ConsoleRefused extends Refused {
  readonly status: number
  /** The problem's members (RFC 9457 §3.2). */
  readonly members: Readonly<Record<string, unknown>>

  constructor(reason: string, status: number, members: Readonly<Record<string, unknown>>) {
    super(reason)
    this.status = status
    this.members = members
  }
}

/** Where a verb is served. With an input: its address as a read, for links to files and for streams. */
export function addressOf<Id extends VerbId>(id: Id, input?: Input<Id>): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(input ?? {}))
    if (value !== undefined && value !== null && value !== '') query.set(name, String(value))
  const text = query.toString()
  return `/api/console/${id.replace('.', '/')}${text === '' ? '' : `?${text}`}`
}

/** Calls a verb that reads. Throws `ConsoleRefused`, or `Refused` `offline`. */
export async function read<Id extends VerbId>(id: Id, input: Input<Id>, signal?: AbortSignal): Promise<Answer<Id>> {
  const call = () => fetch(addressOf(id, input), { headers: { accept: 'application/json' }, signal: signal ?? null })
  return (await withTap(call, ['signin-required'])).body as Answer<Id>
}

/** Calls a verb that changes something. Throws `ConsoleRefused`, or `Refused` `offline` or `tap-cancelled`. */
export async function change<Id extends VerbId>(id: Id, input: Input<Id>): Promise<Outcome<Id>> {
  const call = () =>
    fetch(addressOf(id), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(input),
    })
  const { status, body } = await withTap(call, ['signin-required', 'fresh-tap-required'])
  if (status === 202) return { done: false, act: String((body as { act: unknown }).act) }
  return { done: true, answer: body as Answer<Id> }
}

/** Calls a verb that answers with a file, and saves it under the name that the answer gives it. Throws as `change` does. */
export async function download<Id extends VerbId>(id: Id, input: Input<Id>): Promise<void> {
  const call = () =>
    fetch(addressOf(id), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(input),
    })
  const { body } = await withTap(call, ['signin-required', 'fresh-tap-required'], async (response) => ({
    name: /filename="([^"]+)"/.exec(response.headers.get('content-disposition') ?? '')?.[1] ?? id,
    content: await response.blob(),
  }))
  const { name, content } = body as { readonly name: string; readonly content: Blob }
  save(content, name)
}

/** Has the browser save something as a file. */
export function save(content: Blob, name: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(content)
  link.download = name
  link.click()
  // The browser has taken it by then.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}

interface Answered {
  readonly status: number
  readonly body: unknown
}

const json = (response: Response): Promise<unknown> => response.json().catch(() => null)

async function withTap(
  call: () => Promise<Response>,
  mended: readonly string[],
  content: (response: Response) => Promise<unknown> = json,
): Promise<Answered> {
  try {
    return await answered(call, content)
  } catch (error) {
    if (!(error instanceof ConsoleRefused) || error.status !== 401 || !mended.includes(error.reason)) throw error
    await askForTap(error.reason === 'signin-required' ? 'over' : 'stale')
    return await answered(call, content)
  }
}

async function answered(
  call: () => Promise<Response>,
  content: (response: Response) => Promise<unknown>,
): Promise<Answered> {
  let response: Response
  try {
    response = await call()
  } catch (error) {
    // A read that nobody waits for any more is not a fault.
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new Refused('offline')
  }
  const body = await (response.ok ? content(response) : json(response))
  if (response.ok && body !== null) return { status: response.status, body }
  const members = (body ?? {}) as Readonly<Record<string, unknown>>
  const reason = typeof members['reason'] === 'string' ? members['reason'] : 'unexpected'
  throw new ConsoleRefused(reason, response.status, members)
}
