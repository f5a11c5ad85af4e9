// Listening on Node: an app on an address, with a clear word when that cannot be had, and its way down.
import type { Server } from 'node:http'
import { createAdaptorServer } from '@hono/node-server'
import type { Hono } from 'hono'
import { CliFailure } from '../cli/context.ts'
import type { Listen } from '../config/config.ts'

/** How long answers under way may still take once it is told to close. */
const CLOSE_WITHIN_MS = 3_000

/** Serves an app; resolves with the way to stop. Throws `CliFailure` when the address cannot be had. */
export async function listen(what: string, app: Hono, at: Listen): Promise<() => Promise<void>> {
  const server = createAdaptorServer({ fetch: app.fetch }) as Server
  const bound = () =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(at.port, at.host, () => resolve())
    })
  await listening(what, at, bound)
  return () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeIdleConnections()
      setTimeout(() => server.closeAllConnections(), CLOSE_WITHIN_MS).unref()
    })
}

/** Runs `start` and says in one line why an address cannot be listened on. */
export async function listening(what: string, at: Listen, start: (at: Listen) => Promise<unknown>): Promise<void> {
  try {
    await start(at)
  } catch (error) {
    const why = REFUSALS[(error as NodeJS.ErrnoException).code ?? '']
    if (why === undefined) throw error
    throw new CliFailure(
      `${what} cannot listen on ${at.host}:${at.port}: ${why}; choose another port (docs/reference/configuration.md)`,
    )
  }
}

const REFUSALS: Readonly<Record<string, string | undefined>> = {
  EADDRINUSE: 'another program listens there',
  EACCES: 'this account may not',
  EADDRNOTAVAIL: 'this machine has no such address',
}
