/**
 * Starts real servers on free loopback ports, with their data in a folder of their own, for the command that it runs:
 * `node scripts/services.ts -- npm test`. The command finds them in WEIR_POSTGRES, WEIR_REDIS and WEIR_RABBITMQ; they end with it.
 * A server that is not installed is left out, and said so.
 */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Started, startPostgres, startRabbit, startRedis, stop } from './servers.ts'

interface Service {
  /** The variable in which the command finds the server. */
  readonly variable: string
  readonly name: string
  /** Starts it with its data in `folder`, or says why it cannot. */
  start(folder: string): Promise<Started | string>
}

const services: readonly Service[] = [
  { variable: 'WEIR_POSTGRES', name: 'PostgreSQL', start: startPostgres },
  { variable: 'WEIR_REDIS', name: 'Redis', start: startRedis },
  { variable: 'WEIR_RABBITMQ', name: 'RabbitMQ', start: startRabbit },
]

const separator = process.argv.indexOf('--')
const [command, ...args] = separator < 0 ? [] : process.argv.slice(separator + 1)
if (command === undefined) {
  console.error('usage: node scripts/services.ts -- command [argument...]')
  process.exit(2)
}

const folder = mkdtempSync(join(tmpdir(), 'weir-services-'))
chmodSync(folder, 0o711) // where we are root, some of them run as users of their own
const running: Started[] = []
try {
  const env: NodeJS.ProcessEnv = { ...process.env }
  for (const { variable, name, start } of services) {
    const own = join(folder, name)
    mkdirSync(own)
    const started = await start(own)
    if (typeof started === 'string') {
      console.log(`left out: ${name}: ${started}`)
      continue
    }
    running.push(started)
    env[variable] = started.url
    console.log(`${variable}=${started.url}`)
  }
  const child = spawn(command, args, { env, stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal))
  const [code] = (await once(child, 'exit')) as [number | null]
  process.exitCode = code ?? 130
} finally {
  await Promise.all(running.map(stop))
  rmSync(folder, { recursive: true, force: true })
}
