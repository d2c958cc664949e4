/** The only place that prints. */

import { styleText } from 'node:util'

export interface Output {
  /** A line of the answer, on standard output. */
  print(line: string): void
  /** The answer as JSON, on standard output. */
  printJson(value: unknown): void
  /** A line for people beside the answer, on standard error. */
  note(line: string): void
  /** A failure, on standard error: `weir: what is wrong`, red on a terminal that has colours. */
  fail(message: string): void
  /** The reader of standard output has gone: what is printed from now on reaches nobody. */
  readonly isGone: boolean
  /** Whether people watch standard error. */
  readonly isTerminal: boolean
  /** Replaces the line that is being drawn on standard error; an empty one takes it away. */
  redraw(line: string): void
}

/** Prints on the two streams. A reader that goes away early (`| head`) is no failure. */
export function createOutput(stdout: NodeJS.WriteStream, stderr: NodeJS.WriteStream): Output {
  let isGone = false
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    ignoreClosedPipe(error)
    isGone = true
  })
  stderr.on('error', ignoreClosedPipe)
  return {
    get isGone() {
      return isGone
    },
    print: (line) => void stdout.write(`${line}\n`),
    printJson: (value) => void stdout.write(`${JSON.stringify(value, null, 2)}\n`),
    note: (line) => void stderr.write(`${line}\n`),
    isTerminal: stderr.isTTY,
    redraw: (line) => void stderr.write(`\r\u001B[2K${line}`),
    fail: (message) => void stderr.write(`${styleText('red', 'weir:', { stream: stderr })} ${message}\n`),
  }
}

function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
}
