/** The provider that needs no key and no network: the simulator, in this process. */

import type { Config } from '../config/load.ts'
import { builtInProvider } from '../providers/table.ts'
import type { Closers } from './closers.ts'

/** Starts it on a loopback port of its own where a provider is of its type, and gives its address. */
export async function startSimulator(config: Config, closers: Closers): Promise<string | undefined> {
  if (!Object.values(config.providers).some(({ type }) => type === builtInProvider)) return undefined
  const { createSimulator } = await import('../simulator/simulator.ts')
  const simulator = createSimulator()
  const { url } = await simulator.listen(0)
  closers.add(() => simulator.close())
  return `${url}/openai/v1`
}
