/** Builds the judge of callers' tokens, where an issuer is configured, over guarded connections to the issuers' keys. */

import type { Directory } from '../access/directory.ts'
import type { JudgeJwt, JwtIssuer } from '../access/jwt.ts'
import type { Config } from '../config/load.ts'
import type { Clock } from '../core/clock.ts'
import { parseUsd } from '../core/money.ts'
import { policyFor } from '../upstream/egress.ts'
import { createExchanger, type Exchanger } from '../upstream/exchange.ts'

type Settings = Config['access']['jwt']

export interface JwtJudges {
  /** The judge of these settings, undefined where they name no issuer. Unchanged settings keep the keys that it knows. */
  of(settings: Settings): Promise<JudgeJwt | undefined>
  close(): Promise<void>
}

export function createJwtJudges(directory: Directory, clock: Clock): JwtJudges {
  let made: { readonly text: string; readonly judge: JudgeJwt } | undefined
  let exchangers: readonly Exchanger[] = []
  const close = async () => {
    const old = exchangers
    exchangers = []
    await Promise.all(old.map((exchanger) => exchanger.close()))
  }
  return {
    async of(settings) {
      const text = JSON.stringify(settings)
      if (made?.text === text) return made.judge
      await close()
      made = undefined
      const named = Object.entries(settings)
      if (named.length === 0) return undefined
      const { createJwtJudge } = await import('../access/jwt.ts')
      const byUrl = new Map(
        named.map(([, { jwksUrl, allowPrivateNetwork }]) => [jwksUrl, open(jwksUrl, allowPrivateNetwork)]),
      )
      exchangers = [...byUrl.values()]
      const judge = createJwtJudge({
        issuers: named.map(([name, issuer]) => toIssuer(name, issuer)),
        fetchKeys: (url) => fetchKeys(byUrl.get(url)!, url),
        directory,
        clock,
      })
      made = { text, judge }
      return judge
    },
    close,
  }
}

function open(url: string, allowPrivateNetwork: boolean): Exchanger {
  return createExchanger(policyFor(url, allowPrivateNetwork))
}

async function fetchKeys(exchanger: Exchanger, url: string): Promise<string> {
  const headers = { accept: 'application/json, application/jwk-set+json' }
  const { status, body } = await exchanger.exchange({ method: 'GET', url, headers })
  if (status !== 200) throw new Error(`the keys of the issuer were answered with ${status}`)
  return body
}

function toIssuer(name: string, settings: Settings[string]): JwtIssuer {
  const { issuer, audience, algorithms, jwksUrl, maxAgeSeconds, claims, team } = settings
  const { models, clearances, dataRegion, allowedAddresses, limits, tags, maxUsdPerRequest } = settings
  return {
    name,
    issuer,
    audience: typeof audience === 'string' ? [audience] : audience,
    algorithms,
    jwksUrl,
    claims,
    ...(maxAgeSeconds !== undefined && { maxAgeSeconds }),
    ...(team !== undefined && { team }),
    rules: {
      ...(models && { models }),
      ...(clearances && { clearances }),
      ...(dataRegion !== undefined && { dataRegion }),
      ...(allowedAddresses && { allowedAddresses }),
      ...(limits && { limits }),
      ...(tags && { tags }),
      ...(maxUsdPerRequest !== undefined && { maxNanoUsdPerRequest: parseUsd(String(maxUsdPerRequest))! }),
    },
  }
}
