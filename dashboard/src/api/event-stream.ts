/** Reads the data of server-sent events from a body, however its bytes are cut. */

export async function* eventsOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let text = ''
  const reader = body.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      text += decoder.decode(value, { stream: !done })
      // An event ends with an empty line; what follows the last one is still to come.
      const events = text.split(/\r?\n\r?\n/)
      text = done ? '' : (events.pop() ?? '')
      for (const event of events) {
        const data = dataOf(event)
        if (data !== '') yield data
      }
      if (done) return
    }
  } finally {
    // Whoever stops reading wants no more of it; this also tells the gateway.
    await reader.cancel().catch(() => undefined)
  }
}

function dataOf(event: string): string {
  return event
    .split(/\r?\n/)
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice(5).replace(/^ /, ''))
    .join('\n')
}
