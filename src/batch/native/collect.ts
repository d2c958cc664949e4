/** Takes in the results of a job: each is booked, and becomes its line's result, or gives the line back to the queue. */

import type { FileHandle } from 'node:fs/promises'
import { GatewayError } from '../../core/error.ts'
import type { Json } from '../../core/json.ts'
import type { Batch } from '../batch.ts'
import type { FileFolder } from '../file-folder.ts'
import type { LinePlace } from '../port.ts'
import { readPlaces } from '../read-places.ts'
import { readRequestLine } from '../request-line.ts'
import { resultLine } from '../result-line.ts'
import type { ResultLog } from '../result-log.ts'
import { isSettled } from '../try-line.ts'
import type { JobStore, NativeJob, ProviderBatches, RemoteJob, RemoteResult } from './port.ts'
import { lineOf } from './request-id.ts'

export interface CollectParts {
  readonly jobs: Pick<JobStore, 'held'>
  readonly folder: Pick<FileFolder, 'open'>
  readonly results: Pick<ResultLog, 'append'>
  readonly providers: Pick<ProviderBatches, 'book'>
  parse(text: Buffer): Json
  onProgress(batch: Batch): void
}

const linesAtOnce = 100

/** Throws where it cannot go on now; what has its result by then is not taken again. */
export async function collect(
  batch: Batch,
  job: NativeJob,
  remote: RemoteJob,
  parts: CollectParts,
): Promise<void> {
  const places = new Map((await parts.jobs.held(job)).map((place) => [place.line, place]))
  const input = await parts.folder.open(batch.inputFileId, 'r')
  const collector = new Collector(batch, job, input, parts)
  try {
    for await (const results of remote.results()) {
      for (let from = 0; from < results.length; from += linesAtOnce) {
        const some = results.slice(from, from + linesAtOnce).flatMap((result) => {
          const place = places.get(lineOf(job, result.id))
          if (!place || result.is === 'undone') return []
          places.delete(place.line)
          return [{ place, result }]
        })
        const moved = await Promise.all(some.map((each) => collector.take(each.place, each.result)))
        const last = moved.findLast((each) => each !== undefined)
        if (last) parts.onProgress(last)
      }
    }
  } finally {
    await input.close()
  }
}

type Answered = Extract<RemoteResult, { is: 'answered' }>

class Collector {
  readonly #batch: Batch
  readonly #job: NativeJob
  readonly #input: FileHandle
  readonly #parts: CollectParts

  constructor(batch: Batch, job: NativeJob, input: FileHandle, parts: CollectParts) {
    this.#batch = batch
    this.#job = job
    this.#input = input
    this.#parts = parts
  }

  /** The batch as it is then; undefined where the line is to be asked again. */
  async take(place: LinePlace, { status, body }: Answered): Promise<Batch | undefined> {
    const { providers, results, parse } = this.#parts
    const [text] = await readPlaces(this.#input, [place])
    const request = readRequestLine(text!, this.#batch.endpoint, parse)
    const { line } = place
    const isAgain = this.#job.state === 'collecting'
    const answered = { line, request, isAgain, answer: { status, body } }
    const booked = await providers.book(this.#batch, this.#job, answered)
    const { answer, costNanoUsd, usage, error } = booked
    // The queue has more ways to go than this one.
    if (error && !isSettled(error)) return undefined
    const now = await results.append(this.#batch.id, {
      line,
      isError: answer.status >= 300,
      costNanoUsd,
      usage,
      text: resultLine(this.#batch, line, request.customId, answer),
    })
    // Nothing more is taken in: the job stays as it is.
    if (!now) throw new GatewayError('server_shutdown', 'The results are taken in at the next start.')
    return now
  }
}
