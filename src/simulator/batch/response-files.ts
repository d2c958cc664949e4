/** Results as OpenAI and Mistral have them: in one file what was answered, in another what was not. */

import type { JsonObject } from '../../core/json.ts'
import type { BatchedRequest, BatchedResult, Desk, SimBatch } from './state.ts'

/** The files of what was answered, and of what was not. */
export function keepResults(desk: Desk, batch: SimBatch): void {
  const { requests, results } = batch
  if (batch.endedMs === undefined || batch.outputFile !== undefined || batch.errorFile !== undefined) return
  const lines = results.map((result, at) => ({
    isGood: result.is === 'done' && result.status < 300,
    text: JSON.stringify(responseLine(requests[at]!, result, at)),
  }))
  const [goodLines, badLines] = [lines.filter(({ isGood }) => isGood), lines.filter(({ isGood }) => !isGood)]
  const textOf = (some: typeof lines) => some.map(({ text }) => `${text}\n`).join('')
  if (goodLines.length > 0) batch.outputFile = desk.keep('output.jsonl', textOf(goodLines)).id
  if (badLines.length > 0) batch.errorFile = desk.keep('errors.jsonl', textOf(badLines)).id
}

function responseLine({ id }: BatchedRequest, result: BatchedResult, at: number): JsonObject {
  const head = { id: `batch_req_${at}`, custom_id: id }
  if (result.is !== 'done') {
    return { ...head, response: null, error: { code: `batch_${result.is}`, message: 'It was not done.' } }
  }
  const response = { status_code: result.status, request_id: `req_${at}`, body: result.body }
  return { ...head, response, error: null }
}
