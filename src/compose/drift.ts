/** The watch for drift: golden sets of the configuration, their schedule, and the routes of the administration. */

import { randomBytes } from 'node:crypto'
import { dirname, resolve } from 'node:path'
import { inspect } from 'node:util'
import type { AdminRoute } from '../admin/route.ts'
import type { Config } from '../config/load.ts'
import type { EmbedTexts } from '../core/ask.ts'
import type { Clock } from '../core/clock.ts'
import { createIdFactory } from '../core/id.ts'
import { driftRoutes } from '../drift/admin.ts'
import { readGoldenFiles } from '../drift/golden-files.ts'
import type { AskPriced, DriftStore, TellAlert } from '../drift/port.ts'
import type { Kept } from '../drift/golden-shelf.ts'
import { createScheduler } from '../drift/scheduler.ts'
import { createWatch } from '../drift/watch.ts'
import { createSchemaChecker } from '../judgement/assertions/json-schemas.ts'
import { createRegexRunner } from '../judgement/assertions/regex.ts'
import { loadSentiment, type Sentiment } from '../judgement/sentiment.ts'
import type { Log } from '../telemetry/log.ts'

export interface DriftParts {
  readonly store: DriftStore
  readonly clock: Clock
  readonly log: Log
  /** On an account of its own, so that a budget can be set for it. */
  readonly ask: AskPriced
  readonly embed: EmbedTexts
  /** A command runs what it is asked to, and no schedule. */
  readonly hasSchedule: boolean
}

export interface DriftWatcher {
  readonly routes: readonly AdminRoute[]
  /** Takes up the golden sets of a configuration. What is wrong with one is logged, and the others go on. */
  reload(config: Config): Promise<void>
  close(): Promise<void>
}

const org = 'default'
const tickMs = 5_000

export function createDrift({ store, clock, log, ask, embed, hasSchedule }: DriftParts): DriftWatcher {
  const newId = createIdFactory(randomBytes, clock, 'drift_')
  const tell: TellAlert = ({ kind, title, lines, set, runId }) => {
    const facts = { kind, set, runId, lines }
    // A command shows its verdict itself.
    if (!hasSchedule) log.debug(facts, title)
    else if (kind === 'drift') log.error(facts, title)
    else if (kind === 'clean') log.info(facts, title)
    else log.warn(facts, title)
  }
  const watch = createWatch({
    store,
    clock,
    newId,
    tell,
    ask,
    embed,
    sentiment: lazySentiment(),
    grading: { regex: createRegexRunner(), schemas: createSchemaChecker() },
  })
  const scheduler = createScheduler({
    watch,
    store,
    clock,
    org,
    instance: newId(),
    newId,
    tell,
    onError: (cause) => log.error({ cause: inspect(cause) }, 'a golden run could not be made'),
  })
  const timer = hasSchedule ? setInterval(tick, tickMs) : undefined
  timer?.unref()

  function tick(): void {
    scheduler
      .tick()
      .catch((cause: unknown) =>
        log.error({ cause: inspect(cause) }, 'the golden runs cannot be looked after'),
      )
  }

  return {
    routes: driftRoutes({
      watch,
      store,
      nowMs: () => clock.nowMs(),
      nextMs: (name) => scheduler.nextMs(name),
      progress: new Map(),
    }),
    async reload(config) {
      const folder = config.file === undefined ? process.cwd() : dirname(config.file)
      const kept: Kept[] = []
      for (const file of config.drift.sets) {
        try {
          kept.push(await watch.shelf.keep(org, await readGoldenFiles(resolve(folder, file))))
        } catch (cause) {
          log.error({ file, cause: (cause as Error).message }, 'a golden set cannot be used')
        }
      }
      scheduler.schedule(kept)
    },
    async close() {
      clearInterval(timer)
      await scheduler.stop()
    },
  }
}

/** The lexicon is loaded with the first run. */
function lazySentiment(): () => Promise<Sentiment> {
  let loading: Promise<Sentiment> | undefined
  return () => (loading ??= loadSentiment())
}
