/** Reloads the configuration when its files change, and keeps the old one when the new one is not valid. */

import { type FSWatcher, watch } from 'node:fs'
import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Fault } from './fault.ts'
import type { Config, LoadResult } from './load.ts'

export interface ConfigWatchOptions {
  readonly initial: Config
  readonly load: () => Promise<LoadResult>
  /** The new snapshot is current from now on. `restartPaths` are its changes that only a restart takes up. */
  readonly onChange: (next: Config, previous: Config, restartPaths: readonly string[]) => Promise<void> | void
  /** The new files are refused; the old snapshot stays. */
  readonly onRefused: (faults: readonly Fault[]) => void
  /** Changes in this folder are not seen. `reload` reads them all the same, and tries to watch it again. */
  readonly onUnwatched: (folder: string, cause: unknown) => void
  /** Reading the files, or taking up what they say, failed unexpectedly. */
  readonly onError: (error: unknown) => void
  /** How long after a change the files are read, so that one edit in several steps is one reload. */
  readonly settleMs?: number
}

export interface ConfigWatch {
  current(): Config
  /** Reads the files now, changed or not; done when the outcome has been told. For SIGHUP. */
  reload(): Promise<void>
  stop(): void
}

/**
 * Watches the folders of the files, not the files: editors and mounted secrets replace a file by renaming, and
 * a watched file would then be the old one. One reload runs at a time; a change meanwhile starts another.
 */
export async function watchConfig(options: ConfigWatchOptions): Promise<ConfigWatch> {
  const settleMs = options.settleMs ?? 100
  const folders = createFolderWatch(onFolderEvent, options.onUnwatched)
  let current = options.initial
  let seen = await fingerprint(current.sources)
  let timer: NodeJS.Timeout | undefined
  let queue = Promise.resolve()
  let isStopped = false

  function enqueue(step: () => Promise<void>): Promise<void> {
    queue = queue.then(() => (isStopped ? undefined : step().catch(options.onError)))
    return queue
  }

  async function load(): Promise<void> {
    // Taken before reading: a change during the read makes the next comparison differ, as new paths do.
    const before = await fingerprint(current.sources)
    const result = await options.load()
    if (isStopped) return
    seen = before
    if (!result.ok) {
      options.onRefused(result.faults)
      return
    }
    const previous = current
    current = result.config
    folders.follow(current.sources)
    await options.onChange(current, previous, restartPaths(current, previous))
  }

  async function loadIfChanged(): Promise<void> {
    if ((await fingerprint(current.sources)) !== seen) await load()
  }

  function onFolderEvent(): void {
    timer ??= setTimeout(() => {
      timer = undefined
      void enqueue(loadIfChanged)
    }, settleMs)
  }

  folders.follow(current.sources)
  return {
    current: () => current,
    reload: () => enqueue(load),
    stop() {
      isStopped = true
      clearTimeout(timer)
      folders.follow([])
    },
  }
}

interface FolderWatch {
  /** Watches the folders of these files from now on, and no others. */
  follow(files: readonly string[]): void
}

function createFolderWatch(onEvent: () => void, onUnwatched: ConfigWatchOptions['onUnwatched']): FolderWatch {
  const watchers = new Map<string, FSWatcher>()

  function close(folder: string): void {
    watchers.get(folder)?.close()
    watchers.delete(folder)
  }

  function open(folder: string): void {
    try {
      const watcher = watch(folder, { persistent: false }, onEvent)
      watcher.on('error', (error) => {
        close(folder)
        onUnwatched(folder, error)
      })
      watchers.set(folder, watcher)
    } catch (error) {
      onUnwatched(folder, error)
    }
  }

  return {
    follow(files) {
      const wanted = new Set(files.map((file) => dirname(file)))
      for (const folder of watchers.keys()) if (!wanted.has(folder)) close(folder)
      for (const folder of wanted) if (!watchers.has(folder)) open(folder)
    },
  }
}

/** Differs whenever a file was written, replaced, removed or made; links are followed. */
async function fingerprint(paths: readonly string[]): Promise<string> {
  const stamps = await Promise.all(
    paths.map(async (path) => {
      try {
        const { ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true })
        return `${path}:${ino}:${size}:${mtimeNs}:${ctimeNs}`
      } catch {
        return `${path}:absent`
      }
    }),
  )
  return stamps.join('\n')
}

/** The settings that are taken up at start only, by path, where the two snapshots differ in them. */
export function restartPaths(next: Config, previous: Config): string[] {
  const atStart: readonly (readonly [string, (config: Config) => unknown])[] = [
    ['server.host', (config) => config.server.host],
    ['server.port', (config) => config.server.port],
    ['server.admin.port', (config) => config.server.admin?.port],
    ['server.tls', (config) => config.server.tls !== undefined],
    ['server.limits', (config) => JSON.stringify(config.server.limits)],
    ['data', (config) => config.dataDir],
    ['store', ({ store }) => (store === 'sqlite' ? store : store.reveal())],
    ['storedResponses', (config) => JSON.stringify(config.storedResponses)],
    ['idempotency', (config) => JSON.stringify(config.idempotency)],
    ['telemetry.otlp', (config) => JSON.stringify(config.telemetry.otlp)],
    ['log.format', (config) => config.log.format],
  ]
  return atStart.filter(([, read]) => read(next) !== read(previous)).map(([path]) => path)
}
