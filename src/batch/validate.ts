/** Reads an input file before any of it is done: where its lines stand, or what is wrong with them. */

import type { GatewayError } from '../core/error.ts'
import type { Json } from '../core/json.ts'
import type { LineFault } from './batch.ts'
import { type InputLine, readLines } from './json-lines.ts'
import type { LinePlace } from './port.ts'
import { LineError, readRequestLine, type RequestLine } from './request-line.ts'

export interface ValidationRules {
  readonly endpoint: string
  readonly maxLines: number
  readonly maxLineBytes: number
  /** Throws GatewayError for what is no JSON, or is too deep. */
  parse(text: Buffer): Json
  /** Why the request of a line cannot be made by whoever asks, as far as it can be told beforehand. */
  refusal(line: RequestLine): GatewayError | undefined
}

export interface Validation {
  readonly places: readonly LinePlace[]
  /** The first of them; empty where all is well. */
  readonly faults: readonly LineFault[]
}

const maxFaults = 100

/** Holds one line at a time, and of each of them its place and its id. */
export async function validate(
  chunks: AsyncIterable<Uint8Array>,
  rules: ValidationRules,
): Promise<Validation> {
  const { maxLines, maxLineBytes } = rules
  const reader = new Reader(rules)
  for await (const lines of readLines(chunks, maxLineBytes)) {
    for (const line of lines) {
      reader.read(line)
      if (reader.places.length > maxLines) {
        const message = `The file has more than ${maxLines} lines.`
        return { places: [], faults: [{ code: 'too_many_lines', message }] }
      }
    }
    if (reader.faults.length >= maxFaults) {
      const message = `There may be more: only the first ${maxFaults} faults are listed.`
      return {
        places: [],
        faults: [...reader.faults.slice(0, maxFaults), { code: 'too_many_faults', message }],
      }
    }
  }
  const { places, faults } = reader
  if (places.length === 0 && faults.length === 0) {
    return { places, faults: [{ code: 'empty_file', message: 'The file has no lines.' }] }
  }
  return { places, faults }
}

class Reader {
  readonly #rules: ValidationRules
  readonly #lineOf = new Map<string, number>()
  readonly places: LinePlace[] = []
  readonly faults: LineFault[] = []

  constructor(rules: ValidationRules) {
    this.#rules = rules
  }

  read({ line, offset, bytes, text }: InputLine): void {
    this.places.push({ line, offset, bytes })
    try {
      this.#check(line, text)
    } catch (error) {
      if (!(error instanceof LineError)) throw error
      const { code, message, param } = error
      this.faults.push({ code, line, message, ...(param !== undefined && { param }) })
    }
  }

  #check(line: number, text: Buffer | undefined): void {
    const { endpoint, maxLineBytes, parse, refusal } = this.#rules
    if (text === undefined) {
      throw new LineError('line_too_large', `The line is longer than ${maxLineBytes} bytes.`)
    }
    const request = readRequestLine(text, endpoint, parse)
    const { customId } = request
    const before = this.#lineOf.get(customId)
    if (before !== undefined) {
      const message = `The \`custom_id\` of this line is also that of line ${before}.`
      throw new LineError('duplicate_custom_id', message, 'custom_id')
    }
    this.#lineOf.set(customId, line)
    const error = refusal(request)
    if (error) throw new LineError(error.code, error.message, error.param && `body.${error.param}`)
  }
}
