/** The section `secrets`: the services that keep secrets, and how the gateway identifies itself to them. */

import { z } from 'zod'
import { allowPrivateNetwork, checked, cloudRegion, outboundUrl, secret, text } from './setting-kinds.ts'

/** `usual`: where it is in an installation that nobody has changed. */
function mount(usual: string) {
  return checked(
    (value) => /^[\w-]+(\/[\w-]+)*$/.test(value),
    'not a mount path',
    'Write the path at which it is mounted, such as `approle`.',
  )
    .default(usual)
    .describe('Where the method is mounted.')
}

const role = text.describe('The role to sign in as.')

const vault = z
  .strictObject({
    address: outboundUrl.describe('Its address, such as `https://vault:8200`.'),
    namespace: text.exactOptional().describe('Sent as `X-Vault-Namespace`.'),
    ca: secret('Certificate of the authority that signed its own, in PEM.').exactOptional(),
    allowPrivateNetwork,
    token: secret('A token. It is renewed in time where it can be.').exactOptional(),
    approle: z
      .strictObject({
        roleId: secret('The role id.'),
        secretId: secret('The secret id.').exactOptional(),
        mount: mount('approle'),
      })
      .exactOptional()
      .describe('Sign in by AppRole.'),
    kubernetes: z
      .strictObject({
        role,
        jwt: secret("The service account's token.").prefault(
          'file:/var/run/secrets/kubernetes.io/serviceaccount/token',
        ),
        mount: mount('kubernetes'),
      })
      .exactOptional()
      .describe("Sign in by a Kubernetes service account's token."),
    jwt: z
      .strictObject({ role, jwt: secret('The signed token.'), mount: mount('jwt') })
      .exactOptional()
      .describe('Sign in by a JWT of another issuer.'),
  })
  .refine(
    ({ token, approle, kubernetes, jwt }) =>
      [token, approle, kubernetes, jwt].filter((way) => way !== undefined).length === 1,
    {
      error: 'not one way to sign in',
      params: { mend: 'Write exactly one of `token`, `approle`, `kubernetes` and `jwt`.' },
    },
  )

const aws = z
  .strictObject({
    region: cloudRegion.describe('The region of secrets that are not named by an ARN.'),
    accessKeyId: secret(
      'Access key. Absent: as every AWS tool finds it (needs the package `@aws-sdk/credential-provider-node`).',
    ).exactOptional(),
    secretAccessKey: secret('The secret of the access key.').exactOptional(),
    sessionToken: secret('The session token, where the access key is a temporary one.').exactOptional(),
    endpoint: outboundUrl.exactOptional().describe("In place of the service's own address."),
    allowPrivateNetwork,
  })
  .refine(({ accessKeyId, secretAccessKey }) => !accessKeyId === !secretAccessKey, {
    error: 'half of an access key',
    params: { mend: 'Write both `accessKeyId` and `secretAccessKey`, or neither.' },
  })

const google = z.strictObject({
  credentials: secret(
    "A service account's key (JSON). Absent: as Google's own tools find it (needs the package `google-auth-library`).",
  ).exactOptional(),
  endpoint: outboundUrl.exactOptional().describe("In place of the service's own address."),
  allowPrivateNetwork,
})

const id = z.string().regex(/^[\w.-]{1,128}$/)

const azure = z
  .strictObject({
    tenantId: id.exactOptional().describe("The directory's id."),
    clientId: id.exactOptional().describe("The application's id."),
    clientSecret: secret(
      "The application's secret. Absent: as Azure's own tools find an identity (needs the package `@azure/identity`).",
    ).exactOptional(),
    authority: outboundUrl
      .default('https://login.microsoftonline.com')
      .describe('Where the application signs in.'),
    endpoint: outboundUrl.exactOptional().describe('In place of `https://{vault}.vault.azure.net`.'),
    allowPrivateNetwork,
  })
  .refine(({ tenantId, clientId, clientSecret }) => !tenantId === !clientId && !clientId === !clientSecret, {
    error: 'a part of an application',
    params: { mend: 'Write `tenantId`, `clientId` and `clientSecret`, or none of them.' },
  })

const maxPreviousKeys = 8

/** The kinds of keys that never leave the service that has them, each with the section by which it is reached. */
export const keyServices = {
  transit: 'vault',
  awsKms: 'aws',
  googleKms: 'google',
  azureKey: 'azure',
} as const

const endpoint = outboundUrl.exactOptional().describe("In place of the service's own address.")
const keyName = (form: RegExp) => z.string().regex(form).describe('The key.')

const serviceKeys = {
  transit: z
    .strictObject({
      key: keyName(/^[\w-]{1,128}$/),
      mount: mount('transit'),
    })
    .exactOptional()
    .describe("A key of Vault's transit engine. Signs in by `secrets.vault`."),
  awsKms: z
    .strictObject({ key: keyName(/^[\w:/-]{1,2048}$/).describe('Its id, alias or ARN.'), endpoint })
    .exactOptional()
    .describe('A key of AWS KMS. Signs by `secrets.aws`.'),
  googleKms: z
    .strictObject({
      key: keyName(/^projects\/[\w.:-]+\/locations\/[\w-]+\/keyRings\/[\w-]+\/cryptoKeys\/[\w-]+$/).describe(
        'Its name: `projects/p/locations/l/keyRings/r/cryptoKeys/k`.',
      ),
      endpoint,
    })
    .exactOptional()
    .describe('A key of Google Cloud KMS. Signs in by `secrets.google`.'),
  azureKey: z
    .strictObject({
      vault: z
        .string()
        .regex(/^[A-Za-z0-9-]{3,24}$/)
        .describe("The vault's name."),
      key: keyName(/^[A-Za-z0-9-]{1,127}$/).describe("The key's name; an RSA key."),
      endpoint: outboundUrl.exactOptional().describe('In place of `https://{vault}.vault.azure.net`.'),
    })
    .exactOptional()
    .describe('A key of Azure Key Vault. Signs in by `secrets.azure`.'),
}

const isOneOf = (keys: Readonly<Record<string, unknown>>, names: readonly string[]): boolean =>
  names.filter((name) => keys[name] !== undefined).length === 1

const names = Object.keys(keyServices)
const namesTold = names.map((name) => `\`${name}\``).join(', ')

const stored = z
  .strictObject({
    key: secret('What the data keys are encrypted with: 32 characters or more.').exactOptional(),
    ...serviceKeys,
    previousKeys: z
      .array(secret('A key that was in force before.'))
      .max(maxPreviousKeys)
      .default([])
      .describe('Needed until `weir secrets rotate` has run under the new key.'),
    previousServiceKeys: z
      .array(
        z.strictObject(serviceKeys).refine((keys) => isOneOf(keys, names), {
          error: 'not one key',
          params: { mend: `Write one of ${namesTold}.` },
        }),
      )
      .max(maxPreviousKeys)
      .default([])
      .describe('The same, of keys that never leave their service.'),
  })
  .refine((keys) => isOneOf(keys, ['key', ...names]), {
    error: 'not one key',
    params: { mend: `Write either \`key: env:NAME\` or one of ${namesTold}.` },
  })

/** The references of this section itself are `env:` and `file:` alone: they are read before all others. */
export const secretSettings = z.strictObject({
  ttlSeconds: z
    .number()
    .int()
    .min(1)
    .max(86_400)
    .default(300)
    .describe('How long a secret is used before it is read again. A lease that ends sooner wins.'),
  vault: vault.exactOptional().describe('HashiCorp Vault or OpenBao, for `vault:API/path#field`.'),
  stored: stored
    .exactOptional()
    .describe('What protects the secrets in the database, for `stored:NAME` and `weir secrets`.'),
  aws: aws
    .exactOptional()
    .describe('AWS Secrets Manager and Parameter Store, for `aws-sm:id#field` and `aws-ssm:name`.'),
  google: google.exactOptional().describe('Google Secret Manager, for `gcp-sm:projects/p/secrets/s`.'),
  azure: azure.exactOptional().describe('Azure Key Vault, for `azure-kv:vault/name`.'),
})
