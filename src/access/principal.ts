/** Who calls, and what it may use: compiled once for each key, and checked for each request. */

import { BlockList, isIP } from 'node:net'
import { GatewayError } from '../core/error.ts'
import { globPattern } from '../core/glob.ts'
import type { NanoUsd } from '../core/money.ts'
import type { KeyLimits, KeyRules, StoredTeam } from './port.ts'

export interface Principal {
  readonly org: string
  readonly keyId: string
  readonly keyName: string
  /** Allowed routes and models; `*` stands for any text. Absent: everything. */
  readonly models?: readonly RegExp[]
  /** The marks of sensitive models that it may use. */
  readonly clearances?: Clearances
  /** Where its data must stay. */
  readonly dataRegion?: string
  /** The most that one request may cost, by its worst case. */
  readonly maxNanoUsdPerRequest?: NanoUsd
  readonly limits?: KeyLimits
  readonly tags?: readonly string[]
  /** False where what it brings is not for the caches. */
  readonly cacheWrite?: boolean
  /** True for the addresses that it may be used from. Absent: all. */
  readonly admitsAddress?: (address: string) => boolean
  /** The key's owners. */
  readonly user?: Owner
  readonly team?: TeamTerms
  /** Nobody is known by its `keyId` any more once its token has ended: no work can be left behind in its name. */
  readonly isFleeting?: true
  /** Made for a browser: good for answers, and for nothing that is kept for its key. */
  readonly isNarrow?: true
}

/** A set of marks, or all of them. */
export interface Clearances {
  has(mark: string): boolean
}

export interface Owner {
  readonly id: string
  readonly name: string
}

/** A team with what the ledger charges it by. */
export interface TeamTerms extends Owner {
  /** Above the provider's price, in hundredths of a percent. */
  readonly markupBasisPoints: number
  /** Paid in advance, in total. Absent: the team is billed afterwards. */
  readonly creditNanoUsd?: NanoUsd
}

export function termsOf({ id, name, markupBasisPoints, creditNanoUsd }: StoredTeam): TeamTerms {
  return { id, name, markupBasisPoints, ...(creditNanoUsd !== undefined && { creditNanoUsd }) }
}

export type Identity = Pick<Principal, 'org' | 'keyId' | 'keyName' | 'user' | 'team'>

/** A principal with its rules compiled. */
export function toPrincipal(identity: Identity, rules: KeyRules): Principal {
  const { models, clearances, allowedAddresses, dataRegion, maxNanoUsdPerRequest, limits, tags, cacheWrite } =
    rules
  return {
    ...identity,
    ...(models && { models: models.map(globPattern) }),
    ...(clearances && { clearances: new Set(clearances) }),
    ...(allowedAddresses && { admitsAddress: addressFilter(allowedAddresses) }),
    ...(dataRegion !== undefined && { dataRegion }),
    ...(maxNanoUsdPerRequest !== undefined && { maxNanoUsdPerRequest }),
    ...(limits && { limits }),
    ...(tags && tags.length > 0 && { tags }),
    ...(cacheWrite !== undefined && { cacheWrite }),
  }
}

/** Throws `model_not_allowed` unless the key may use one of the names: the requested one, or the target's. */
export function authoriseModel(principal: Principal, names: readonly string[]): void {
  if (!principal.models) return
  if (principal.models.some((allowed) => names.some((name) => allowed.test(name)))) return
  throw modelNotAllowed(names[0]!)
}

/** Throws `model_not_allowed` where a sensitive model has a mark that the key has no clearance for. */
export function authoriseSensitive(
  principal: Principal,
  model: string,
  marks: readonly string[] | undefined,
): void {
  if (marks?.every((mark) => principal.clearances?.has(mark)) ?? true) return
  throw modelNotAllowed(model)
}

/** Throws `address_not_allowed` where the key is bound to addresses and this one is not among them. */
export function authoriseAddress({ admitsAddress }: Principal, address: string | undefined): void {
  if (admitsAddress === undefined || (address !== undefined && admitsAddress(address))) return
  throw new GatewayError('address_not_allowed', 'This key may not be used from this address.')
}

function modelNotAllowed(model: string): GatewayError {
  return new GatewayError('model_not_allowed', `This key may not use the model \`${model}\`.`, {
    param: 'model',
  })
}

/** `ranges` are addresses and CIDR ranges that have been checked. */
function addressFilter(ranges: readonly string[]): (address: string) => boolean {
  const list = new BlockList()
  for (const range of ranges) {
    const [address = '', prefix] = range.split('/')
    if (prefix === undefined) list.addAddress(address, familyOf(address))
    else list.addSubnet(address, Number(prefix), familyOf(address))
  }
  return (address) => isIP(address) !== 0 && list.check(address, familyOf(address))
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4'
}
