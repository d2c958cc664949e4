/** Shows how far a run is: a bar on a terminal, a line now and then elsewhere. */

import { Presets, SingleBar } from 'cli-progress'
import type { Output } from './output.ts'

export interface RunProgress {
  readonly done: number
  readonly total: number
  readonly errors: number
  readonly costUsd: string
}

export interface ProgressView {
  show(progress: RunProgress): void
  end(): void
}

const quietIntervalMs = 10_000

export function createProgressView(
  output: Output,
  stderr: NodeJS.WriteStream,
  nowMs: () => number,
): ProgressView {
  return stderr.isTTY ? barView(stderr) : lineView(output, nowMs)
}

function barView(stderr: NodeJS.WriteStream): ProgressView {
  const bar = new SingleBar(
    {
      format:
        '{bar} {percentage} % | {value} of {total} | {errors} faults | ${costUsd} | {eta_formatted} left',
      stream: stderr,
      hideCursor: true,
      etaBuffer: 200,
    },
    Presets.shades_classic,
  )
  let isStarted = false
  return {
    show({ done, total, ...rest }) {
      if (!isStarted) bar.start(total, done, rest)
      isStarted = true
      bar.setTotal(total)
      bar.update(done, rest)
    },
    end: () => bar.stop(),
  }
}

function lineView(output: Output, nowMs: () => number): ProgressView {
  let nextMs = nowMs() + quietIntervalMs
  return {
    show({ done, total, errors, costUsd }) {
      if (nowMs() < nextMs) return
      nextMs = nowMs() + quietIntervalMs
      output.note(`${done} of ${total} answers, ${errors} faults, ${costUsd} USD`)
    },
    end: () => undefined,
  }
}
