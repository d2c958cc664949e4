/** The thread in which the JavaScript of a suite runs: one job at a time, without the gateway's environment. */

import { parentPort } from 'node:worker_threads'

/** What is asked of the thread. */
export interface ScriptJob {
  /** An expression, the body of a function, or a whole module. */
  readonly source: string
  readonly output: string
  readonly context: object
}

export type ScriptAnswer = { readonly value: unknown } | { readonly error: string }

type Grader = (output: string, context: object) => unknown

parentPort?.on('message', (job: ScriptJob) => {
  void answer(job).then((result) => parentPort?.postMessage(result))
})
// The time of the first job begins now, not with the start of the thread.
parentPort?.postMessage('ready')

async function answer({ source, output, context }: ScriptJob): Promise<ScriptAnswer> {
  try {
    const value = await (await graderOf(source))(output, context)
    return { value: plain(value) }
  } catch (error) {
    return { error: error instanceof Error ? `${error.name}: ${error.message}` : String(error) }
  }
}

/** What cannot be sent between threads (functions, proxies) is a mistake of the grader's. */
function plain(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? (JSON.parse(JSON.stringify(value)) as unknown) : value
}

async function graderOf(source: string): Promise<Grader> {
  if (/^\s*export\s/m.test(source)) {
    const module = (await import(`data:text/javascript,${encodeURIComponent(source)}`)) as {
      default?: Grader
    }
    return asGrader(module.default)
  }
  if (/\bmodule\.exports\b/.test(source)) {
    const module: { exports: unknown } = { exports: {} }
    compile('module', 'exports', source)(module, module.exports)
    return asGrader(module.exports)
  }
  const isBody = source.includes('\n') || /^\s*(?:return|const|let|if)\b/.test(source)
  const grader = compile('output', 'context', isBody ? source : `return (${source})`)
  return (output, context) => {
    const value = grader(output, context)
    return typeof value === 'function' ? (value as Grader)(output, context) : value
  }
}

function compile(...parts: readonly string[]): (...values: unknown[]) => unknown {
  // The user's own code, which the command line has allowed: running it is the purpose of this thread.
  // oxlint-disable-next-line typescript/no-implied-eval
  return new Function(...parts) as (...values: unknown[]) => unknown
}

function asGrader(value: unknown): Grader {
  if (typeof value === 'function') return value as Grader
  throw new Error('the file exports no function')
}
