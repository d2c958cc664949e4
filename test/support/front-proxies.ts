/** The proxies that people put in front of a gateway, on loopback: each marks what it passes on as seen. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort, inPath, untilListening } from '../../scripts/servers.ts'
import type { Lifetime } from './stack.ts'
import { createTemporaryFolder } from './temporary-folder.ts'

/** The tag of every request that came through one of them. */
export const seenTag = 'seen-by-the-proxy'

/** Connections to the gateway are kept and shared by all clients, so that what is left over on one is another's. */
export const frontProxies = {
  nginx: nginx(''),
  'nginx that passes bodies on as they come': nginx('proxy_request_buffering off;'),
  haproxy: haproxy(''),
  'haproxy that takes what is no HTTP': haproxy('option accept-invalid-http-request'),
} satisfies Record<string, Starter>

/** Gives its URL, or why it cannot be started. */
export type Starter = (t: Lifetime, gatewayUrl: string) => Promise<{ readonly url: string } | string>

function nginx(extra: string): Starter {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  return starter('nginx', (folder, port, gateway) => {
    const file = join(folder, 'nginx.conf')
    mkdirSync(join(folder, 'logs'))
    const config = `
daemon off; master_process off; pid ${folder}/nginx.pid; error_log ${folder}/error.log;
events { worker_connections 512; }
http {
  access_log off;
  ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}
  upstream gateway { server ${gateway}; keepalive 4; }
  server {
    listen 127.0.0.1:${port};
    keepalive_timeout 0; client_header_timeout 1s; client_body_timeout 1s;
    location / {
      ${extra}
      proxy_pass http://gateway;
      proxy_http_version 1.1;
      proxy_set_header connection "";
      proxy_set_header x-weir-tags ${seenTag};
    }
  }
}
`
    writeFileSync(file, config)
    return ['-p', folder, '-c', file, '-e', join(folder, 'error.log')]
  })
}

function haproxy(extra: string): Starter {
  return starter('haproxy', (folder, port, gateway) => {
    const file = join(folder, 'haproxy.cfg')
    const config = `
global
  maxconn 512
defaults
  mode http
  timeout connect 2s
  timeout client 1s
  timeout server 10s
  timeout http-request 1s
  timeout http-keep-alive 100ms
  http-reuse always
frontend clients
  bind 127.0.0.1:${port}
  ${extra}
  http-request set-header x-weir-tags ${seenTag}
  default_backend gateways
backend gateways
  server gateway ${gateway}
`
    writeFileSync(file, config)
    return ['-f', file]
  })
}

function starter(
  name: string,
  configure: (folder: string, port: number, gateway: string) => readonly string[],
): Starter {
  return async (t, gatewayUrl) => {
    const program = inPath(name)
    if (program === undefined) return `no ${name} in PATH`
    const folder = createTemporaryFolder()
    const port = await freePort()
    const child = spawn(program, configure(folder, port, new URL(gatewayUrl).host), { stdio: 'ignore' })
    const ended = once(child, 'exit')
    t.after(async () => {
      child.kill('SIGTERM')
      await ended
    })
    await untilListening(name, port, child)
    return { url: `http://127.0.0.1:${port}` }
  }
}
