/** `weir serve`: the gateway, in the foreground. */

import type { Command } from 'commander'
import { readPort } from './options.ts'

interface ServeFlags {
  readonly config?: string
  readonly host?: string
  readonly port?: number
  readonly data?: string
}

/** Adds the verb. It runs until a signal ends it; SIGTERM drains. */
export function addServe(program: Command): void {
  program
    .command('serve')
    .description('start the gateway; SIGTERM drains it, SIGHUP reloads the configuration')
    .option('--config <file>', 'configuration file (default: weir.yaml, where there is one)')
    .option('--host <address>', 'address to listen on')
    .option('--port <number>', 'port to listen on; 0 takes a free one', readPort)
    .option('--data <folder>', 'folder of everything the gateway keeps')
    .action(async ({ config, host, port, data }: ServeFlags) => {
      const { serve } = await import('../main.ts')
      await serve({
        ...(config === undefined ? {} : { configPath: config }),
        ...(host === undefined ? {} : { host }),
        ...(port === undefined ? {} : { port }),
        ...(data === undefined ? {} : { dataDir: data }),
      })
    })
}
