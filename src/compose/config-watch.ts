/** Watches the configuration: tells the log what became of each new one. */

import { inspect } from 'node:util'
import { ConfigError } from '../config/fault.ts'
import type { Config, LoadResult } from '../config/load.ts'
import { type ConfigWatch, watchConfig } from '../config/watch.ts'
import type { Log } from '../telemetry/log.ts'
import type { Closers } from './closers.ts'

export interface ReloadParts {
  readonly initial: Config
  readonly load: () => Promise<LoadResult>
  /** The new configuration is in force when it is done. */
  readonly takeUp: (next: Config) => Promise<void>
  readonly log: Log
  readonly closers: Closers
}

export async function watchReloads({
  initial,
  load,
  takeUp,
  log,
  closers,
}: ReloadParts): Promise<ConfigWatch> {
  const watch = await watchConfig({
    initial,
    load,
    async onChange(next, _previous, restartPaths) {
      await takeUp(next)
      log.info({ needsRestart: restartPaths }, 'configuration reloaded')
    },
    onRefused(faults) {
      log.error(
        { faults: new ConfigError(faults, initial.file).message },
        'new configuration refused; the old one stays',
      )
    },
    onUnwatched: (folder, cause) =>
      log.warn(
        { folder, cause: inspect(cause), ...mendOf(cause) },
        'changes of configuration or secrets in this folder are not noticed: send SIGHUP after one',
      ),
    onError: (error) =>
      log.error({ cause: inspect(error) }, 'new configuration could not be taken up: SIGHUP reads it again'),
  })
  closers.add(() => watch.stop())
  return watch
}

/** What the system has too few of, and the administrator can give it more of. */
function mendOf(cause: unknown): { readonly mend?: string } {
  const { code } = cause as NodeJS.ErrnoException
  if (code === 'ENOSPC') return { mend: 'raise fs.inotify.max_user_watches, then send SIGHUP' }
  if (code === 'EMFILE') return { mend: 'raise fs.inotify.max_user_instances, then send SIGHUP' }
  return {}
}
