/** The thread in which doubtful patterns are tried, and large values checked, so that it can be stopped. */

import { parentPort } from 'node:worker_threads'
import type { Json, JsonObject } from '../core/json.ts'
import type { Draft } from './bounds.ts'
import { type Check, Compiler } from './compile.ts'
import { SchemaFault } from './fault.ts'
import { probesFor } from './pattern.ts'

export type CheckJob =
  | { readonly do: 'probe'; readonly id: number; readonly pattern: string }
  | {
      readonly do: 'check'
      readonly id: number
      readonly key: string
      readonly schema: JsonObject
      readonly draft: Draft
      /** JSON text; absent: the schema is only compiled. */
      readonly text?: string
    }

export type CheckAnswer =
  | { readonly id: number; readonly faults: readonly string[] }
  /** The schema itself does not compile. */
  | { readonly id: number; readonly schemaFault: string }

const maxKept = 64

const compiler = new Compiler()
const kept = new Map<string, Check>()

function checkFor({ key, schema, draft }: CheckJob & { do: 'check' }): Check {
  const known = kept.get(key)
  if (known) return known
  const check = compiler.compile(schema, draft)
  if (kept.size >= maxKept) kept.delete(kept.keys().next().value!)
  kept.set(key, check)
  return check
}

/** Compiling has a limit of its own: a thread that was replaced has to do it again. */
function tellBegun(): void {
  parentPort?.postMessage('begun')
}

function answer(job: CheckJob): CheckAnswer {
  if (job.do === 'probe') {
    const expression = new RegExp(job.pattern, 'u')
    tellBegun()
    for (const probe of probesFor(job.pattern)) expression.test(probe)
    return { id: job.id, faults: [] }
  }
  try {
    const check = checkFor(job)
    tellBegun()
    return { id: job.id, faults: job.text === undefined ? [] : check(JSON.parse(job.text) as Json) }
  } catch (cause) {
    if (cause instanceof SchemaFault) return { id: job.id, schemaFault: cause.message }
    throw cause
  }
}

parentPort?.postMessage('ready')
parentPort?.on('message', (job: CheckJob) => parentPort?.postMessage(answer(job)))
