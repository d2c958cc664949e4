/** `oidc-provider` on loopback, with people and their groups, and a browser of a few lines that signs in at it. */

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
// @ts-expect-error -- it has no types
import Provider from 'oidc-provider'
import type { Lifetime } from './stack.ts'

export interface OpenIdProvider {
  readonly issuer: string
  /** By their id there. */
  readonly people: Map<string, { name: string; email: string; groups: string[] }>
  /** Begins to answer: what a client needs is known by now. */
  serve(redirectUri: string): void
}

export const client = { id: 'weir', secret: 'client-secret-canary-0123456789' }

export async function openOpenIdProvider(t: Lifetime): Promise<OpenIdProvider> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(async () => {
    server.closeAllConnections()
    server.close()
  })
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const people: OpenIdProvider['people'] = new Map()
  return {
    issuer,
    people,
    serve(redirectUri) {
      const provider = new Provider(issuer, {
        clients: [
          {
            client_id: client.id,
            client_secret: client.secret,
            redirect_uris: [redirectUri],
            token_endpoint_auth_method: 'client_secret_post',
          },
        ],
        pkce: { required: () => true },
        claims: { openid: ['sub', 'groups'], profile: ['name'], email: ['email', 'email_verified'] },
        cookies: { keys: ['one key of the test'] },
        findAccount: (_: unknown, id: string) => ({
          accountId: id,
          claims: () => ({ sub: id, email_verified: true, ...people.get(id) }),
        }),
      }) as { callback(): (request: unknown, response: unknown) => void }
      server.on('request', provider.callback())
    },
  }
}

/** Keeps cookies by origin and path prefix as far as this needs, and follows redirects one by one. */
export class TinyBrowser {
  readonly #cookies = new Map<string, string>()

  async visit(url: string, form?: Readonly<Record<string, string>>): Promise<Response> {
    const { origin } = new URL(url)
    const mine = [...this.#cookies].filter(([name]) => name.startsWith(`${origin} `))
    const response = await fetch(url, {
      redirect: 'manual',
      headers: {
        accept: 'text/html',
        cookie: mine.map(([name, value]) => `${name.split(' ')[1]}=${value}`).join('; '),
      },
      ...(form && { method: 'POST', body: new URLSearchParams(form) }),
    })
    for (const cookie of response.headers.getSetCookie()) {
      const [pair = ''] = cookie.split(';')
      const at = pair.indexOf('=')
      const name = `${origin} ${pair.slice(0, at)}`
      if (pair.length === at + 1) this.#cookies.delete(name)
      else this.#cookies.set(name, pair.slice(at + 1))
    }
    return response
  }

  cookieOf(url: string, name: string): string {
    return this.#cookies.get(`${new URL(url).origin} ${name}`) ?? ''
  }

  /** Goes from this page over the provider's forms until it is sent back; gives the address that it is sent to. */
  async signInAs(who: string, start: string, backTo: string): Promise<string> {
    let at = start
    for (let steps = 0; steps < 12; steps++) {
      if (at.startsWith(backTo)) return at
      const response = await this.visit(at)
      const next = response.headers.get('location')
      if (next !== null) {
        at = new URL(next, at).href
        continue
      }
      const page = await response.text()
      const action = /action="([^"]+)"/.exec(page)?.[1]
      const prompt = /name="prompt" value="([^"]+)"/.exec(page)?.[1]
      if (action === undefined || prompt === undefined) throw new Error(`no form: ${page.slice(0, 500)}`)
      const done = await this.visit(action, { prompt, login: who, password: 'any' })
      at = new URL(done.headers.get('location') ?? '', at).href
    }
    throw new Error('the provider did not send the browser back')
  }
}
