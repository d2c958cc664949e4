/** `weir simulate`: the provider simulator, in the foreground. */

import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { readPort } from './options.ts'
import type { Output } from './output.ts'

interface SimulateFlags {
  readonly host: string
  readonly port: number
  readonly recorded?: string
  readonly scenario?: string
}

/** Adds the verb. It runs until SIGINT or SIGTERM. */
export function addSimulate(program: Command, output: Output): void {
  program
    .command('simulate')
    .description('start a server that answers as every provider does: recorded, synthetic, or at fault')
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--port <number>', 'port to listen on; 0 takes a free one', readPort, 4010)
    .option('--recorded <folder>', 'recorded exchanges to replay where a request matches')
    .option('--scenario <file>', 'faults by rule, instead of by the name of the model')
    .action((flags: SimulateFlags) => simulate(flags, output))
}

async function simulate({ host, port, recorded, scenario }: SimulateFlags, output: Output): Promise<void> {
  const { createSimulator } = await import('../simulator/simulator.ts')
  const simulator = createSimulator({ host, ...(recorded !== undefined && { recordedFolder: recorded }) })
  if (scenario !== undefined) await simulator.loadScenario(await readFile(scenario, 'utf8'))
  const { url } = await simulator.listen(port)
  output.print(`simulator on ${url}`)
  output.note('  base URLs   /openai/v1, /anthropic/v1, /gemini/v1beta, ...; any key is accepted')
  output.note('  models      echo, words-N, json, slow, refuses; fault/NAME for a failure')
  output.note('  receipts    /receipts: every call received, with the usage it billed')
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
  await simulator.close()
}
