/** How a verb reaches the administration of a data directory: the gateway that runs on it, or one started for the purpose. */

import { randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { connect } from 'node:net'
import { basename, resolve } from 'node:path'
import { Readable, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type Dispatcher, Pool } from 'undici'
import { controlSocketPath } from '../compose/control-socket.ts'
import { readDataDir } from '../config/load.ts'
import { asObject, asString, type Json, parseJson } from '../core/json.ts'

/** The options that every such verb has. */
export interface DataFlags {
  readonly config?: string
  readonly data?: string
}

/** The administration API. Paths are below `/admin/v1`; every call throws AdminError where it is refused. */
export interface AdminClient {
  /** The gateway was started for this verb, and ends with it: it works on nothing by itself. */
  readonly isTemporary: boolean
  get(path: string): Promise<Json>
  post(path: string, body?: unknown): Promise<Json>
  put(path: string, body: unknown): Promise<Json>
  patch(path: string, body: unknown): Promise<Json>
  delete(path: string): Promise<Json>
  /** Sends a file as a form, as it is read. */
  upload(path: string, file: string): Promise<Json>
  /** Writes the answer as it comes. */
  download(path: string, to: Writable): Promise<void>
}

export class AdminError extends Error {
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

/**
 * Runs `use` against the gateway of the data directory. Where none runs, one is started in this process with the
 * control socket as its only listener, and stopped afterwards. Throws ConfigError, or Error where another process
 * that does not answer holds the directory.
 */
export async function withAdmin<Value>(
  flags: DataFlags,
  use: (admin: AdminClient) => Promise<Value>,
): Promise<Value> {
  const folder = process.cwd()
  const file = flags.config === undefined ? {} : { file: flags.config }
  const dataDir = flags.data === undefined ? await readDataDir({ folder, ...file }) : resolve(flags.data)
  const socketPath = controlSocketPath(dataDir)
  if (await isListening(socketPath)) return useSocket(socketPath, false, use)
  const { startForCommand } = await import('./temporary-gateway.ts')
  const stop = await startForCommand({
    ...(flags.config !== undefined && { configPath: flags.config }),
    ...(flags.data !== undefined && { dataDir: flags.data }),
  })
  try {
    return await useSocket(socketPath, true, use)
  } finally {
    await stop()
  }
}

async function useSocket<Value>(
  socketPath: string,
  isTemporary: boolean,
  use: (admin: AdminClient) => Promise<Value>,
): Promise<Value> {
  // Of several connections: how far a run is must be answered while the call that makes it goes on.
  const client = new Pool('http://localhost', { socketPath, headersTimeout: 0, bodyTimeout: 0 })
  try {
    return await use({
      isTemporary,
      get: (path) => call(client, 'GET', path),
      post: (path, body) => call(client, 'POST', path, body),
      put: (path, body) => call(client, 'PUT', path, body),
      patch: (path, body) => call(client, 'PATCH', path, body),
      delete: (path) => call(client, 'DELETE', path),
      upload: (path, file) => upload(client, path, file),
      download: (path, to) => download(client, path, to),
    })
  } finally {
    await client.close()
  }
}

async function call(
  client: Pool,
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  path: string,
  body?: unknown,
): Promise<Json> {
  const answer = await client.request({
    method,
    path: `/admin/v1${path}`,
    ...(body !== undefined && {
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    }),
  })
  return read(answer)
}

async function upload(client: Pool, path: string, file: string): Promise<Json> {
  const boundary = `weir-${randomUUID()}`
  const part = (name: string, more = '') =>
    `--${boundary}\r\ncontent-disposition: form-data; name="${name}"${more}\r\n\r\n`
  async function* form() {
    yield `${part('purpose')}batch\r\n${part('file', `; filename="${encodeURIComponent(basename(file))}"`)}`
    yield* createReadStream(file, { highWaterMark: 256 * 1024 })
    yield `\r\n--${boundary}--\r\n`
  }
  const answer = await client.request({
    method: 'POST',
    path: `/admin/v1${path}`,
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
    body: Readable.from(form(), { objectMode: false }),
  })
  return read(answer)
}

async function download(client: Pool, path: string, to: Writable): Promise<void> {
  const answer = await client.request({ method: 'GET', path: `/admin/v1${path}` })
  if (answer.statusCode >= 400) await read(answer)
  await pipeline(answer.body, to, { end: to !== process.stdout })
}

/** Throws AdminError. */
async function read(answer: Dispatcher.ResponseData): Promise<Json> {
  const value = parseJson(await answer.body.text()) ?? null
  if (answer.statusCode < 400) return value
  const error = asObject(asObject(value)?.['error'])
  const message = asString(error?.['message']) ?? `The gateway answered ${answer.statusCode}.`
  const param = asString(error?.['param'])
  // Only what a schema says of a member does not say which.
  const isNameless = param !== undefined && / is not valid: /.test(message)
  throw new AdminError(
    answer.statusCode,
    asString(error?.['code']) ?? 'internal',
    isNameless ? `${message} (${param})` : message,
  )
}

/** As `withAdmin`, where a gateway runs on the directory of this configuration; undefined where none does. */
export async function withRunningAdmin<Value>(
  dataDir: string,
  use: (admin: AdminClient) => Promise<Value>,
): Promise<Value | undefined> {
  const socketPath = controlSocketPath(dataDir)
  return (await isListening(socketPath)) ? useSocket(socketPath, false, use) : undefined
}

/** A socket file without a process behind it refuses the connection. */
function isListening(socketPath: string): Promise<boolean> {
  return new Promise((settle) => {
    const socket = connect(socketPath)
    socket.on('connect', () => {
      socket.destroy()
      settle(true)
    })
    socket.on('error', () => settle(false))
  })
}
