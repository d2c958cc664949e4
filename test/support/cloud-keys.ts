/** Servers that speak the key services of AWS, Google and Azure on loopback: real ciphers, bound to what came along, and who asks is checked. */

import {
  constants,
  createCipheriv,
  createDecipheriv,
  generateKeyPairSync,
  type KeyObject,
  privateDecrypt,
  publicEncrypt,
  randomBytes,
} from 'node:crypto'
import { asObject, asString, type JsonObject, parseJson } from '../../src/core/json.ts'
import {
  awsFault,
  type AwsIdentity,
  type AzureApplication,
  castagnoli,
  createAzureTokens,
  createGoogleTokens,
  judgeAws,
  startJsonServer,
} from './cloud-secrets.ts'
import type { Lifetime } from './stack.ts'

/** AES-256-GCM with the associated data that came along. */
function createCipher() {
  const key = randomBytes(32)
  return {
    encrypt(plain: Buffer, context: string): Buffer {
      const nonce = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(context))
      const sealed = [cipher.update(plain), cipher.final()]
      return Buffer.concat([nonce, cipher.getAuthTag(), ...sealed])
    },
    /** Undefined where it was another key or another context. */
    decrypt(bytes: Buffer, context: string): Buffer | undefined {
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12)).setAAD(
        Buffer.from(context),
      )
      decipher.setAuthTag(bytes.subarray(12, 28))
      try {
        return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()])
      } catch {
        return undefined
      }
    },
  }
}

export interface KeyServer {
  readonly url: string
  /** The operations that were answered. */
  readonly calls: string[]
}

const bytesOf = (wish: JsonObject | undefined, name: string) =>
  Buffer.from(asString(wish?.[name]) ?? '', 'base64')

/** AWS KMS with one key. */
export async function startAwsKms(t: Lifetime, identity: AwsIdentity, keyId: string): Promise<KeyServer> {
  const cipher = createCipher()
  const calls: string[] = []
  const url = await startJsonServer(t, async (request) => {
    const judged = await judgeAws(request, identity)
    if (!('service' in judged)) return judged
    const operation = String(request.headers['x-amz-target'])
    calls.push(`${judged.region}/${judged.service} ${operation}`)
    const wish = asObject(parseJson(request.body))
    if (wish?.['KeyId'] !== keyId || judged.service !== 'kms') return awsFault('NotFoundException')
    const context = JSON.stringify(wish['EncryptionContext'] ?? {})
    if (operation === 'TrentService.Encrypt') {
      const blob = cipher.encrypt(bytesOf(wish, 'Plaintext'), context)
      return [200, { KeyId: `arn:${keyId}`, CiphertextBlob: blob.toString('base64') }]
    }
    const plain = cipher.decrypt(bytesOf(wish, 'CiphertextBlob'), context)
    if (plain === undefined) return awsFault('InvalidCiphertextException')
    return [200, { KeyId: `arn:${keyId}`, Plaintext: plain.toString('base64') }]
  })
  return { url, calls }
}

export interface GoogleKmsServer extends KeyServer {
  /** Tokens that are good now. */
  readonly tokens: Set<string>
  isCorrupting: boolean
}

/** Google Cloud KMS with one key: checksums are checked and given. */
export async function startGoogleKms(
  t: Lifetime,
  account: { readonly email: string; readonly key: KeyObject },
  key: string,
): Promise<GoogleKmsServer> {
  const cipher = createCipher()
  const { tokens, judge } = createGoogleTokens(account)
  const calls: string[] = []
  const sum = (bytes: Buffer) => String(castagnoli(bytes))
  const url = await startJsonServer(t, (request) => {
    const refused = judge(request)
    if (refused) return refused
    const { pathname } = request.url
    const verb = pathname.split(':')[1] ?? ''
    calls.push(verb)
    if (pathname !== `/v1/${key}:${verb}`) return [404, { error: { code: 404, status: 'NOT_FOUND' } }]
    const wish = asObject(parseJson(request.body))
    const context = bytesOf(wish, 'additionalAuthenticatedData')
    if (wish?.['additionalAuthenticatedDataCrc32c'] !== sum(context)) return invalidArgument
    if (verb === 'encrypt') {
      const plain = bytesOf(wish, 'plaintext')
      if (wish['plaintextCrc32c'] !== sum(plain)) return invalidArgument
      const sealed = cipher.encrypt(plain, context.toString())
      const answer = {
        name: `${key}/cryptoKeyVersions/1`,
        ciphertext: sealed.toString('base64'),
        ciphertextCrc32c: server.isCorrupting ? '1' : sum(sealed),
        verifiedPlaintextCrc32c: true,
        verifiedAdditionalAuthenticatedDataCrc32c: true,
        protectionLevel: 'SOFTWARE',
      }
      return [200, answer]
    }
    const plain = cipher.decrypt(bytesOf(wish, 'ciphertext'), context.toString())
    if (plain === undefined) return invalidArgument
    const plaintextCrc32c = server.isCorrupting ? '1' : sum(plain)
    return [200, { plaintext: plain.toString('base64'), plaintextCrc32c, usedPrimary: true }]
  })
  const server: GoogleKmsServer = { url, calls, tokens, isCorrupting: false }
  return server
}

const invalidArgument = [400, { error: { code: 400, status: 'INVALID_ARGUMENT' } }] as const

export interface AzureKeyServer extends KeyServer {
  /** A new version of the key; older ones still unwrap. */
  rotate(): void
}

/** Keys of Azure Key Vault: one RSA key, in versions. */
export async function startAzureKeys(
  t: Lifetime,
  application: AzureApplication,
  name: string,
): Promise<AzureKeyServer> {
  const { judge } = createAzureTokens(application)
  const versions = new Map<string, KeyObject>()
  const calls: string[] = []
  const rotate = () =>
    void versions.set(
      randomBytes(16).toString('hex'),
      generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
    )
  rotate()
  const padding = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }
  const url = await startJsonServer(t, (request) => {
    const refused = judge(request)
    if (refused) return refused
    const { pathname, searchParams } = request.url
    const [, keys, asked, version = [...versions.keys()].at(-1)!, operation = 'get'] = pathname.split('/')
    calls.push(operation)
    const key = versions.get(version)
    if (keys !== 'keys' || asked !== name || !key) return [404, { error: { code: 'KeyNotFound' } }]
    if (!searchParams.has('api-version')) return [400, { error: { code: 'BadParameter' } }]
    const kid = `https://my-vault.vault.azure.net/keys/${name}/${version}`
    if (operation === 'get') return [200, { key: { kid, kty: 'RSA' }, attributes: { enabled: true } }]
    const wish = asObject(parseJson(request.body))
    if (wish?.['alg'] !== 'RSA-OAEP-256') return [400, { error: { code: 'BadParameter' } }]
    const value = Buffer.from(asString(wish['value']) ?? '', 'base64url')
    try {
      const result =
        operation === 'wrapkey'
          ? publicEncrypt({ key, ...padding }, value)
          : privateDecrypt({ key, ...padding }, value)
      return [200, { kid, value: result.toString('base64url') }]
    } catch {
      return [400, { error: { code: 'BadParameter' } }]
    }
  })
  return { url, calls, rotate }
}
