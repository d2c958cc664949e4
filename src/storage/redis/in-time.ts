/** How long anything waits for an answer of Redis. */

/** What a request waits for; then Redis counts as out of reach. */
export const answerTimeoutMs = 50

/** The client's own timeout ends when a command is sent: a server that hangs would be waited for without end. */
export async function inTime<Value>(answer: Promise<Value>, timeoutMs: number): Promise<Value> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    const give = () => reject(new Error(`Redis did not answer within ${timeoutMs} ms`))
    // Where this process was too busy to look, the answer may be there: it is read before it is missed.
    timer = setTimeout(() => setImmediate(give), timeoutMs)
  })
  try {
    return await Promise.race([answer, late])
  } finally {
    clearTimeout(timer)
  }
}
