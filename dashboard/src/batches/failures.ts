/** Finds the lines that failed among the results of a batch, whichever of its dialects they are in. */

export interface Failure {
  readonly customId: string
  readonly code: string
  readonly message: string
}

export interface Failures {
  /** Of all of them, the most frequent first. */
  readonly byCode: readonly (readonly [code: string, lines: number])[]
  /** The first ones. */
  readonly shown: readonly Failure[]
}

const maxShown = 200

interface Fault {
  readonly code?: string | null
  readonly type?: string
  readonly message?: string
}

interface Result {
  readonly custom_id?: string
  readonly response?: { readonly status_code: number; readonly body?: { readonly error?: Fault } } | null
  readonly error?: Fault | null
  readonly result?: { readonly type: string; readonly error?: { readonly error?: Fault } }
}

/** Reads to the end: the lines that failed stand there once a batch has ended. */
export async function failuresOf(body: ReadableStream<Uint8Array>): Promise<Failures> {
  const counts = new Map<string, number>()
  const shown: Failure[] = []
  for await (const line of linesOf(body)) {
    const failure = failureOf(JSON.parse(line) as Result)
    if (!failure) continue
    counts.set(failure.code, (counts.get(failure.code) ?? 0) + 1)
    if (shown.length < maxShown) shown.push(failure)
  }
  return { byCode: [...counts].toSorted(([, a], [, b]) => b - a), shown }
}

async function* linesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let rest = ''
  for (;;) {
    const { done, value } = await reader.read()
    rest += decoder.decode(value, { stream: !done })
    const lines = rest.split('\n')
    rest = done ? '' : (lines.pop() ?? '')
    for (const line of lines) if (line !== '') yield line
    if (done) return
  }
}

function failureOf({ custom_id: customId = '', response, error, result }: Result): Failure | undefined {
  if (result) {
    if (result.type === 'succeeded') return undefined
    return { customId, ...told(result.error?.error, result.type) }
  }
  if (response && response.status_code < 400) return undefined
  return { customId, ...told(response?.body?.error ?? error, String(response?.status_code ?? 'unknown')) }
}

function told(fault: Fault | null | undefined, otherwise: string): Omit<Failure, 'customId'> {
  return { code: fault?.code ?? fault?.type ?? otherwise, message: fault?.message ?? '' }
}
