/** What a run stands on: the simulator, the bare proxy and the gateway, each started where it is measured. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { checkMachine, type Measured, pinSelf, startProcess } from './process.ts'

export type SubjectName = 'bare' | 'gateway'

/** What callers send; declared in the gateway's configuration. */
export const key = 'bench-key-0123456789'
/** Of a caller who is held to hard caps and limits. */
export const boundedKey = 'bench-bounded-key-0123456789'

export interface Rig {
  /** Of the simulator. */
  readonly simulatorUrl: string
  readonly folder: string
  readonly measuredCore: number
  /** A new process. `stop` is the caller's duty, and the rig's at its end. */
  start(subject: SubjectName): Promise<Measured>
  /** Adds a process to those that the rig ends. */
  adopt(process: Measured): Measured
  close(): Promise<void>
}

const root = resolve(import.meta.dirname, '..')
const weir = join(root, 'bin/weir')

/**
 * The models of the load. The same name goes to either subject, so that both get the same bytes: the simulator
 * knows what it means, and the gateway has a route of that name.
 */
export const models = {
  /** 60 words, not streamed. */
  chat: 'words-60',
  /** 100 pieces, one each 25 ms: each arrives by itself, as a model's do. */
  paced: 'paced-100',
  /** 10 pieces at once: many beginnings, for little work of the simulator. */
  short: 'chunks-10',
  /** 100 pieces at once. */
  burst: 'chunks-100',
  /** One piece a second, without an end in sight. */
  held: 'held',
} as const

/** The answer of `models.chat` without a route, and by a route that chooses among twenty targets. */
export const routing = { direct: `up/${models.chat}`, route: 'of-twenty' } as const

/** The gateway's route to the same answer from a provider of another dialect. */
export const translated = (model: string) => `${model}-translated`

const scripted = {
  [models.paced]: 'fault/slow-25ms+ttft-0ms+chunks-100',
  [models.held]: 'fault/slow-1s+ttft-0ms+chunks-1000',
}

/** Starts the simulator and pins this process beside it. `gatewayEnv`: what gateways get beside this process's own. */
export async function openRig(gatewayEnv: Readonly<Record<string, string>> = {}): Promise<Rig> {
  const cores = availableParallelism()
  checkMachine(cores)
  const measuredCore = cores - 1
  pinSelf(0)
  const folder = mkdtempSync(join(tmpdir(), 'weir-bench-'))
  const running = new Set<Measured>()
  const adopt = (process: Measured): Measured => {
    running.add(process)
    return process
  }
  const close = async () => {
    await Promise.all([...running].map((process) => process.stop()))
    rmSync(folder, { recursive: true, force: true })
  }
  let starts = 0
  try {
    const simulator = adopt(await startSimulator(folder, cores > 2 ? 1 : 0))
    const start = async (subject: SubjectName): Promise<Measured> => {
      const run = { folder, core: measuredCore, simulatorUrl: simulator.url, number: ++starts }
      return adopt(await (subject === 'bare' ? startBare(run) : startGateway(run, gatewayEnv)))
    }
    return { simulatorUrl: simulator.url, folder, measuredCore, start, adopt, close }
  } catch (error) {
    await close()
    throw error
  }
}

function startSimulator(folder: string, core: number): Promise<Measured> {
  const scenario = join(folder, 'scenario.json')
  const rules = Object.entries(scripted).map(([model, respond]) => ({ match: { model }, respond }))
  writeFileSync(scenario, JSON.stringify({ rules }))
  return startProcess({
    name: 'simulator',
    command: weir,
    args: ['simulate', '--port', '0', '--scenario', scenario],
    core,
    folder,
    address: /^simulator on (\S+)$/m,
  })
}

interface Run {
  readonly folder: string
  readonly core: number
  readonly simulatorUrl: string
  readonly number: number
}

function startBare({ folder, core, simulatorUrl }: Run): Promise<Measured> {
  return startProcess({
    name: 'bare',
    command: process.execPath,
    args: [join(import.meta.dirname, 'bare-proxy.ts'), `${simulatorUrl}/openai/v1`],
    core,
    folder,
    address: /^bare proxy on (\S+)$/m,
  })
}

/** The gateway as a user runs it: a declared key, records and metrics on, log level and limits as they come. */
async function startGateway(run: Run, env: Readonly<Record<string, string>>): Promise<Measured> {
  const { folder, core, simulatorUrl, number } = run
  const config = join(folder, `weir-${number}.yaml`)
  writeFileSync(config, JSON.stringify(configuration(simulatorUrl)))
  const gateway = await startProcess({
    name: 'gateway',
    command: weir,
    args: ['serve', '--config', config, '--port', '0', '--data', join(folder, `data-${number}`)],
    core,
    folder,
    address: /^Weir listens on (\S+)$/m,
    env,
  })
  const ready = await fetch(`${gateway.url}/health/ready`)
  if (!ready.ok) throw new Error(`the gateway is not ready: ${ready.status}`)
  return gateway
}

/** JSON is YAML. */
function configuration(simulatorUrl: string): object {
  const upstream = { apiKey: 'bench-provider-key', allowPrivateNetwork: true }
  const routes: Record<string, object> = {}
  for (const model of Object.values(models)) {
    routes[model] = { targets: [`up/${model}`] }
    routes[translated(model)] = { targets: [`claude/${model}`] }
  }
  const others = Array.from({ length: 19 }, (_, n) => `up-${n + 2}`)
  routes[routing.route] = {
    strategy: 'weighted',
    // Nearly always the same one: it is the choice that is measured, not connections to more providers.
    targets: [
      { target: routing.direct, weight: 1_000 },
      ...others.map((name) => ({ target: `${name}/${models.chat}`, weight: 1 })),
    ],
  }
  return {
    allowPlaintextSecrets: true,
    providers: {
      ...Object.fromEntries(
        others.map((name) => [
          name,
          { type: 'openai-compatible', baseUrl: `${simulatorUrl}/openai/v1`, ...upstream },
        ]),
      ),
      up: { type: 'openai-compatible', baseUrl: `${simulatorUrl}/openai/v1`, ...upstream },
      claude: { type: 'anthropic', baseUrl: `${simulatorUrl}/anthropic/v1`, ...upstream },
    },
    routes,
    // A hard cap wants prices.
    models: { 'up/*': { price: { input: 1, output: 4 } } },
    keys: [
      { name: 'bench', secret: key },
      {
        name: 'bounded',
        secret: boundedKey,
        budgets: [
          { usd: 1_000_000, period: 'month', cap: 'hard' },
          { usd: 1_000_000, period: 'day', cap: 'hard' },
        ],
      },
    ],
    limits: [{ scope: 'key', match: 'bounded', rpm: 10_000_000, tpm: 10_000_000_000, concurrency: 10_000 }],
  }
}
