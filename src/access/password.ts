/** Passwords as they are kept: scrypt (RFC 7914) with a salt of its own for each, slow on purpose. */

import { randomBytes, scrypt } from 'node:crypto'
import { GatewayError } from '../core/error.ts'
import { isSameSecret } from './same-secret.ts'

/** 32 MiB and about a quarter of a second for each guess: OWASP's second choice, which leaves a small host its memory. */
const usualCost = { N: 2 ** 15, r: 8, p: 3 }
const hashBytes = 32
const form = /^scrypt\$(\d+)\$(\d+)\$(\d+)\$([A-Za-z0-9_-]{22})\$([A-Za-z0-9_-]{43})$/
const minLength = 12
const maxLength = 256

/** Whoever asks for more at once has to wait, so that sign-ins cannot take the host's memory and threads. */
const maxRunning = 2
const maxWaiting = 32

export interface Passwords {
  /** Text that holds the costs, the salt and the hash. */
  hash(password: string): Promise<string>
  /** A password against what is kept. Where nothing is kept, it takes as long and is false. */
  matches(password: string, kept: string | undefined): Promise<boolean>
}

/** Throws `invalid_request`. Length is what makes a password hard to guess; everything else only makes it hard to type. */
export function checkNewPassword(password: string, email: string | undefined): void {
  const length = Array.from(password).length
  if (length < minLength || length > maxLength) {
    throw invalid(`A password has ${minLength} to ${maxLength} characters.`)
  }
  const name = email?.split('@')[0]?.toLowerCase() ?? ''
  const isName = name !== '' && password.toLowerCase().replaceAll(name, '').length < minLength / 2
  if (isName || new Set(password).size < 5) throw invalid('This password is too easy to guess.')
}

/** Both methods reject with `overloaded` where too many are under way. */
export function createPasswords(cost = usualCost): Passwords {
  const turns = createTurns()
  // Compared with where there is no such account: it costs as much, and matches nothing.
  const nobody = encode(cost, Buffer.alloc(16), Buffer.alloc(hashBytes))
  return {
    async hash(password) {
      const salt = randomBytes(16)
      return encode(cost, salt, await turns(() => derive(password, salt, cost)))
    },
    async matches(password, kept = nobody) {
      const parts = form.exec(kept)
      if (!parts) throw new Error('a kept password is not in the form of scrypt')
      const [, N, r, p, salt = '', hash = ''] = parts
      const costs = { N: Number(N), r: Number(r), p: Number(p) }
      const derived = await turns(() => derive(password, Buffer.from(salt, 'base64url'), costs))
      return isSameSecret(derived, Buffer.from(hash, 'base64url')) && kept !== nobody
    },
  }
}

type Cost = typeof usualCost

/** The same text typed on two keyboards may come in two forms. */
function derive(password: string, salt: Buffer, costs: Cost): Promise<Buffer> {
  const text = password.normalize('NFKC').slice(0, 4 * maxLength)
  return new Promise((resolve, reject) => {
    scrypt(text, salt, hashBytes, { ...costs, maxmem: 256 * costs.N * costs.r }, (error, derived) => {
      if (error) reject(error)
      else resolve(derived)
    })
  })
}

function encode({ N, r, p }: Cost, salt: Buffer, hash: Buffer): string {
  return `scrypt$${N}$${r}$${p}$${salt.toString('base64url')}$${hash.toString('base64url')}`
}

function createTurns() {
  let running = 0
  const waiting: (() => void)[] = []
  return async <Value>(work: () => Promise<Value>): Promise<Value> => {
    if (running >= maxRunning) {
      if (waiting.length >= maxWaiting) {
        throw new GatewayError('overloaded', 'Too many sign-ins at once.', { retryAfterMs: 2_000 })
      }
      await new Promise<void>((resolve) => waiting.push(resolve))
    } else running++
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else running--
    }
  }
}

function invalid(message: string): GatewayError {
  return new GatewayError('invalid_request', message, { param: 'password' })
}
