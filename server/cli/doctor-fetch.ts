// How `palier doctor` asks another server for a document.

const FETCH_TIMEOUT_MS = 5_000

/** A JSON object, or why there is none: never throws. */
export async function getJson(url: string): Promise<{ body: Record<string, unknown> | null; failure: string }> {
  try {
    const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(FETCH_TIMEOUT_MS) })
    if (response.status !== 200) return { body: null, failure: `status ${response.status}` }
    const body: unknown = await response.json()
    return typeof body === 'object' && body !== null
      ? { body: body as Record<string, unknown>, failure: '' }
      : { body: null, failure: 'not a JSON object' }
  } catch (error) {
    // A bad certificate or a refused connection is in the cause; fetch itself only says that it failed.
    const cause = error instanceof Error ? error.cause : undefined
    const said = cause instanceof Error ? cause.message || ('code' in cause ? String(cause.code) : '') : ''
    return { body: null, failure: said || (error instanceof Error ? error.message : String(error)) }
  }
}
