// The sample reader: a small Matrix client like any other, on an origin of its own, to see Palier from where its users stand.
import { useEffect, useState } from 'preact/hooks'
import './reader.css'
import { Frame, Heading, start } from '../shared/frame.tsx'
import { useLocale } from '../shared/locale.ts'
import { shared } from '../shared/words.ts'
import { Mailbox } from './mailbox.tsx'
import { type MatrixClient, MatrixRefusal, matrixClient, type Session } from './matrix.ts'
import { expectSignIn, forgetSession, savedDevice, savedSession, saveSession, signInWasExpected } from './store.ts'
import { catalogue, type Ended } from './words.ts'

interface ReaderConfig {
  readonly gateway_url: string
  readonly companion_url: string
  readonly kind: 'sample' | 'synapse'
}

type View = { at: 'loading' } | { at: 'signing-in' } | { at: 'out'; why: Ended | null } | { at: 'in'; session: Session }

// Taken out of the address before anything else: it must not stay in the history, nor be sent as a referrer.
const loginToken = new URLSearchParams(location.search).get('loginToken')
if (loginToken !== null) history.replaceState(null, '', location.pathname)

function Reader() {
  const words = catalogue[useLocale()]
  const [config, setConfig] = useState<ReaderConfig | null>(null)
  const [matrix, setMatrix] = useState<MatrixClient | null>(null)
  const [view, setView] = useState<View>({ at: 'loading' })

  const begin = async () => {
    try {
      const answer = await fetch('/config.json')
      const read = (await answer.json()) as ReaderConfig
      const client = matrixClient(read.gateway_url)
      setConfig(read)
      setMatrix(() => client)
      setView(await arrive(client, words.device, () => setView({ at: 'signing-in' })))
    } catch {
      setView({ at: 'out', why: 'unreachable' })
    }
  }
  useEffect(() => void begin(), [])

  const leave = (why: Ended) => {
    forgetSession(why === 'soft')
    setView({ at: 'out', why })
  }
  const signOut = async () => {
    if (view.at !== 'in' || matrix === null) return
    await matrix.logout(view.session).catch(() => undefined)
    leave('out')
  }

  return (
    <Frame
      title={words.title}
      wide={view.at === 'in'}
      actions={
        view.at === 'in' && (
          <button type="button" class="quiet" data-action="sign-out" onClick={() => void signOut()}>
            {words.signOut}
          </button>
        )
      }
    >
      {view.at === 'in' && matrix !== null && config !== null ? (
        <Mailbox
          matrix={matrix}
          session={view.session}
          companionUrl={config.companion_url}
          about={words.kinds[config.kind]}
          onEnded={(refusal) => leave(refusal.softLogout ? 'soft' : 'hard')}
        />
      ) : (
        <Door view={view} matrix={matrix} kind={config?.kind ?? null} onRetry={() => void begin()} />
      )}
    </Frame>
  )
}

/** Who is here: the session of this tab, or the one that a login token, asked for in this tab, gives. */
async function arrive(matrix: MatrixClient, deviceName: string, onSigningIn: () => void): Promise<View> {
  const expected = signInWasExpected()
  const session = savedSession()
  if (session !== null) return { at: 'in', session }
  if (loginToken === null) return { at: 'out', why: null }
  if (!expected) return { at: 'out', why: 'foreign' }
  onSigningIn()
  try {
    const made = await matrix.login(loginToken, deviceName, savedDevice())
    saveSession(made)
    return { at: 'in', session: made }
  } catch (error) {
    return { at: 'out', why: error instanceof MatrixRefusal && error.status === 0 ? 'unreachable' : 'refused' }
  }
}

interface DoorProps {
  readonly view: View
  readonly matrix: MatrixClient | null
  readonly kind: ReaderConfig['kind'] | null
  readonly onRetry: () => void
}

function Door({ view, matrix, kind, onRetry }: DoorProps) {
  const locale = useLocale()
  const words = catalogue[locale]
  const why = view.at === 'out' ? view.why : null
  const leaveForSignIn = () => {
    if (matrix === null) return
    expectSignIn()
    location.assign(matrix.signInUrl(`${location.origin}/`))
  }
  return (
    <div class="sheet" data-state={view.at} data-why={why ?? undefined} aria-busy={view.at === 'loading'}>
      <p>
        <span class="tag warn">{words.label}</span>
      </p>
      <Heading state={view.at}>{view.at === 'signing-in' ? words.signingIn : words.signInHeading}</Heading>
      {why !== null && (
        <div class={why === 'out' ? 'notice' : 'notice warn'} role="status">
          <p>{words.ended[why]}</p>
        </div>
      )}
      {kind !== null && <p class="lead">{words.kinds[kind]}</p>}
      {view.at === 'loading' && <p class="soft">{shared[locale].loading}</p>}
      {view.at === 'out' && matrix !== null && (
        <>
          <p>{words.signInLead}</p>
          <button type="button" class="primary" data-action="sign-in" onClick={leaveForSignIn}>
            {words.signIn}
          </button>
        </>
      )}
      {view.at === 'out' && matrix === null && (
        <button type="button" onClick={onRetry}>
          {shared[locale].retry}
        </button>
      )}
    </div>
  )
}

start(<Reader />)
