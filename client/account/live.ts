// Prompts as they come, by server-sent events, and notifications for who asked for them.
import { useEffect, useRef, useState } from 'preact/hooks'
import type { PendingPrompt } from '../shared/api.ts'

export interface Live {
  /** Null until the stream has spoken. */
  readonly prompts: readonly PendingPrompt[] | null
  readonly connected: boolean
}

/** A stream that the server does not open is tried again after this. */
const AGAIN_AFTER_MS = 5_000

/**
 * Follows the pending approvals. `onNew` hears of each that was not there before, from the second message on. `onRefused` hears that the
 * server did not open the stream, which cannot say why: a session that was ended, or a server that starts again.
 */
export function useLive(enabled: boolean, onNew: (prompt: PendingPrompt) => void, onRefused: () => void): Live {
  const [prompts, setPrompts] = useState<readonly PendingPrompt[] | null>(null)
  const [connected, setConnected] = useState(false)
  const [turn, setTurn] = useState(0)
  const told = useRef(onNew)
  told.current = onNew
  const refused = useRef(onRefused)
  refused.current = onRefused
  useEffect(() => {
    if (!enabled) return
    let again: ReturnType<typeof setTimeout> | undefined
    let known: ReadonlySet<string> | null = null
    const source = new EventSource('/api/me/events')
    source.addEventListener('open', () => setConnected(true))
    source.addEventListener('error', () => {
      setConnected(false)
      // The browser tries again by itself, but not after an answer other than a stream.
      if (source.readyState !== EventSource.CLOSED) return
      refused.current()
      again = setTimeout(() => setTurn((count) => count + 1), AGAIN_AFTER_MS)
    })
    source.addEventListener('approvals', (event: MessageEvent<string>) => {
      const now = JSON.parse(event.data) as PendingPrompt[]
      setConnected(true)
      setPrompts(now)
      for (const prompt of now) if (known !== null && !known.has(prompt.approval_uri)) told.current(prompt)
      known = new Set(now.map((prompt) => prompt.approval_uri))
    })
    return () => {
      clearTimeout(again)
      source.close()
    }
  }, [enabled, turn])
  return { prompts, connected }
}

export type Permission = NotificationPermission | 'unsupported'

/** Whether this browser lets the page notify, and the question, which must follow a press of a button. */
export function useNotifications(): { permission: Permission; ask: () => void } {
  const [permission, setPermission] = useState<Permission>(
    typeof Notification === 'function' ? Notification.permission : 'unsupported',
  )
  return {
    permission,
    ask: () => {
      if (typeof Notification === 'function') void Notification.requestPermission().then(setPermission)
    },
  }
}

/** Shows a notification that opens the approval. The words say nothing a passer-by may not see. */
export function notify(title: string, approvalUri: string): void {
  if (typeof Notification !== 'function' || Notification.permission !== 'granted') return
  const shown = new Notification(title, { tag: approvalUri, icon: '/assets/logo.svg' })
  shown.onclick = () => {
    window.focus()
    location.assign(approvalUri)
  }
}
