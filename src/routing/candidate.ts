/** Makes candidates: a provider's model, with a leg for each credential that may use it. */

import type { ModelInfo } from '../models/model.ts'
import type { Credential, Provider, Target, Timeouts } from '../providers/provider.ts'
import { hashText } from './hash.ts'
import type { Candidate, Leg } from './route.ts'
import { compilePrice } from './token-price.ts'

export interface CandidateSettings {
  readonly timeouts?: Partial<Timeouts>
  readonly region?: string
  readonly sensitive?: readonly string[]
  readonly info?: ModelInfo
  readonly marksPrompts?: true
}

/** Undefined: no credential of the provider may use this model. */
export function createCandidate(
  provider: Provider,
  model: string,
  { timeouts, region, sensitive, info, marksPrompts }: CandidateSettings = {},
): Candidate | undefined {
  const merged = timeouts ? { ...provider.timeouts, ...timeouts } : provider.timeouts
  const legs = provider.credentials
    .filter((credential) => mayUse(credential, model))
    .map((credential) =>
      createLeg({
        provider,
        model,
        credential,
        timeouts: merged,
        ...(info && { capabilities: info.capabilities }),
        ...(marksPrompts && { marksPrompts }),
      }),
    )
  if (legs.length === 0) return undefined
  const name = `${provider.name}/${model}`
  return {
    name,
    figureKey: region === undefined ? name : `${name} ${region}`,
    legs,
    ...(region !== undefined && { region }),
    ...(sensitive && { sensitive }),
    ...(info && { info }),
    ...(info?.price && { price: compilePrice(info.price) }),
  }
}

function mayUse({ models }: Credential, model: string): boolean {
  return models === undefined || models.some((pattern) => pattern.test(model))
}

function createLeg(target: Target): Leg {
  const { provider, model, credential } = target
  return {
    key: `${provider.name}/${model} ${credential.alias}`,
    credentialKey: `${provider.name} ${credential.alias}`,
    target,
    hash: hashText(credential.alias),
  }
}
