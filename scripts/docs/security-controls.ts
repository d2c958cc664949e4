/** What an attacker may try, what stands against it, and the tests that prove it: the source of docs/security.md. */

/** A test by its file and (a part of) its name, as the source has it. */
export type Proof = readonly [file: string, name: string]

export interface Control {
  readonly threat: string
  readonly answer: string
  readonly proofs: readonly Proof[]
  /** What is still missing, where something is. */
  readonly missing?: string
}

/** Incidents of other gateways and of what they are built on. */
export const incidents: readonly Control[] = [
  {
    threat: 'Poisoned packages (LiteLLM on PyPI, chalk, Shai-Hulud, axios)',
    answer:
      'Exact versions, none younger than seven days when it is taken up (`scripts/check-release-ages.ts`, in `.ci/run`), checksums, no package that the gateway runs on has an install script; `npm ci --ignore-scripts` is what `.ci/run` and the image do.',
    proofs: [
      ['test/house/lockfile.test.ts', 'every package has a checksum, and none is bound to one registry'],
      [
        'test/house/lockfile.test.ts',
        'every package is a version of a registry: no address, no branch, no folder, nothing bundled',
      ],
      [
        'test/house/lockfile.test.ts',
        'no package that the gateway runs on has an install script, and of the others two are known',
      ],
      [
        'scripts/release-ages.test.ts',
        'seven days before it was taken up are enough, and an hour less is not',
      ],
      [
        'scripts/docs/bill-of-materials.test.ts',
        'what package.json depends on is there, with a checksum and a license; what only tests need is not',
      ],
    ],
    missing:
      'The age is held to at the newest change of the lockfile, and where the registry tells dates. Signatures of packages are not verified.',
  },
  {
    threat: 'SQL injection in the key check (CVE-2026-42208)',
    answer: 'A key that does not parse asks no store; statements are prepared or written by Kysely.',
    proofs: [
      ['src/access/keys.test.ts', 'wrong keys, well-formed or not, ask the store for nothing'],
      ['src/access/keys.test.ts', 'random text never parses as a key'],
    ],
  },
  {
    threat: 'Identities mixed up by a shortened cache key (CVE-2026-35030)',
    answer:
      'Keys are found by their id and compared by their whole hash; tokens are remembered by the SHA-256 of all of them.',
    proofs: [
      ['src/access/keys.test.ts', 'no single changed character of a key passes'],
      [
        'src/access/jwt.test.ts',
        'keys never meet the judge, and tokens that begin alike are never taken for one another',
      ],
    ],
  },
  {
    threat: 'A route that starts processes; a Host header that misleads (CVE-2026-42271, CVE-2026-48710)',
    answer:
      'Nothing in the sources can start a process; Host is checked and never becomes a URL, and what answers without a key answers by names of the gateway alone.',
    proofs: [
      [
        'test/security/egress-routes.test.ts',
        'nothing in the sources opens a connection but through the guard',
      ],
      ['src/http/head.test.ts', 'Host must be there once, and be a host'],
      [
        'test/security/own-hosts.test.ts',
        'what needs no key, and the administration with one, is not there for a page that made its name lead here',
      ],
      [
        'test/security/own-hosts.test.ts',
        'by its addresses, by names that no stranger has, and by those that are configured',
      ],
      ['test/security/own-hosts.test.ts', 'the same with a listener for administration'],
    ],
  },
  {
    threat: 'A key that makes stronger keys (CVE-2026-47101)',
    answer:
      'A made, changed or rotated key holds at most what its maker may give, and so does what is made of it for a page or a batch, and an evaluation that somebody starts; nobody leads a route or a golden set where their keys may not ask, or takes over an account that may give more; writable fields are an allow-list.',
    proofs: [
      ['test/access/roles.test.ts', 'nobody takes over somebody whose keys may hold more than their own'],
      [
        'test/access/roles.test.ts',
        'nobody makes a key on the account of a team or of somebody that is not theirs to charge',
      ],
      [
        'test/access/roles.test.ts',
        'the budgets and tags of a ceiling are on every key, beside what its maker writes there',
      ],
      [
        'test/access/roles.test.ts',
        'who is bounded has no key of a page, and no batch, made of a key that is not',
      ],
      [
        'src/access/ceiling.test.ts',
        'whatever passes admits no model, mark, address, region or amount that the ceiling does not',
      ],
      [
        'test/access/roles.test.ts',
        'a member makes keys for themselves, within their ceiling, and touches no other',
      ],
      ['test/access/evaluations.test.ts', 'an evaluation is charged to whoever starts it and to their team'],
      ['test/access/evaluations.test.ts', 'it asks no model that a key of theirs could not ask'],
      [
        'test/access/evaluations.test.ts',
        'their budget ends it, and so does the smallest budget that a key of theirs would have',
      ],
      [
        'test/access/evaluations.test.ts',
        'they keep, run and schedule no golden set of a model that they may not ask',
      ],
      ['test/access/evaluations.test.ts', 'they lead no route to a model that they may not ask'],
    ],
    missing:
      'Golden sets run on the account of the watch for drift, whoever keeps them: `drift.maxUsdPerDay` bounds what they cost. Admins of the organisation set budgets, their own included.',
  },
  {
    threat: 'A base URL in the request takes the provider key away (CVE-2024-6587, CVE-2025-66405)',
    answer: 'Addresses come from the configuration alone; a path that leaves its base is refused.',
    proofs: [
      [
        'test/gateway/provider-api.test.ts',
        'a path that passes is the same for every reader, below the base',
      ],
      ['test/gateway/provider-api.test.ts', 'tricks with the path reach no provider'],
    ],
  },
  {
    threat:
      'Requests to inside addresses, by redirect, 0.0.0.0, rebinding or spelling (CVE-2025-59146, -62155, CVE-2026-42339, -24779)',
    answer: 'The dialler checks what it dials; redirects are answers.',
    proofs: [
      [
        'src/upstream/egress.test.ts',
        'no vector reaches a listener through undici, and the guard is what stops it',
      ],
      [
        'src/upstream/egress.test.ts',
        'a name that turns private between two connections is refused at the second',
      ],
      ['src/upstream/egress.test.ts', 'Host is the name, and a redirect is an answer, not a step'],
      ['test/security/egress-routes.test.ts', 'vectors reach nothing by the way of'],
      ['test/security/egress-routes.test.ts', 'the canaries hear whoever comes'],
      [
        'test/security/egress-routes.test.ts',
        'no address inside is opened by the sources: only settings can',
      ],
    ],
    missing:
      "Where no credentials are configured, the clouds' own libraries look for an identity of the machine (environment, files, metadata addresses) past the guard.",
  },
  {
    threat: 'Objects of other tenants by their ids (CVE-2026-30886, CVE-2026-45349)',
    answer:
      'The organisation is in every query; stored responses are of their key. What is about the gateway itself is for the organisation that runs it.',
    proofs: [
      [
        'test/security/organisations.test.ts',
        'by every route with an id, an object of the other organisation is not there',
      ],
      ['test/security/organisations.test.ts', 'no list of one organisation shows anything of the other'],
      [
        'test/security/organisations.test.ts',
        'by its own API key, the other organisation reads and deletes no file, batch, response or request',
      ],
      [
        'test/security/organisations.test.ts',
        'after all of it, everything of the first organisation is as it was',
      ],
      [
        'test/gateway/stored-responses.test.ts',
        'a response is found until it is deleted, and by no other key',
      ],
      [
        'src/storage/sql/secret-store.test.ts',
        'a secret is set, read, replaced and removed, each organisation its own',
      ],
      ['test/security/scoped-queries.test.ts', 'a store that forgets the organisation fails its test'],
    ],
    missing:
      'No route makes a second organisation yet. No row-level security of PostgreSQL, for the reasons in [ADR 102](adr/0102-no-row-level-security.md).',
  },
  {
    threat: 'A secret that is empty or short: of a webhook, or of the gateway itself',
    answer: 'The start is refused.',
    proofs: [
      [
        'src/compose/data-dir.test.ts',
        'a key that a power cut left behind unfinished is made anew; one that was cut or emptied is refused',
      ],
      [
        'src/config/load.test.ts',
        'a token, a webhook secret and a wrapping key that are short refuse the start',
      ],
    ],
  },
  {
    threat: 'Prototype pollution (Langfuse; Node CVE-2026-21710)',
    answer: 'Maps without a prototype, copies by allow-list.',
    proofs: [
      ['test/client/heads.test.ts', 'headers named like parts of an object do no harm'],
      ['src/dialects/gemini/gemini.test.ts', 'partial arguments come together along their paths'],
      ['test/fuzz/fuzz.test.ts', 'bodies near the valid ones'],
      ['test/fuzz/routes.test.ts', 'every row of the admin API'],
    ],
  },
  {
    threat: 'Revoked rights that live on in open connections (CVE-2026-44553)',
    answer:
      'A revocation ends the streams of its key, on every instance; a session has the roles that its user has now, and so has the live feed that it has open, and each call of an evaluation that it has started.',
    proofs: [
      [
        'test/access/evaluations.test.ts',
        'who loses the role, or the account, has nothing more asked in their name',
      ],
      [
        'test/access/roles.test.ts',
        'an account that is given back opens no session, and takes no invitation, of before',
      ],
      [
        'src/access/browser-keys.test.ts',
        'signed before a rotation, it ends with the overlap, also where it has just been used',
      ],
      [
        'test/access/roles.test.ts',
        'a role that is taken away is gone at once, and so is the session of whoever is removed',
      ],
      ['test/access/keys.test.ts', 'a stream that is under way when its key is revoked is told so, and ends'],
      [
        'test/access/revocation.test.ts',
        'a revoked key ends on all within five seconds, its open streams too',
      ],
      [
        'test/access/revocation.test.ts',
        'a session holds on every instance, and ends on all with its account',
      ],
      [
        'test/access/team-view.test.ts',
        'a live feed ends with the role, the team or the session that it was opened with',
      ],
    ],
  },
  {
    threat: 'A key in another header passes by its limits (CVE-2026-45339)',
    answer: 'One function reads every spelling.',
    proofs: [
      [
        'src/http/head.test.ts',
        'every spelling of a key gives the same credential, and two keys are refused',
      ],
    ],
  },
  {
    threat: 'Pass-through without budget (Bifrost #2873)',
    answer:
      'Every route takes the same path: key, budget, egress guard and ledger, batches and what is answered later too. Counting tokens is free at the providers, and has no line.',
    proofs: [
      ['test/security/before-authentication.test.ts', 'every route of callers is in the list'],
      ['test/security/one-path.test.ts', 'without a key nothing reaches a provider'],
      ['test/security/one-path.test.ts', 'with a budget that is used up nothing reaches a provider'],
      ['test/security/one-path.test.ts', 'a provider that is inside is not connected to'],
      [
        'test/security/one-path.test.ts',
        'what reaches a provider has its line in the ledger, and its record',
      ],
      ['test/security/one-path.test.ts', 'refused by the same budget, and in the same ledger'],
      [
        'test/gateway/provider-api.test.ts',
        'what an answer in a known dialect cost is recorded, streamed and whole, while its bytes pass untouched',
      ],
    ],
  },
  {
    threat: 'Body limits passed by chunks; path tricks (Hono CVE-2026-44456, -39406, -29087)',
    answer: 'Bytes are counted as they come; odd paths are refused before they are routed.',
    proofs: [
      ['test/client/bodies.test.ts', 'a body without a length is cut off at the limit'],
      [
        'test/security/admin-routes.test.ts',
        'spellings of a path that some servers take for another are no way around',
      ],
      ['src/http/head.test.ts', 'targets that other servers would read otherwise are refused'],
    ],
  },
  {
    threat: 'Open stores full of chats (DeepSeek)',
    answer:
      'Prompts are not recorded unless asked for, and then redacted, encrypted and deleted in time; so are responses that a caller keeps.',
    proofs: [
      ['test/gateway/stored-responses.test.ts', 'without `store: true` nothing is kept'],
      ['test/payloads/payloads.test.ts', 'without a wish nothing is recorded'],
      ['test/payloads/payloads.test.ts', 'redacted; the disk shows neither'],
      ['test/security/canaries.test.ts', 'no file of the data directory holds a credential or a prompt'],
      ['src/gateway/own-words.test.ts', 'what a provider quotes is left out, and its own words stay'],
    ],
    missing:
      "A provider's error text is kept in records and in the log, without what it quotes of the request: runs of 16 characters of the first 128 KiB, or all of a text of 8. What it rewrites or abridges is not recognised.",
  },
  {
    threat: 'Topics read from the sizes of streamed records (Whisper Leak)',
    answer:
      "Providers' `obfuscation` fields pass to clients of the same dialect; `server.padStreamsToBytes` fills each write up to a multiple of so many bytes.",
    proofs: [
      [
        'test/security/padding.test.ts',
        'filled up, the sizes of writes tell next to nothing, and every client reads what it read before',
      ],
      [
        'test/security/padding.test.ts',
        "a provider's own filling reaches a client of its dialect, byte for byte",
      ],
      [
        'test/security/padding.test.ts',
        'the official SDKs, and those above them, read all of what was filled up',
      ],
    ],
    missing:
      'Off unless configured. Times between writes stay, Gemini streamed as a JSON array is not filled up, nor is a write that ends within an event.',
  },
  {
    threat: 'Patterns of a search that stop the database (CVE-2026-25591)',
    answer:
      'What is searched for is escaped, lists are limited, and a search looks at a bounded number of rows.',
    proofs: [
      ['test/fuzz/routes.test.ts', 'every row of the admin API'],
      ['src/records/admin.test.ts', 'a page is full although each step of the store sees only a few records'],
    ],
  },
  {
    threat: 'Media that is fetched or decoded (vLLM CVE-2026-24779, -22778)',
    answer: 'Addresses of media pass to the provider and are fetched by nobody here; no media is decoded.',
    proofs: [
      [
        'test/security/egress-routes.test.ts',
        'nothing in the sources opens a connection but through the guard',
      ],
    ],
  },
  {
    threat:
      'Scripts in prompts, names and errors that a dashboard shows (CVE-2026-44568); server components (CVE-2025-55182)',
    answer:
      'Static pages under a policy without inline scripts; what models say is text, never markup; no component of the page runs on the server.',
    proofs: [
      [
        'src/http/dashboard.test.ts',
        'each answer of the page has a nonce of its own, and a policy that names it',
      ],
      ['test/dashboard/use.test.ts', 'what comes from outside is shown and never run'],
    ],
  },
  {
    threat: 'Stolen keys that are resold (LLMjacking)',
    answer:
      'Keys can be told by scanners; spending far beyond its history is an alert; keys have budgets and addresses.',
    proofs: [
      ['src/access/keys.test.ts', 'random text never parses as a key'],
      [
        'src/alerts/spend-watch.test.ts',
        'a spike is found against the history of all instances, also after a restart, and ends with its hour',
      ],
    ],
    missing: 'No budget is set unless somebody sets one.',
  },
  {
    threat: 'Answers of a semantic cache that are not of the question (CacheAttack)',
    answer:
      'Off unless configured; an index for each organisation; exact tools, prompts and sampling, numbers and negations compared, hits looked at again by samples; keys that may not write.',
    proofs: [
      [
        'test/cache/semantic.test.ts',
        'another prompt, route, tool set, schema, history or sampling is another cache',
      ],
      ['test/cache/semantic.test.ts', 'what turns a question round is another question'],
      [
        'test/cache/exact.test.ts',
        'a key that may not write reads what others brought, and leaves nothing to them',
      ],
      [
        'test/cache/exact.test.ts',
        'failures, cut answers, answers that stopped at a limit and refusals are not kept',
      ],
    ],
    missing:
      'The keys of one organisation that may write trust each other: what one brings is served to the others until a sample finds it wrong.',
  },
]

/** What must hold. */
export const musts: readonly Control[] = [
  {
    threat: 'Keys: format and storage',
    answer:
      'A checksum in the key, a keyed hash in the store, one comparison in constant time, the same work whatever is wrong.',
    proofs: [
      [
        'test/security/comparisons.test.ts',
        'one file compares in constant time, and nothing else names the function',
      ],
      [
        'test/security/comparisons.test.ts',
        'no comparison of a secret leaves early: those that are not in constant time compare nothing of a stranger',
      ],
      [
        'test/security/comparisons.test.ts',
        'an unknown id, a wrong secret, a revoked and an expired key cost the same work',
      ],
      [
        'test/security/comparisons.test.ts',
        'the clock does not tell an unknown id from a wrong secret, and would tell one that costs more',
      ],
      ['src/access/keys.test.ts', 'a created key is known, and its text is kept nowhere'],
      ['src/access/keys.test.ts', 'unknown, malformed, wrong, revoked and expired keys are refused alike'],
    ],
  },
  {
    threat: 'Work done for whoever has no key',
    answer:
      'A key is looked at first: no body is read, no store is asked and nothing is kept for a request without one that holds. Sessions are in the store: of tokens that nobody is known to have, fifty are looked for in a second. Setting out to sign in at an OpenID provider is kept for ten minutes, and each address may do it 60 times in 15.',
    proofs: [
      [
        'test/security/before-authentication.test.ts',
        'each route answers 401 while not a byte of the body has come',
      ],
      [
        'test/security/before-authentication.test.ts',
        'wrong keys cost the database nothing, and leave nothing',
      ],
      [
        'test/security/before-authentication.test.ts',
        'made-up sessions and invitations cost the database next to nothing',
      ],
      [
        'src/access/sessions.test.ts',
        'of ten thousand made-up tokens the store sees fifty in a second, and whoever is known passes',
      ],
      ['test/security/admin-routes.test.ts', 'each route, each stranger: 401, before the body is read'],
    ],
  },
  {
    threat: 'Guessing keys',
    answer:
      'An address that sends wrong keys has to wait, a /64 of IPv6 as one address; a right key passes. However many others come, a count goes on.',
    missing:
      'Each instance counts for itself. Behind a proxy that `server.trustedProxies` does not name, all callers are one address.',
    proofs: [
      [
        'src/access/lock-out.test.ts',
        'a /64 of IPv6 is one address, however many of it somebody has; others are not',
      ],
      [
        'src/access/keys.test.ts',
        'an address that sends wrong keys is told to wait; a right key from it passes',
      ],
    ],
  },
  {
    threat: 'Faults of the store are no 401',
    answer: 'Known keys hold for a while, unknown ones are told to come back.',
    proofs: [
      [
        'src/access/keys.test.ts',
        'without the store, known keys hold for a while, and an unknown one is no 401',
      ],
    ],
  },
  {
    threat: 'The administration apart',
    answer: 'A listener of its own where wanted; no default token.',
    proofs: [
      ['test/lifecycle/start.test.ts', 'a listener for administration keeps it off the data path'],
      ['test/lifecycle/start.test.ts', 'the sign-in link opens one session, once'],
    ],
  },
  {
    threat: 'Models are authorised where they lead',
    answer:
      'After routing and aliases; and so are those that a request names within itself, for a provider to fall back on or for a tool.',
    proofs: [
      [
        'test/access/inner-models.test.ts',
        '${what}: refused before the provider is asked, and no matter for a key that may use all',
      ],
      ['test/access/inner-models.test.ts', 'wherever a body that is passed on names a model, it is found'],
      [
        'test/batch/batches.test.ts',
        'what a key may not use is told with its line; a batch is its own key’s alone',
      ],
      ['test/access/keys.test.ts', 'sensitive models are for cleared keys, named directly or behind a route'],
      [
        'test/gateway/provider-api.test.ts',
        'of a member that is written twice, the provider gets the one that was authorised',
      ],
    ],
  },
  {
    threat: 'Limits of input',
    answer: 'Depth and the number of parts before parsing, bytes while they come, time.',
    missing:
      'What is accepted is parsed in one turn of the event loop: up to 0.2 s of CPU for 32 MiB of a caller, and half a second for a batch in one body, or for what a hostile provider may answer.',
    proofs: [
      ['src/http/body.test.ts', 'five million brackets are refused without being parsed'],
      [
        'src/http/body.test.ts',
        'what is small and of very many parts is refused without being parsed, whatever they are',
      ],
      ['test/fuzz/many-parts.test.ts', '${what}: nobody is held up'],
      [
        'test/fuzz/many-parts.test.ts',
        'an answer of megabytes of small parts is none, whole or in a stream, and nobody is held up',
      ],
      [
        'test/fuzz/many-parts.test.ts',
        'arguments and results of tools that are megabytes of small parts: nobody is held up',
      ],
      [
        'src/upstream/guard.test.ts',
        'more blocks or choices than any answer has are no answer, finished or not',
      ],
      [
        'src/http/uploads.test.ts',
        'what does not fit is refused, and there is room again when a request is over',
      ],
    ],
  },
  {
    threat: 'Slow attacks: headers, bodies, readers, silent connections',
    answer:
      'One deadline for the TLS handshake, one for all headers, one for the body; a caller that does not read is cut off, and connections of one address that have shown no valid key make room for one another.',
    proofs: [
      [
        'test/security/raw-http.test.ts',
        'connections of strangers make room for one another, and whoever has shown a key stays',
      ],
      [
        'test/lifecycle/start.test.ts',
        'a client that never ends its handshake is cut in time, and holds up no end',
      ],
      ['test/security/raw-http.test.ts', 'headers that drip in have the time of all headers, not of each'],
      [
        'test/security/raw-http.test.ts',
        'a body that drips in has the time of the whole body, and no provider hears of it',
      ],
      [
        'test/security/raw-http.test.ts',
        'readers that take nothing are cut off, their providers are told, and nothing stays open',
      ],
      ['test/security/raw-http.test.ts', 'a whole answer that is not read is let go as well'],
      [
        'test/security/raw-http.test.ts',
        'a thousand connections that say nothing are closed, and meanwhile requests are answered',
      ],
    ],
    missing:
      'Strangers of many addresses are bounded by their time alone, and so are handshakes of TLS: let a proxy in front of it take what comes from the internet.',
  },
  {
    threat: 'Headers in both directions',
    answer: 'Lists of what passes; names with `_` are refused.',
    proofs: [
      ['test/gateway/provider-api.test.ts', 'only listed headers pass, in both directions'],
      [
        'test/gateway/provider-api.test.ts',
        'an answer with headers that HTTP forbids is a fault of the provider, never two answers',
      ],
      ['test/security/raw-http.test.ts', 'no name in a request splits the head of its answer'],
      [
        'test/security/raw-http.test.ts',
        "no header of a provider's answer splits the head of ours, and what is of its connection stays there",
      ],
      [
        'test/security/raw-http.test.ts',
        'a header that the caller names as one of its connection goes no further',
      ],
      ['src/http/head.test.ts', 'header names with an underscore and unknown transfer codings are refused'],
    ],
  },
  {
    threat: 'Request smuggling',
    answer: 'Whatever two servers could read in two ways closes the connection.',
    proofs: [
      ['test/client/heads.test.ts', '400, and the connection is closed'],
      ['test/security/raw-http.test.ts', '${what}: refused, and nothing behind it is a request'],
      ['test/security/raw-http.test.ts', '${what}: one request, and the next one behind it'],
      [
        'test/security/behind-proxies.test.ts',
        "${name}: no request comes past it, and every answer is its asker's",
      ],
    ],
    missing: 'Behind proxies, nginx 1.22 and haproxy 2.6 were tried, over HTTP/1.1.',
  },
  {
    threat: 'Redaction',
    answer:
      'A `Secret` shows `***`; credentials are taken out of what providers say. Each gateway that a test starts in its process is searched for its credentials when it ends: its log and its data directory. For what callers and models said in that test, every gateway is searched: its log, metrics, alerts, traces and data directory, its tables in PostgreSQL, its values in Redis; where a text may be is a list with reasons.',
    proofs: [
      [
        'test/security/leavings.test.ts',
        'they are found in files and tables of a data directory, but where they are meant to be',
      ],
      [
        'test/security/leavings.test.ts',
        'prompts and answers are heard on the wire, whole and in pieces; names and paths of others are not',
      ],
      ['src/audit/log.test.ts', 'of files that are sent along, the paths and fingerprints stay'],
      ['src/core/secret.test.ts', 'a secret shows itself only when revealed'],
      [
        'test/security/canaries.test.ts',
        'the log, the metrics and the admin API show neither a credential nor a prompt',
      ],
      ['test/security/canaries.test.ts', 'no error that a client saw repeats a credential'],
      [
        'src/upstream/credential-mask.test.ts',
        'however the bytes are split, no credential passes, and nothing else changes',
      ],
      [
        'test/security/canaries.test.ts',
        'no trace and no alert that was sent holds a credential or a prompt',
      ],
      ['src/upstream/credential-mask.test.ts', 'nothing is held back but what may be the beginning of one'],
      [
        'src/telemetry/tracing.test.ts',
        'no user, session, key, tag, prompt or provider message is in a span',
      ],
    ],
    missing:
      'A credential that a provider repeats in another encoding passes, and so does one within the words of a model. Of what was said, texts of one word or of fewer than eight characters are not looked for: they are everywhere.',
  },
  {
    threat: 'Secrets at rest',
    answer:
      'Two keys; ciphertext opens only in its place. The key that wraps the other may stay in Vault, AWS KMS, Google Cloud KMS or Azure Key Vault.',
    proofs: [
      ['test/secrets/kms.test.ts', 'AWS KMS: signed calls, and a ciphertext that opens only for its place'],
      [
        'test/secrets/kms.test.ts',
        'Google Cloud KMS: tokens are renewed, checksums are held to, and places too',
      ],
      ['test/secrets/kms.test.ts', 'Azure Key Vault: an RSA key that was rotated there still unwraps'],
      ['test/secrets/stored.test.ts', 'the key moves from AWS KMS to one of a reference'],
      [
        'src/storage/sql/secret-store.test.ts',
        'ciphertext that was moved, changed or rolled forward is refused',
      ],
      [
        'src/storage/sql/secret-store.test.ts',
        'the key is changed and the data key rotated while values are read and written',
      ],
      [
        'src/storage/sql/secret-store.test.ts',
        'what is sealed anew never takes the place of what was stored meanwhile',
      ],
      [
        'src/storage/sql/secret-store.test.ts',
        'a data key that another instance adds meanwhile by the old key is wrapped anew',
      ],
      [
        'src/storage/sql/secret-store.test.ts',
        'no value and no key is in the rows, and no two ciphertexts are alike',
      ],
    ],
    missing:
      'Whoever can write the database can put back a former row of the same secret, and it opens: what says which is the newest is in the same database. While a gateway runs, the audit has the change (`secret.change`) without anybody who made it (`secret.set`); a former key is worth nothing once it is revoked at its provider.',
  },
  {
    threat: 'Secrets go in and not out',
    answer: 'No route, no command and no check shows a value.',
    proofs: [
      [
        'test/secrets/stored.test.ts',
        'stored before the first start, used by reference, replaced while the gateway runs',
      ],
      [
        'test/secrets/check.test.ts',
        'each reference is told: those that lead to a value and those that do not',
      ],
      ['test/access/keys.test.ts', 'no answer, no error and no line of the log shows a secret again'],
    ],
  },
  {
    threat: 'Acts that nobody can be held to; a trail that was changed',
    answer:
      'Every act of the administration is recorded before it is done, in a chain of hashes; so are the reading of payloads, what each configuration was given, and secrets that change or fail. Reads that repeat are told as sums, so that nothing is recorded for each request.',
    proofs: [
      [
        'test/audit/audit.test.ts',
        'every row that changes something, or shows what callers wrote, says what the audit is told; no other does',
      ],
      [
        'test/audit/audit.test.ts',
        'a change is one record: who, what, before and after; a refused one says so',
      ],
      ['test/audit/audit.test.ts', 'what cannot be recorded is not done'],
      ['src/storage/sql/audit-store.test.ts', '${name} is named'],
      [
        'src/storage/sql/audit-store.test.ts',
        'a cut end with a forged head is seen by whoever has noted a hash',
      ],
      [
        'test/secrets/audited.test.ts',
        'what was given, what changed, what failed and what came back; no value, and nothing for each request',
      ],
      [
        'test/secrets/audited.test.ts',
        'whoever reads what callers wrote is in the audit, by what they looked for and without names of people',
      ],
      ['src/secrets/use-log.test.ts', 'ten thousand reads are one record, and an outage is two'],
      [
        'test/secrets/check.test.ts',
        'a check is in the audit: told to the gateway that runs, else to one that is started for it',
      ],
    ],
    missing:
      'A cut end is seen against a head that was noted elsewhere. `weir check --secrets` says so where it cannot tell the audit: before the first start, or while the database is out of reach.',
  },
  {
    threat: 'Rotation and outages of vaults',
    answer:
      'No request fails; the last value holds for an hour, also where the answer is a page of a proxy or the sign-in was renewed meanwhile. Leased secrets are replaced before the token that they were made by ends, and where a provider refuses them.',
    proofs: [
      [
        'test/secrets/rotation.test.ts',
        'a key rotated under load: no request fails, and those under way end with the old one',
      ],
      [
        'test/secrets/rotation.test.ts',
        'a key that the provider refuses is read again at once, long before its time',
      ],
      [
        'test/secrets/vault.test.ts',
        'the last known value holds for an hour while the vault is ${outage}, and then no longer',
      ],
      [
        'test/secrets/vault.test.ts',
        'a leased secret is replaced before the token that it was made by ends for good',
      ],
      ['test/secrets/vault.test.ts', 'what a policy forbids leaves no new token behind at each try'],
      [
        'src/secrets/references.test.ts',
        'a leased secret that a provider refuses is made anew, and a young one is given its time',
      ],
      [
        'src/secrets/references.test.ts',
        'what only a refused configuration names makes nothing unready, however long',
      ],
      [
        'src/secrets/references.test.ts',
        'with another sign-in to the same services, what the last one read holds through an outage',
      ],
      ['src/secrets/malformed.test.ts', 'an outage, and no word on the secret: ${page}'],
    ],
  },
  {
    threat: 'A credential stays with its origin',
    answer: 'Redirects are not followed.',
    proofs: [
      [
        'test/gateway/provider-api.test.ts',
        'a redirect is not followed, not shown, and takes no credential along',
      ],
      [
        'test/gateway/provider-api.test.ts',
        "the provider's own key goes to the provider, and the caller's goes nowhere",
      ],
    ],
  },
  {
    threat: 'Roles',
    answer:
      'A route without a policy does not compile; one function applies them all, before the body is read ([roles.md](roles.md)).',
    proofs: [
      ['src/admin/policy.test.ts', 'a row without a policy, or with an unknown one, does not compile'],
      [
        'test/access/roles.test.ts',
        'each route, each role: 403 before the body is read, unless the table lets the role in',
      ],
      ['test/access/roles.test.ts', 'a role in a team sees and changes what is of that team'],
      ['test/access/team-view.test.ts', 'requests, sessions, the ledger and usage: those of the own team'],
      ['test/access/team-view.test.ts', 'figures are of the own team'],
      ['test/access/team-view.test.ts', 'batches are of the keys of the own team'],
      ['test/access/team-view.test.ts', 'alerts and the live feed are of the own team'],
      ['test/access/team-view.test.ts', 'no route that lists shows anything of another team'],
      ['test/access/roles.test.ts', 'nobody gives a role, or takes over an account, beyond their own'],
      [
        'test/access/roles.test.ts',
        'whoever gives an account gives it no more than their own ceiling, themselves included',
      ],
      ['test/security/admin-routes.test.ts', 'each route, each stranger: 401, before the body is read'],
    ],
    missing: 'A role in a team does not see requests that came with a token of an issuer.',
  },
  {
    threat: 'Guessed and stolen passwords',
    answer:
      'scrypt, the same answer for every reason, a lock-out that counts before it judges and forgets nobody for the sake of others, invitations used once.',
    proofs: [
      [
        'src/access/lock-out.test.ts',
        'many other names push nobody out of the count, neither their own nor one that comes late',
      ],
      ['test/access/sign-in.test.ts', 'somebody is invited, chooses a password, signs in with it, and out'],
      [
        'test/access/sign-in.test.ts',
        'wrong names and wrong passwords are told alike, and lock out alike, many at once too',
      ],
      [
        'src/access/password.test.ts',
        'more than may wait are told to come back, and the others get their turn',
      ],
      [
        'test/access/sign-in.test.ts',
        'no password, no token of a session or an invitation is kept, in the audit or elsewhere',
      ],
      [
        'test/access/sign-in.test.ts',
        'whoever is not let in is in the audit, and who sends wrong tokens is told to wait',
      ],
      [
        'src/audit/refusals.test.ts',
        'the first is told at once; what follows is one record each five minutes, however much it is',
      ],
    ],
    missing:
      'No second factor here: that is for the OpenID provider. The lock-out is counted by each instance, and whoever knows an address can lock its account out of passwords for 15 minutes at a time.',
  },
  {
    threat: 'Sessions: cookies, forged requests',
    answer: '`__Host-` over HTTPS, SameSite=Strict, writes from the own origin only.',
    proofs: [
      ['test/access/sign-in.test.ts', 'a session of the admin token ends when the token is another one'],
      [
        'test/access/sign-in.test.ts',
        'the cookie is bound to the host over HTTPS, and is no more than browsers take over HTTP',
      ],
      [
        'test/access/sign-in.test.ts',
        'a session writes from its own pages only, and an API key is no session',
      ],
      [
        'test/access/sign-in.test.ts',
        'a changed password ends every session; the present one is needed for it',
      ],
    ],
    missing:
      'Over plain HTTP, as on loopback, the cookie has neither the prefix nor `Secure`: not every browser takes it there.',
  },
  {
    threat: 'Sign-in at another service: mixed up, replayed or injected answers',
    answer:
      'PKCE, state and nonce, each answer once and in the browser that asked; people are known by issuer and subject.',
    proofs: [
      ['test/access/oidc.test.ts', 'the way is offered, and asks with PKCE, state and nonce'],
      ['test/access/oidc.test.ts', 'an answer counts once, in the browser that asked, with its own state'],
      [
        'test/access/oidc.test.ts',
        'whoever signs in there has the roles of their groups here, anew each time',
      ],
      [
        'test/access/oidc.test.ts',
        'an account with a password keeps its address, whatever another service says',
      ],
    ],
    missing:
      'No back-channel logout: a session goes on for up to twelve hours with the roles that the provider told when it began.',
  },
  {
    threat: 'Forged tokens of callers: algorithms, keys, issuers, audiences (Hono CVE-2026-22817)',
    answer:
      'Pinned issuer, audience and asymmetric algorithms; keys from the configured address alone, and that over TLS unless it is private.',
    missing: 'One token cannot be revoked here: it holds until it ends, or for `maxAgeSeconds`.',
    proofs: [
      [
        'src/access/jwt.test.ts',
        'whatever the issuer did not sign for us, now, is refused, and every time alike',
      ],
      ['src/access/jwt.test.ts', 'a new key is taken up when it is first used, and a withdrawn one ends'],
      [
        'src/access/jwt.test.ts',
        'without the issuer, known keys hold for a while, and what cannot be known is no 401',
      ],
      [
        'src/access/jwt.test.ts',
        'an answer that is no key set is an outage, not a word on any token: ${page}',
      ],
      [
        'src/access/jwt.test.ts',
        'claims name the team and take from the rules; what asks for more, or cannot be read, is refused',
      ],
      [
        'test/access/jwt.test.ts',
        'a token calls as a key does, and its user and team are known, whatever the caller claims',
      ],
    ],
  },
  {
    threat: 'A key in a page of a browser',
    answer:
      'Signed for some pages, models and minutes, never more than its API key; CORS for such keys alone.',
    proofs: [
      ['test/access/browser-keys.test.ts', 'it is for its own pages and models, and for answers only'],
      [
        'test/access/browser-keys.test.ts',
        'nothing that is made is more than what it is made of, then and later',
      ],
      [
        'test/access/browser-keys.test.ts',
        'it ends with its time, with its key, and with the secret that it was made by',
      ],
      ['test/access/browser-keys.test.ts', 'no changed character of it passes'],
      [
        'test/access/browser-keys.test.ts',
        'browsers are let through for these keys and origins, and for nothing else',
      ],
    ],
    missing:
      'It is not revoked alone, and has no total of its own to spend: budgets of the scope `user` bound visitors.',
  },
  {
    threat: 'Keys and credentials that are never renewed',
    answer: 'Past their age they are an alert.',
    proofs: [
      [
        'test/alerts/secret-age.test.ts',
        'keys past their age are alerts, by their name and never by their secret',
      ],
      [
        'src/alerts/secret-age.test.ts',
        'a credential is as old as the first look that saw it, and young again with another value',
      ],
    ],
    missing:
      'What a reference leads to does not tell its age: a credential counts from when it was first used here.',
  },
  {
    threat: 'Formulas in exports; lines and colours in logs',
    answer:
      'Cells that a spreadsheet would run begin with a quote. The JSON log is one record to a line, and the text log sets in what follows a line break; nothing that a terminal obeys is in either, or in a table of the command line.',
    proofs: [
      ['test/security/exports.test.ts', 'tables of the dashboard: requests, usage, keys, the audit'],
      ['test/security/exports.test.ts', 'the ledger, in its own columns and in those of FOCUS'],
      ['test/security/exports.test.ts', 'rows of evaluations'],
      ['test/security/exports.test.ts', 'nothing else writes cells'],
      ['src/telemetry/log.test.ts', 'JSON: one record to a line, which reads back as it was said'],
      [
        'src/telemetry/log.test.ts',
        'text: what is said cannot begin a line, and holds nothing that a terminal obeys',
      ],
      ['src/cli/columns.test.ts', 'a name neither begins a line nor moves the cursor'],
      ['src/alerts/email.test.ts', 'what stands in an alert adds no recipient and no header'],
    ],
  },
  {
    threat: 'Webhooks that come in',
    answer:
      'There are none: no route takes calls of other services but those with a key, a session or a token.',
    proofs: [
      ['test/security/admin-routes.test.ts', 'each route, each stranger: 401, before the body is read'],
    ],
  },
  {
    threat: 'Hostile patterns and schemas',
    answer: 'They run in a thread, with limits.',
    proofs: [
      ['src/schema/checker.test.ts', 'a pattern that can explode is refused; one that only looks so is not'],
      ['src/schema/checker.test.ts', 'a check that takes too long ends, and the next one is right again'],
    ],
  },
  {
    threat: 'Fuzzing',
    answer:
      'Bodies, raw bytes, forms, queries, every row of the admin API, and provider answers and streams near the valid ones; a turn of the event loop takes at most 200 ms of CPU.',
    proofs: [
      ['test/fuzz/fuzz.test.ts', 'bodies near the valid ones'],
      ['test/fuzz/fuzz.test.ts', 'bytes near a valid request'],
      ['test/fuzz/heads.test.ts', 'heads and framings that servers read differently'],
      ['test/fuzz/fuzz.test.ts', 'providers that send anything'],
      ['test/fuzz/forms.test.ts', 'forms of every shape'],
      ['test/fuzz/forms.test.ts', 'bytes near a valid form'],
      ['test/fuzz/routes.test.ts', 'every row of the admin API'],
      [
        'test/fuzz/routes.test.ts',
        'every route on which callers manage what is theirs, and those of signing in',
      ],
    ],
    missing:
      'A minute of it is part of `.ci/run`; an hour (`npm run fuzz -- --minutes 60`) is not part of any automatic run.',
  },
  {
    threat: 'Personal data and secrets in prompts and answers',
    answer:
      'Guardrails block, redact or flag them, in linear time, on streams too; what cannot be read is refused.',
    proofs: [
      ['test/guardrails/guardrails.test.ts', 'the provider gets placeholders, the client its own words'],
      [
        'test/guardrails/guardrails.test.ts',
        'answers to prompts with placeholders are never shared between callers',
      ],
      ['test/guardrails/guardrails.test.ts', 'what cannot be is refused where something might have to be'],
      ['src/guardrails/output.test.ts', 'any split of an answer gives the same text and finds the same'],
      ['src/guardrails/output.test.ts', 'any split of JSON gives the same text, and JSON'],
      ['src/guardrails/request-texts.test.ts', 'every text of a request is read and can be replaced'],
      ['src/detectors/linear/linear.test.ts', 'patterns that explode elsewhere come to their end here'],
    ],
    missing: 'Media are not looked into. Other spellings, languages and encodings pass.',
  },
  {
    threat: 'Being forgotten',
    answer: '`weir forget` deletes what is kept of a user, and says what stays.',
    proofs: [
      ['test/payloads/forget.test.ts', 'what named the user goes, what named another stays'],
      ['test/payloads/forget.test.ts', 'the audit has the act by a fingerprint, and no name'],
    ],
    missing:
      'The ledger, the audit and backups keep what they hold; records of other instances are deleted there.',
  },
]

/** What the checks on the way of a request cost, by `bench/micro.ts`: on two shared cores of an Intel Xeon, in use by others. */
export const speeds: readonly (readonly [what: string, limit: string, measured: string])[] = [
  ['Key check and policy, a stored key', '8 µs', '2.2 µs'],
  ['The same, a key for browsers', '8 µs', '1.1 µs'],
  ['The same, a token that is known', '8 µs', '3.2 µs'],
  ['Guardrails, all built-in detectors, 8 kB', '0.3 ms', '0.07 ms; with two findings 0.12 ms'],
  ['Guardrails, 1,000 words, 8 kB', '0.3 ms', '0.04 ms'],
  ['Guardrails, two patterns of one’s own, 8 kB', '0.3 ms', '0.23 ms'],
]

/** Protocols that were spoken with servers of our own, which check what the documentation says. */
export const untried: readonly (readonly [service: string, tried: string, untried: string])[] = [
  [
    'HashiCorp Vault, OpenBao',
    'KV 1 and 2, token, AppRole, Kubernetes, JWT, renewal, leases, namespaces, transit, sealed and gone',
    'The real programs. Response wrapping and batch tokens are not supported.',
  ],
  [
    'OpenID providers',
    'A real one, `oidc-provider`, on loopback: discovery, code flow, user info',
    'Okta, Entra ID, Google, Keycloak. Groups that a provider gives by reference only are not fetched.',
  ],
  [
    'AWS Secrets Manager, Parameter Store',
    "Signatures, made again by AWS's own signer; the chain's environment credentials; errors",
    'The real services; the other links of the chain (profiles, single sign-on, web identity, containers, instances).',
  ],
  [
    'AWS KMS, Google Cloud KMS, keys of Azure Key Vault',
    'Encrypting and decrypting data keys, with encryption contexts, checksums, versions; who asks is checked as above',
    'The real services; managed HSMs; keys in other accounts.',
  ],
  [
    'Google Secret Manager',
    "A service account's signed assertion, tokens, checksums, versions",
    'The real service; application default credentials of `google-auth-library`; regional secrets.',
  ],
  [
    'Azure Key Vault',
    'The client credentials grant, tokens, versions',
    'The real service; `DefaultAzureCredential` of `@azure/identity`; other clouds than the public one.',
  ],
]
