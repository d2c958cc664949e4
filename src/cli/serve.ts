/** `weir serve`: the gateway, in the foreground. */

import type { Command } from 'commander'
import { readEnvironment } from '../config/environment.ts'
import type { RunningGateway } from '../main.ts'
import { readPort } from './options.ts'
import type { Output } from './output.ts'

interface ServeFlags {
  readonly config?: string
  readonly host?: string
  readonly port?: number
  readonly data?: string
}

/** Adds the verb. It runs until a signal ends it; SIGTERM drains. */
export function addServe(program: Command, output: Output): void {
  program
    .command('serve')
    .description('start the gateway; SIGTERM drains it, SIGHUP reloads the configuration')
    .option('--config <file>', 'configuration file (default: weir.yaml, where there is one)')
    .option('--host <address>', 'address to listen on')
    .option('--port <number>', 'port to listen on; 0 takes a free one', readPort)
    .option('--data <folder>', 'folder of everything the gateway keeps')
    .action(async ({ config, host, port, data }: ServeFlags) => {
      const { start } = await import('../main.ts')
      const running = await start({
        env: readEnvironment(),
        folder: process.cwd(),
        ...(config !== undefined && { configPath: config }),
        ...(host !== undefined && { host }),
        ...(port !== undefined && { port }),
        ...(data !== undefined && { dataDir: data }),
      })
      announce(running, output)
      await ended(running)
    })
}

/** A signal drains, and a second one hurries; SIGHUP reloads. */
async function ended(running: RunningGateway): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    let signals = 0
    const end = () => void running.stop(++signals > 1).then(resolve, reject)
    process.on('SIGTERM', end)
    process.on('SIGINT', end)
    process.on('SIGHUP', () => void running.reload())
  })
}

/** On standard error: standard output is the log's. The key is shown here and never again. */
function announce({ url, dashboardUrl, config, signInUrl, firstKey }: RunningGateway, output: Output): void {
  output.note(`Weir listens on ${url}`)
  output.note(`  dashboard    ${dashboardUrl}/`)
  // Where there is a token, a link would be one more secret of an owner, in the log of every start.
  const way = config.admin.token ? 'with the admin token' : `${signInUrl}  (once, within 15 minutes)`
  output.note(`  sign in      ${way}`)
  if (firstKey !== undefined) output.note(`  first key    ${firstKey}  (shown this once)`)
}
