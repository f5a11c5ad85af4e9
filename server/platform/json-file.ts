// JSON that is larger than memory should hold, as a file to be kept.

/** A response of pieces of JSON, as they come; saved under `name`. The source is told when the reader goes. */
export function jsonFile(pieces: AsyncIterable<string>, name: string): Response {
  const encoder = new TextEncoder()
  const from = pieces[Symbol.asyncIterator]()
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await from.next()
      if (done) controller.close()
      else controller.enqueue(encoder.encode(value))
    },
    async cancel() {
      await from.return?.()
    },
  })
  return new Response(body, {
    headers: {
      'Content-Type': 'application/json; charset=utf-8',
      'Content-Disposition': `attachment; filename="${name}"`,
      'Cache-Control': 'no-store',
    },
  })
}
