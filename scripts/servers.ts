/** Real servers on free loopback ports, with their data in a folder of the caller's: PostgreSQL, Redis and RabbitMQ. */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { connect, createServer, type AddressInfo } from 'node:net'
import { delimiter, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import pg from 'pg'

export interface Started {
  readonly url: string
  readonly port: number
  readonly process: ChildProcess
}

const readyWithinMs = 120_000
const pollMs = 20

/** With a `port`, one that was started before starts again with its data. Gives the reason where it cannot be started. */
export async function startPostgres(folder: string, port?: number): Promise<Started | string> {
  const programs = postgresPrograms()
  if (programs === undefined) return 'no initdb and postgres under /usr/lib/postgresql/*/bin or in PATH'
  const user = unprivilegedUser('postgres')
  if (user === undefined) return 'it refuses to run as root, and there is no user postgres'
  const data = join(folder, 'postgres')
  if (port === undefined) {
    if ('uid' in user) chownSync(folder, user.uid, user.gid)
    execFileSync(
      join(programs, 'initdb'),
      ['--pgdata', data, '--username', 'weir', '--auth', 'trust', '--encoding', 'UTF8', '--no-sync'],
      { ...user, cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] },
    )
  }
  port ??= await freePort()
  const settings = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: '',
    fsync: 'off',
    max_connections: 200,
    log_min_messages: 'panic',
  }
  const child = spawn(
    join(programs, 'postgres'),
    ['-D', data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    { ...user, cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] },
  )
  const url = `postgres://weir@127.0.0.1:${port}/postgres`
  await untilReady('PostgreSQL', child, () => answersQueries(url))
  return { url, port, process: child }
}

/** Gives the reason where it cannot be started. */
export async function startRedis(folder: string, port?: number): Promise<Started | string> {
  const program = inPath('redis-server')
  if (program === undefined) return 'no redis-server in PATH'
  port ??= await freePort()
  const child = spawn(
    program,
    ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--loglevel', 'warning'],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  )
  await untilListening('Redis', port, child)
  return { url: `redis://127.0.0.1:${port}`, port, process: child }
}

/** Gives the reason where it cannot be started. */
export async function startRabbit(folder: string, port?: number): Promise<Started | string> {
  // Debian's wrapper in /usr/sbin switches users and stays as a parent: a signal would not reach the server.
  const program = ['/usr/lib/rabbitmq/bin/rabbitmq-server', inPath('rabbitmq-server')].find(
    (file) => file !== undefined && existsSync(file),
  )
  const epmdProgram = inPath('epmd')
  if (program === undefined || epmdProgram === undefined) return 'no rabbitmq-server and epmd in PATH'
  const user = unprivilegedUser('rabbitmq')
  if (user === undefined) return 'its files belong to a user rabbitmq, and there is none'
  const data = join(folder, 'rabbitmq')
  if (port === undefined) {
    mkdirSync(data)
    writeFileSync(join(data, 'plugins'), '[].')
    writeFileSync(join(data, 'rabbitmq.conf'), rabbitSettings)
    if ('uid' in user) for (const path of [folder, data]) chownSync(path, user.uid, user.gid)
  }
  port ??= await freePort()
  const names = await freePort()
  const options = { ...user, cwd: data }
  // Erlang's name service. Started by the server, it would outlive it.
  const epmd = spawn(epmdProgram, ['-port', `${names}`, '-address', '127.0.0.1'], {
    ...options,
    stdio: 'ignore',
  })
  await untilListening('epmd', names, epmd)
  const child: ChildProcess = spawn(program, [], {
    ...options,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      PATH: process.env['PATH'],
      LANG: 'C.UTF-8',
      HOME: data,
      ERL_EPMD_PORT: `${names}`,
      RABBITMQ_ALLOW_INPUT: 'true', // makes the script become the server
      RABBITMQ_NODENAME: `weir-${port}@localhost`,
      RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
      RABBITMQ_NODE_PORT: `${port}`,
      RABBITMQ_DIST_PORT: `${await freePort()}`,
      RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS:
        '-kernel inet_dist_use_interface {127,0,0,1} -noinput +S 2:2 +sbwt none',
      RABBITMQ_MNESIA_BASE: join(data, 'mnesia'),
      RABBITMQ_LOG_BASE: join(data, 'log'),
      RABBITMQ_LOGS: join(data, 'log', 'rabbit.log'),
      RABBITMQ_CONFIG_FILE: join(data, 'rabbitmq.conf'),
      RABBITMQ_ENABLED_PLUGINS_FILE: join(data, 'plugins'),
    },
  })
  child.once('exit', () => epmd.kill())
  await untilListening('RabbitMQ', port, child)
  return { url: `amqp://127.0.0.1:${port}`, port, process: child }
}

/** It shares its machine with the tests. */
const rabbitSettings = `
vm_memory_high_watermark.absolute = 512MB
disk_free_limit.absolute = 50MB
log.file.level = error
`

/** The folder of the newest installed version's programs. Debian keeps them out of PATH. */
function postgresPrograms(): string | undefined {
  const root = '/usr/lib/postgresql'
  const versions = existsSync(root)
    ? readdirSync(root).toSorted((one, other) => Number(other) - Number(one))
    : []
  const folders = [...versions.map((version) => join(root, version, 'bin')), ...pathFolders()]
  return folders.find((folder) => ['initdb', 'postgres'].every((name) => existsSync(join(folder, name))))
}

export function inPath(program: string): string | undefined {
  return pathFolders()
    .map((folder) => join(folder, program))
    .find((file) => existsSync(file))
}

function pathFolders(): string[] {
  return (process.env['PATH'] ?? '').split(delimiter)
}

/** Whom to run as: ourselves, or the named user where we are root; undefined where there is none. */
function unprivilegedUser(
  name: string,
): { readonly uid: number; readonly gid: number } | Record<never, never> | undefined {
  if (process.getuid?.() !== 0) return {}
  try {
    const id = (kind: string) =>
      Number(execFileSync('id', [kind, name], { stdio: ['ignore', 'pipe', 'ignore'] }))
    return { uid: id('-u'), gid: id('-g') }
  } catch {
    return undefined
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

export function untilListening(name: string, port: number, child: ChildProcess): Promise<void> {
  return untilReady(name, child, () => isListening(port))
}

async function untilReady(name: string, child: ChildProcess, isReady: () => Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + readyWithinMs
  while (!(await isReady())) {
    if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode} before it was ready`)
    if (performance.now() > deadlineMs) {
      child.kill('SIGKILL')
      throw new Error(`${name} was not ready within ${readyWithinMs} ms`)
    }
    await setTimeout(pollMs)
  }
}

/** While it starts, PostgreSQL listens already and refuses everybody. */
async function answersQueries(url: string): Promise<boolean> {
  const client = new pg.Client(url)
  client.on('error', () => undefined)
  try {
    await client.connect()
    return true
  } catch {
    return false
  } finally {
    await client.end()
  }
}

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

/** In order. SIGINT tells PostgreSQL not to wait for its clients; Erlang does not hear it. */
export async function stop({ process: child, url }: Started): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill(url.startsWith('amqp') ? 'SIGTERM' : 'SIGINT')
  await ended
}
