// Answers that go on after their head was sent. A fault in the middle of one is nobody's to answer any more: without this an adapter would
// print it as it is, and end the answer with its words as if it were whole.
import type { MiddlewareHandler } from 'hono'
import type { Log } from '../platform/log.ts'

const CAUSES_AT_MOST = 5
const DETAIL_CHARACTERS = 200

/**
 * Has streams and files that break off logged as `answer.broken-off`, and cut off on the wire, so that nobody takes half of one for the
 * whole: the connection is closed where there is one to close, otherwise the body fails, with words that tell nothing.
 */
export function streamedAnswers(log: Log): MiddlewareHandler {
  return async (c, next) => {
    await next()
    const { body, headers } = c.res
    if (body === null || !isStreamed(headers)) return
    const where = { method: c.req.method, path: c.req.path }
    const { outgoing } = (c.env ?? {}) as { readonly outgoing?: { destroy(): void } }
    c.res = new Response(
      guarded(body, (error) => {
        log.error('answer.broken-off', { ...where, detail: detailOf(error) })
        outgoing?.destroy()
        return outgoing !== undefined
      }),
      c.res,
    )
  }
}

function isStreamed(headers: Headers): boolean {
  const type = headers.get('Content-Type') ?? ''
  return headers.has('Content-Disposition') || /^(?:text\/event-stream|application\/x-ndjson)\b/.test(type)
}

/** The same bytes at the same pace. `broke`: whether what carries them was cut off. */
function guarded(body: ReadableStream<Uint8Array>, broke: (error: unknown) => boolean): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read()
          if (done) controller.close()
          else controller.enqueue(value)
        } catch (error) {
          if (broke(error)) controller.close()
          else controller.error(new Error('the answer broke off'))
        }
      },
      cancel: (reason) => reader.cancel(reason),
    },
    // What is behind it decides how much is made ahead.
    { highWaterMark: 0 },
  )
}

/** What was at the bottom of it, one line: what a database client wraps around it has the query and its values. */
function detailOf(error: unknown): string {
  let bottom = error
  for (let depth = 0; depth < CAUSES_AT_MOST && bottom instanceof Error && bottom.cause instanceof Error; depth += 1)
    bottom = bottom.cause
  const message = bottom instanceof Error ? bottom.message : 'not an error'
  return (message.split('\n', 1)[0] ?? '').slice(0, DETAIL_CHARACTERS)
}
