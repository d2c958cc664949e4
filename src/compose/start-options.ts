/** What a gateway is started with, and where that says its configuration is. */

import type { LoadOptions } from '../config/load.ts'
import { builtInProvider, providerTable } from '../providers/table.ts'
import type { Log } from '../telemetry/log.ts'

export interface StartOptions {
  readonly configPath?: string
  /** The working folder, absolute; relative paths of the command line start there. */
  readonly folder: string
  readonly env: LoadOptions['env']
  readonly host?: string
  readonly port?: number
  readonly dataDir?: string
  readonly log?: Log
  /** Opens the data directory's control socket alone: for a command that works on it while no gateway runs. */
  readonly isControlOnly?: boolean
}

/** The command line wins over the file. */
export function loadOptionsOf({ configPath, folder, env, host, port, dataDir }: StartOptions): LoadOptions {
  return {
    folder,
    env,
    known: { types: providerTable, builtIn: builtInProvider },
    overrides: {
      ...(host !== undefined && { host }),
      ...(port !== undefined && { port }),
      ...(dataDir !== undefined && { dataDir }),
    },
    ...(configPath !== undefined && { file: configPath }),
  }
}
