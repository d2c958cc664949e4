/** Deletes what is too old or too much, in steps that no request has to wait for. */

export interface PruningOptions {
  /** Deletes at most `limit` of it; gives how many it has deleted. */
  step(limit: number): Promise<number>
  onError(cause: unknown): void
  readonly firstAfterMs?: number
}

export interface Pruning {
  /** Resolves when no step is under way. */
  stop(): Promise<void>
}

const everyMs = 60_000
/** Between two steps, for the requests that wait. */
const restMs = 25
const stepSize = 100

/** Step after step while there is more, else a look each minute. Its timer keeps no process alive. */
export function startPruning({ step, onError, firstAfterMs = everyMs }: PruningOptions): Pruning {
  let timer: NodeJS.Timeout | undefined
  let underWay = Promise.resolve()
  let isStopped = false
  const schedule = (delayMs: number): void => {
    if (isStopped) return
    timer = setTimeout(() => {
      underWay = prune()
    }, delayMs).unref()
  }
  const prune = async (): Promise<void> => {
    let deleted = 0
    try {
      deleted = await step(stepSize)
    } catch (cause) {
      onError(cause)
    }
    schedule(deleted > 0 ? restMs : everyMs)
  }
  schedule(firstAfterMs)
  return {
    stop() {
      isStopped = true
      clearTimeout(timer)
      return underWay
    },
  }
}
