/** The thread that answers the questions of a reader. */

import { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import type { Answer, Question } from './reader.ts'

const database = new DatabaseSync(workerData as string, { readOnly: true, timeout: 5_000 })
// Sums of many rows are sorted: in memory, not in a file beside the ledger.
database.exec('pragma cache_size = -16384; pragma temp_store = memory')

parentPort!.on('message', ({ id, sql, parameters }: Question) => {
  parentPort!.postMessage({ id, ...answerTo(sql, parameters) } satisfies Answer)
})

function answerTo(sql: Question['sql'], parameters: Question['parameters']) {
  try {
    return { rows: database.prepare(sql).all(...parameters) }
  } catch (cause) {
    return { failure: String(cause) }
  }
}
