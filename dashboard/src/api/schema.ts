/** The operations of the admin API. Generated from its OpenAPI document by `npm run docs`; do not edit. */
export interface AdminApi {
  'DELETE /alerts/{id}/acknowledge': {
query: undefined
body: undefined
response: { id: string; kind: "budget" | "spend-anomaly" | "provider-failures" | "credential-parked" | "credential-age" | "key-age" | "model-retirement" | "price-change" | "drift" | "experiment" | "ledger" | "disk"; subject: string; severity: "info" | "warning" | "critical"; status: "open" | "resolved"; summary: string; detail: { [name: string]: unknown }; count: number; first_at: string; last_at: string; acknowledged_at?: string | undefined; silenced_until?: string | undefined; resolved_at?: string | undefined }
}
  'DELETE /alerts/{id}/silence': {
query: undefined
body: undefined
response: { id: string; kind: "budget" | "spend-anomaly" | "provider-failures" | "credential-parked" | "credential-age" | "key-age" | "model-retirement" | "price-change" | "drift" | "experiment" | "ledger" | "disk"; subject: string; severity: "info" | "warning" | "critical"; status: "open" | "resolved"; summary: string; detail: { [name: string]: unknown }; count: number; first_at: string; last_at: string; acknowledged_at?: string | undefined; silenced_until?: string | undefined; resolved_at?: string | undefined }
}
  'DELETE /budgets/{id}': {
query: undefined
body: undefined
response: undefined
}
  'DELETE /cache': {
query: { destination?: string | undefined; tag?: string | undefined }
body: undefined
response: { purged: number }
}
  'DELETE /drift/{set}/schedule': {
query: undefined
body: undefined
response: undefined
}
  'DELETE /keys/{id}': {
query: undefined
body: undefined
response: { id: string; name: string; source: "store" | "configuration"; status: "active" | "expired" | "revoked"; created_at?: string | undefined; expires_at?: string | undefined; revoked_at?: string | undefined; previous_secret_until?: string | undefined; user?: string | undefined; team?: string | undefined; models?: (string)[] | undefined; clearances?: (string)[] | undefined; allowed_addresses?: (string)[] | undefined; data_region?: string | undefined; max_usd_per_request?: string | undefined; limits?: { rpm?: number | undefined; tpm?: number | undefined; concurrency?: number | undefined; max_wait_ms?: number | undefined } | undefined; budgets?: ({ usd: string; period: "hour" | "day" | "week" | "month" | "quarter" | "year" | "total"; window: "calendar" | "rolling"; cap: "hard" | "soft"; alert_at: (number)[]; fallback?: string | undefined })[] | undefined; tags?: (string)[] | undefined; cache_write?: boolean | undefined; metadata?: { [name: string]: unknown } | undefined }
}
  'DELETE /ledger/instances/{name}': {
query: undefined
body: undefined
response: { name: string; budgets: ({ budget: string; counted_usd: string; freed_usd: string })[] }
}
  'DELETE /routes/{route}/hold': {
query: undefined
body: undefined
response: { live: number; changed_at: string; canary?: { revision: number; shares: (number)[]; step_ms: number; started_at: string } | undefined; hold?: { actor: string; reason: string; until?: string | undefined } | undefined; name: string; revision_count: number; last: number; protected: boolean; differs_from_file: boolean }
}
  'DELETE /secrets/{name}': {
query: undefined
body: undefined
response: undefined
}
  'DELETE /teams/{id}': {
query: undefined
body: undefined
response: { id: string; name: string; created_at: string; markup_percent: number; credit_usd?: string | undefined; budgets?: ({ usd: string; period: "hour" | "day" | "week" | "month" | "quarter" | "year" | "total"; window: "calendar" | "rolling"; cap: "hard" | "soft"; alert_at: (number)[]; fallback?: string | undefined })[] | undefined; metadata: { [name: string]: unknown } }
}
  'DELETE /users/{id}': {
query: undefined
body: undefined
response: { id: string; name: string; created_at: string; email?: string | undefined; team?: string | undefined; budgets?: ({ usd: string; period: "hour" | "day" | "week" | "month" | "quarter" | "year" | "total"; window: "calendar" | "rolling"; cap: "hard" | "soft"; alert_at: (number)[]; fallback?: string | undefined })[] | undefined; roles?: ({ role: "owner" | "admin" | "member" | "viewer" | "auditor"; team?: string | undefined })[] | undefined; signs_in_by?: "password" | "oidc" | "nothing-yet" | undefined; metadata: { [name: string]: unknown } }
}
  'DELETE /users/{id}/account': {
query: undefined
body: undefined
response: { id: string; name: string; created_at: string; email?: string | undefined; team?: string | undefined; budgets?: ({ usd: string; period: "hour" | "day" | "week" | "month" | "quarter" | "year" | "total"; window: "calendar" | "rolling"; cap: "hard" | "soft"; alert_at: (number)[]; fallback?: string | undefined })[] | undefined; roles?: ({ role: "owner" | "admin" | "member" | "viewer" | "auditor"; team?: string | undefined })[] | undefined; signs_in_by?: "password" | "oidc" | "nothing-yet" | undefined; metadata: { [name: string]: unknown }; ceiling?: { models?: (string)[] | undefined; clearances?: (string)[] | undefined; allowed_addresses?: (string)[] | undefined; data_region?: string | undefined; max_usd_per_request?: string | undefined; limits?: { rpm?: number | undefined; tpm?: number | undefined; concurrency?: number | undefined; max_wait_ms?: number | undefined } | undefined; budgets?: ({ usd: string; period: "hour" | "day" | "week" | "month" | "quarter" | "year" | "total"; window: "calendar" | "rolling"; cap: "hard" | "soft"; alert_at: (number)[]; fallback?: string | undefined })[] | undefined; tags?: (string)[] | undefined; cache_write?: boolean | undefined } | undefined }
}
  'GET /alert-channels': {
query: undefined
body: undefined
response: { data: ({ name: string; kinds?: ("budget" | "spend-anomaly" | "provider-failures" | "credential-parked" | "credential-age" | "key-age" | "model-retirement" | "price-change" | "drift" | "experiment" | "ledger" | "disk")[] | undefined })[] }
}
  'GET /alert-rules': {
query: undefined
body: undefined
response: { data: ({ kind: "budget" | "spend-anomaly" | "provider-failures" | "credential-parked" | "credential-age" | "key-age" | "model-retirement" | "price-change" | "drift" | "experiment" | "ledger" | "disk"; watches: string; limit?: string | undefined; setting?: string | undefined; channels: (string)[] })[] }
}
  'GET /alerts': {
query: { status?: "open" | "resolved" | undefined; kind?: "budget" | "spend-anomaly" | "provider-failures" | "credential-parked" | "credential-age" | "key-age" | "model-retirement" | "price-change" | "drift" | "experiment" | "ledger" | "disk" | undefined; team?: string | undefined; limit?: number | undefined; cursor?: string | undefined }
body: undefined
response: { data: ({ id: string; kind: "budget" | "spend-anomaly" | "provider-failures" | "credential-parked" | "credential-age" | "key-age" | "model-retirement" | "price-change" | "drift" | "experiment" | "ledger" | "disk"; subject: string; severity: "info" | "warning" | "critical"; status: "open" | "resolved"; summary: string; detail: { [name: string]: unknown }; count: number; first_at: string; last_at: string; acknowledged_at?: string | undefined; silenced_until?: string | undefined; resolved_at?: string | undefined })[]; next_cursor?: string | undefined }
}
  'GET /audit': {
query: { action?: string | undefined; object?: string | undefined; actor?: string | undefined; limit?: number | undefined; cursor?: string | undefined }
body: undefined
response: { data: ({ seq: number; at: string; actor: string; action: string; object: string; before?: unknown; after?: unknown; address?: string | undefined; request_id?: string | undefined; failed?: { seq: number; code: string } | undefined; previous_hash: string; hash: string; record: string })[]; next_cursor?: string | undefined }
}
  'GET /audit/head': {
query: undefined
body: undefined
response: { seq: number; hash: string }
}
  'GET /audit/verify': {
query: { head?: string | undefined }
body: undefined
response: { records: number; head: { seq: number; hash: string }; fault?: { seq: number; what: string } | undefined }
}
  'GET /batch-lanes': {
query: undefined
body: undefined
response: { data: ({ name: string; window: number; running: number })[] }
}
  'GET /batches': {
query: { status?: "validating" | "failed" | "in_progress" | "finalizing" | "completed" | "expired" | "cancelling" | "cancelled" | undefined; key?: string | undefined; limit?: number | undefined; cursor?: string | undefined }
body: undefined
response: { data: ({ id: string; status: "validating" | "failed" | "in_progress" | "finalizing" | "completed" | "expired" | "cancelling" | "cancelled"; paused: boolean; native: boolean; stop?: string | undefined; api: string; endpoint: string; key_id: string; key_name: string; total: number; completed: number; failed: number; input_tokens: number; output_tokens: number; cost_usd: string; max_usd?: string | undefined; metadata: { [name: string]: string }; faults: ({ code: string; line?: number | undefined; message: string; param?: string | undefined })[]; input_file_id: string; output_file_id?: string | undefined; error_file_id?: string | undefined; created_at: string; expires_at: string; started_at?: string | undefined; ended_at?: string | undefined })[]; next_cursor?: string | undefined }
}
  'GET /batches/{id}': {
query: undefined
body: undefined
response: { id: string; status: "validating" | "failed" | "in_progress" | "finalizing" | "completed" | "expired" | "cancelling" | "cancelled"; paused: boolean; native: boolean; stop?: string | undefined; api: string; endpoint: string; key_id: string; key_name: string; total: number; completed: number; failed: number; input_tokens: number; output_tokens: number; cost_usd: string; max_usd?: string | undefined; metadata: { [name: string]: string }; faults: ({ code: string; line?: number | undefined; message: string; param?: string | undefined })[]; input_file_id: string; output_file_id?: string | undefined; error_file_id?: string | undefined; created_at: string; expires_at: string; started_at?: string | undefined; ended_at?: string | undefined }
}
  'GET /batches/{id}/results': {
query: undefined
body: undefined
response: undefined
}
  'GET /budgets': {
query: { scope?: "organisation" | "team" | "key" | "user" | "session" | "tag" | "model" | "provider" | "route" | undefined; limit?: number | undefined; cursor?: string | undefined }
body: undefined
response: { data: ({ id: string; origin: "declared" | "stored" | "own" | "credit"; scope: "organisation" | "team" | "key" | "user" | "session" | "tag" | "model" | "provider" | "route"; subject?: string | undefined; usd: string; period: "hour" | "day" | "week" | "month" | "quarter" | "year" | "total"; window: "calendar" | "rolling"; cap: "hard" | "soft"; alert_at: (number)[]; fallback?: string | undefined; period_ends_at?: string | undefined; states: ({ subject: string; spent_usd: string; reserved_usd: string; remaining_usd: string })[] })[]; next_cursor?: string | undefined }
}
  'GET /cache': {
query: undefined
body: undefined
response: { entries?: number | undefined; bytes?: number | undefined; semantic: ({ destination: string; threshold: number; raised: number; compared: number; false_hits: number; false_hit_rate?: number | undefined; false_hit_interval: (unknown)[]; curve: ({ threshold: number; compared: number; false_hits: number; interval: (unknown)[] })[] })[]; to_judge: number }
}
  'GET /cache/pairs': {
query: undefined
body: undefined
response: { data: ({ id: string; destination: string; at: string; similarity: number; agrees: boolean; question: string; as_before: string; answer: string; served: string })[] }
}
  'GET /drift': {
query: undefined
body: undefined
response: { data: ({ name: string; target: string; version: number; prompts: number; samples: number; rollback: "off" | "suggest" | "auto"; schedule?: string | undefined; timezone?: string | undefined; scheduled_by?: string | undefined; next_run_at?: string | undefined; baseline?: { number: number; runs: number; wanted_runs: number; created_at: string; accepted_by?: string | undefined; reason?: string | undefined; fits: boolean } | undefined; last_run?: { id: string; set: string; version: number; target: string; kind: "baseline" | "watch" | "confirm" | "missed"; baseline?: number | undefined; started_at: string; ended_at?: string | undefined; verdict?: "ok" | "drift" | "warning" | "no-data" | undefined; expected_rows: number; valid_rows: number; cost_usd: string } | undefined; alarm?: { id: string; set: string; run_id: string; state: "open" | "acknowledged" | "silenced" | "resolved"; title: string; created_at: string; changed_at: string; changed_by?: string | undefined; until?: string | undefined } | undefined })[] }
}
  'GET /drift/alarms': {
query: undefined
body: undefined
response: { data: ({ id: string; set: string; run_id: string; state: "open" | "acknowledged" | "silenced" | "resolved"; title: string; created_at: string; changed_at: string; changed_by?: string | undefined; until?: string | undefined })[] }
}
  'GET /drift/alarms/{id}': {
query: undefined
body: undefined
response: { id: string; set: string; run_id: string; state: "open" | "acknowledged" | "silenced" | "resolved"; title: string; created_at: string; changed_at: string; changed_by?: string | undefined; until?: string | undefined }
}
  'GET /drift/golden-sets/{name}': {
query: undefined
body: undefined
response: { name: string; target: string; version: number; prompts: number; samples: number; rollback: "off" | "suggest" | "auto"; schedule?: string | undefined; timezone?: string | undefined; scheduled_by?: string | undefined; next_run_at?: string | undefined; baseline?: { number: number; runs: number; wanted_runs: number; created_at: string; accepted_by?: string | undefined; reason?: string | undefined; fits: boolean } | undefined; last_run?: { id: string; set: string; version: number; target: string; kind: "baseline" | "watch" | "confirm" | "missed"; baseline?: number | undefined; started_at: string; ended_at?: string | undefined; verdict?: "ok" | "drift" | "warning" | "no-data" | undefined; expected_rows: number; valid_rows: number; cost_usd: string } | undefined; alarm?: { id: string; set: string; run_id: string; state: "open" | "acknowledged" | "silenced" | "resolved"; title: string; created_at: string; changed_at: string; changed_by?: string | undefined; until?: string | undefined } | undefined }
}
  'GET /drift/progress': {
query: undefined
body: undefined
response: { data: ({ set: string; done: number; all: number })[] }
}
  'GET /drift/runs': {
query: { set?: string | undefined; limit?: number | undefined; cursor?: string | undefined }
body: undefined
response: { data: ({ id: string; set: string; version: number; target: string; kind: "baseline" | "watch" | "confirm" | "missed"; baseline?: number | undefined; started_at: string; ended_at?: string | undefined; verdict?: "ok" | "drift" | "warning" | "no-data" | undefined; expected_rows: number; valid_rows: number; cost_usd: string; reasons: ({ code: string; note: boolean; text: string })[]; reported?: { models: (string)[]; builds: (string)[]; before: { models: (string)[]; builds: (string)[] } } | undefined; metrics: ({ metric: string; value: number; baseline: number; effect: number; lower: number; upper: number; p: number; adjusted_p: number; alarm: boolean; direction: "up" | "down"; harmful: boolean; run_effect: number })[]; measured: ({ metric: string; value: number; baseline: number; effect: number; lower: number; upper: number; p: number; adjusted_p?: number | undefined; changed: boolean })[]; omnibus?: { distance: number; p_permutation: number; p_run: number; adjusted_p: number; alarm: boolean; usual?: { distance: number; lower: number; upper: number } | undefined } | undefined; trends: ({ metric: string; z: number; up: number; down: number; alarm?: "up" | "down" | undefined })[]; baseline_runs: number; lag1: number; confirmed?: { metric: string; direction: "up" | "down" } | undefined })[]; next_cursor?: string | undefined }
}
  'GET /drift/runs/{id}': {
query: undefined
body: undefined
response: { id: string; set: string; version: number; target: string; kind: "baseline" | "watch" | "confirm" | "missed"; baseline?: number | undefined; started_at: string; ended_at?: string | undefined; verdict?: "ok" | "drift" | "warning" | "no-data" | undefined; expected_rows: number; valid_rows: number; cost_usd: string; reasons: ({ code: string; note: boolean; text: string })[]; reported?: { models: (string)[]; builds: (string)[]; before: { models: (string)[]; builds: (string)[] } } | undefined; metrics: ({ metric: string; value: number; baseline: number; effect: number; lower: number; upper: number; p: number; adjusted_p: number; alarm: boolean; direction: "up" | "down"; harmful: boolean; run_effect: number })[]; measured: ({ metric: string; value: number; baseline: number; effect: number; lower: number; upper: number; p: number; adjusted_p?: number | undefined; changed: boolean })[]; omnibus?: { distance: number; p_permutation: number; p_run: number; adjusted_p: number; alarm: boolean; usual?: { distance: number; lower: number; upper: number } | undefined } | undefined; trends: ({ metric: string; z: number; up: number; down: number; alarm?: "up" | "down" | undefined })[]; baseline_runs: number; lag1: number; confirmed?: { metric: string; direction: "up" | "down" } | undefined; evidence: ({ metric: string; baseline: (number)[]; value: number; prompts: ({ prompt: string; question: string; before: number; after: number; answer_before: string; answer_after: string })[] })[]; baseline_means: { [name: string]: (number | null)[] } }
}
  'GET /drift/runs/{id}/report': {
query: undefined
body: undefined
response: { html: string }
}
  'GET /eval-suites': {
query: undefined
body: undefined
response: { data: ({ entry: string; name: string; last_run_at?: string | undefined })[] }
}
  'GET /evals': {
query: { limit?: number | undefined; cursor?: string | undefined }
body: undefined
response: { data: ({ id: string; name: string; suite_hash: string; status: "running" | "finished" | "stopped" | "failed" | "interrupted"; created_at: string; ended_at?: string | undefined; verdict?: "pass" | "fail" | "inconclusive" | undefined; reason?: string | undefined; arms?: ({ label: string; baseline: boolean })[] | undefined; cases?: number | undefined; cost_usd?: string | undefined; difference?: { estimate: number; lower?: number | undefined; upper?: number | undefined; bound?: number | undefined } | undefined; progress?: { done: number; total: number; errors: number; cost_usd: string } | undefined })[]; next_cursor?: string | undefined }
}
  'GET /evals/verdicts/{target}': {
query: undefined
body: undefined
response: { target: string; run_id: string; verdict: "pass" | "fail" | "inconclusive"; hash: string; at: string }
}
  'GET /evals/{id}': {
query: undefined
body: undefined
response: { id: string; name: string; suite_hash: string; status: "running" | "finished" | "stopped" | "failed" | "interrupted"; created_at: string; ended_at?: string | undefined; verdict?: "pass" | "fail" | "inconclusive" | undefined; reason?: string | undefined; arms?: ({ label: string; baseline: boolean })[] | undefined; cases?: number | undefined; cost_usd?: string | undefined; difference?: { estimate: number; lower?: number | undefined; upper?: number | undefined; bound?: number | undefined } | undefined; progress?: { done: number; total: number; errors: number; cost_usd: string } | undefined; report?: { [name: string]: unknown } | undefined }
}
  'GET /evals/{id}/cases': {
query: undefined
body: undefined
response: { arms: (string)[]; data: ({ id: string; tags: (string)[]; critical: boolean; outcomes: (string)[] })[] }
}
  'GET /evals/{id}/cases/{case}': {
query: undefined
body: undefined
response: { asked?: string | undefined; data: ({ [name: string]: unknown })[] }
}
  'GET /evals/{id}/rows': {
query: { limit?: number | undefined; cursor?: string | undefined }
body: undefined
response: { data: ({ [name: string]: unknown })[]; next_cursor?: string | undefined }
}
  'GET /events': {
query: undefined
body: undefined
response: string
}
  'GET /experiments': {
query: undefined
body: undefined
response: { data: ({ route: string; name: string; state: "running" | "ended"; started_at: string; ended_at?: string | undefined; reason?: string | undefined; winner?: string | undefined; revision?: string | undefined; in_force: boolean; metric: "feedback" | "judge" | "errors" | "contract_failures" | "cost" | "latency" | "first_token"; alpha: number; min_units: number; fault?: string | undefined; arms: ({ name: string; share: number; units: number; outcomes: number; differences: ({ metric: "feedback" | "judge" | "errors" | "contract_failures" | "cost" | "latency" | "first_token"; role: "decides" | "guards" | "shown"; control: number | string; arm: number | string; difference: number | string; lower: number | string; upper: number | string; units: number; verdict: "better" | "worse" | "open"; limit?: number | string | undefined; guardrail_crossed: boolean })[] })[]; sample_ratio: ({ of: "units" | "outcomes"; p: number; bayes_factor: number; mismatch: boolean })[] })[] }
}
  'GET /experiments/{route}': {
query: undefined
body: undefined
response: { route: string; name: string; state: "running" | "ended"; started_at: string; ended_at?: string | undefined; reason?: string | undefined; winner?: string | undefined; revision?: string | undefined; in_force: boolean; metric: "feedback" | "judge" | "errors" | "contract_failures" | "cost" | "latency" | "first_token"; alpha: number; min_units: number; fault?: string | undefined; arms: ({ name: string; share: number; units: number; outcomes: number; differences: ({ metric: "feedback" | "judge" | "errors" | "contract_failures" | "cost" | "latency" | "first_token"; role: "decides" | "guards" | "shown"; control: number | string; arm: number | string; difference: number | string; lower: number | string; upper: number | string; units: number; verdict: "better" | "worse" | "open"; limit?: number | string | undefined; guardrail_crossed: boolean })[] })[]; sample_ratio: ({ of: "units" | "outcomes"; p: number; bayes_factor: number; mismatch: boolean })[]; looks: ({ at: string; units: number; differences: ({ arm: string; metric: "feedback" | "judge" | "errors" | "contract_failures" | "cost" | "latency" | "first_token"; difference: number | string; lower: number | string; upper: number | string })[] })[] }
}
  'GET /feedback': {
query: { route?: string | undefined; request_id?: string | undefined; limit?: number | undefined; cursor?: string | undefined }
body: undefined
response: { data: ({ request_id: string; key_id: string; created_at: string; state: "matched" | "waiting"; score?: number | undefined; label?: string | undefined; comment?: string | undefined; route?: string | undefined; revision?: string | undefined; provider?: string | undefined; model?: string | undefined; experiment?: { name: string; arm: string; unit: string } | undefined })[]; next_cursor?: string | undefined }
}
  'GET /guardrails': {
query: { days?: number | undefined }
body: undefined
response: { since: string; data: ({ name: string; action: "block" | "redact" | "flag" | "allow"; on: ("input" | "output")[]; looks: string; routes: (string)[]; decided: ({ stage: "input" | "output"; action: "block" | "redact" | "flag" | "allow"; requests: number })[] })[] }
}
  'GET /guardrails/decisions': {
query: { rule?: string | undefined; action?: "block" | "redact" | "flag" | "allow" | undefined; limit?: number | undefined; cursor?: string | undefined }
body: undefined
response: { data: ({ request_id: string; at: string; route?: string | undefined; rule: string; stage: "input" | "output"; action: "block" | "redact" | "flag" | "allow"; found: { [name: string]: number } })[]; next_cursor?: string | undefined }
}
  'GET /keys': {
query: { limit?: number | undefined; cursor?: string | undefined; user?: string | undefined; team?: string | undefined; status?: "active" | "expired" | "revoked" | undefined }
body: undefined
response: { data: ({ id: string; name: string; source: "store" | "configuration"; status: "active" | "expired" | "revoked"; created_at?: string | undefined; expires_at?: string | undefined; revoked_at?: string | undefined; previous_secret_until?: string | undefined; user?: string | undefined; team?: string | undefined; models?: (string)[] | undefined; clearances?: (string)[] | undefined; allowed_addresses?: (string)[] | undefined; data_region?: string | undefined; max_usd_per_request?: string | undefined; limits?: { rpm?: number | undefined; tpm?: number | undefined; concurrency?: number | undefined; max_wait_ms?: number | undefined } | undefined; budgets?: ({ usd: string; period: "hour" | "day" | "week" | "month" | "quarter" | "year" | "total"; window: "calendar" | "rolling"; cap: "hard" | "soft"; alert_at: (number)[]; fallback?: string | undefined })[] | undefined; tags?: (string)[] | undefined; cache_write?: boolean | undefined; metadata?: { [name: string]: unknown } | undefined })[]; next_cursor?: string | undefined }
}
  'GET /keys/{id}': {
query: undefined
body: undefined
response: { id: string; name: string; source: "store" | "configuration"; status: "active" | "expired" | "revoked"; created_at?: string | undefined; expires_at?: string | undefined; revoked_at?: string | undefined; previous_secret_until?: string | undefined; user?: string | undefined; team?: string | undefined; models?: (string)[] | undefined; clearances?: (string)[] | undefined; allowed_addresses?: (string)[] | undefined; data_region?: string | undefined; max_usd_per_request?: string | undefined; limits?: { rpm?: number | undefined; tpm?: number | undefined; concurrency?: number | undefined; max_wait_ms?: number | undefined } | undefined; budgets?: ({ usd: string; period: "hour" | "day" | "week" | "month" | "quarter" | "year" | "total"; window: "calendar" | "rolling"; cap: "hard" | "soft"; alert_at: (number)[]; fallback?: string | undefined })[] | undefined; tags?: (string)[] | undefined; cache_write?: boolean | undefined; metadata?: { [name: string]: unknown } | undefined }
}
  'GET /ledger': {
query: { from?: string | undefined; to?: string | undefined; request?: string | undefined; provider?: string | undefined; model?: string | undefined; route?: string | undefined; key?: string | undefined; team?: string | undefined; user?: string | undefined; session?: string | undefined; tag?: string | undefined; kind?: "settle" | "void" | "adjust" | "cached" | undefined; source?: "provider" | "partial" | "drained" | "tokenizer" | "watermark" | "bound" | "none" | undefined; limit?: number | undefined; cursor?: string | undefined }
body: undefined
response: { data: ({ seq: number; kind: "settle" | "void" | "adjust" | "cached"; request_id: string; attempt: number; started_at: string; settled_at: string; operation: string; dialect: string; stream: boolean; route?: string | undefined; provider: string; model: string; reported_model?: string | undefined; credential: string; key_id: string; key_name: string; team?: string | undefined; user?: string | undefined; session?: string | undefined; tags: (string)[]; input_tokens: number; output_tokens: number; cache_read_tokens?: number | undefined; cache_write_tokens?: number | undefined; cache_write_1h_tokens?: number | undefined; reasoning_tokens?: number | undefined; usage_source: "provider" | "partial" | "drained" | "tokenizer" | "watermark" | "bound" | "none"; flags: (string)[]; reserved_usd: string; provider_cost_usd: string; charged_usd: string; saved_usd?: string | undefined; price_version: string; tier?: string | undefined; status?: number | undefined; code?: string | undefined; provider_request_id?: string | undefined })[]; next_cursor?: string | undefined }
}
  'GET /ledger/export': {
query: { from?: string | undefined; to?: string | undefined; request?: string | undefined; provider?: string | undefined; model?: string | undefined; route?: string | undefined; key?: string | undefined; team?: string | undefined; user?: string | undefined; session?: string | undefined; tag?: string | undefined; kind?: "settle" | "void" | "adjust" | "cached" | undefined; source?: "provider" | "partial" | "drained" | "tokenizer" | "watermark" | "bound" | "none" | undefined; format?: "csv" | "jsonl" | "focus" | undefined }
body: undefined
response: undefined
}
  'GET /ledger/instances': {
query: undefined
body: undefined
response: { data: ({ name: string; is_self: boolean; is_alive: boolean; seen_at: string; shipped_lines?: number | undefined; shipped_at?: string | undefined })[] }
}
  'GET /ledger/verify': {
query: undefined
body: undefined
response: { line: string; settled: number; voided: number; adjusted: number; cached: number; estimated: number; unpriced: number; recovered: number; open: number; repriced: number; charged_usd: string; provider_cost_usd: string; differences: (string)[]; shared?: { lines: number; compared: number; waiting: number; charged_usd: string; provider_cost_usd: string } | undefined }
}
  'GET /me': {
query: undefined
body: undefined
response: { org: string; actor: string; roles: ({ role: "owner" | "admin" | "member" | "viewer" | "auditor"; team?: string | undefined })[]; may: ("self" | "traffic:read" | "requests:read" | "usage:read" | "access:read" | "keys:write" | "users:write" | "teams:write" | "operations:write" | "payloads:read" | "payloads:delete" | "audit:read" | "settings:read" | "secrets:read" | "secrets:write" | "instance:write")[]; user?: { id: string; name: string; created_at: string; email?: string | undefined; team?: string | undefined; budgets?: ({ usd: string; period: "hour" | "day" | "week" | "month" | "quarter" | "year" | "total"; window: "calendar" | "rolling"; cap: "hard" | "soft"; alert_at: (number)[]; fallback?: string | undefined })[] | undefined; roles?: ({ role: "owner" | "admin" | "member" | "viewer" | "auditor"; team?: string | undefined })[] | undefined; signs_in_by?: "password" | "oidc" | "nothing-yet" | undefined; metadata: { [name: string]: unknown } } | undefined }
}
  'GET /models': {
query: undefined
body: undefined
response: { data: ({ id: string; provider: string; model: string; context_window?: number | undefined; max_output_tokens?: number | undefined; input_modalities?: (string)[] | undefined; output_modalities?: (string)[] | undefined; capabilities?: { [name: string]: boolean } | undefined; pricing?: { input?: string | undefined; output?: string | undefined; cache_read?: string | undefined } | undefined; price_date?: string | undefined; priced_as?: string | undefined; retires_at?: string | undefined; successor?: string | undefined })[] }
}
  'GET /models/notices': {
query: { days?: number | undefined }
body: undefined
response: { data: ({ id: string; kind: "price-changed" | "price-will-change" | "retires" | "retired"; model: string; at: string; in_use: boolean; successor?: string | undefined; before?: { [name: string]: unknown } | undefined; after?: { [name: string]: unknown } | undefined; message: string })[] }
}
  'GET /payloads': {
query: { id?: string | undefined; from?: string | undefined; to?: string | undefined; route?: string | undefined; model?: string | undefined; key?: string | undefined; user?: string | undefined; session?: string | undefined; tag?: string | undefined; limit?: number | undefined; cursor?: string | undefined }
body: undefined
response: { data: ({ id: string; created_at: string; dialect: string; requested_model: string; route?: string | undefined; provider?: string | undefined; model?: string | undefined; key_id: string; key_name: string; user?: string | undefined; session?: string | undefined; tags: (string)[]; status: number; request?: { [name: string]: unknown } | undefined; answer?: { [name: string]: unknown } | undefined; answer_text?: string | undefined })[]; next_cursor?: string | undefined }
}
  'GET /providers': {
query: undefined
body: undefined
response: { data: ({ name: string; title: string; address: string; disabled?: { at: string; by: string } | undefined; only_target_of: (string)[]; credentials: ({ alias: string; weight: number })[]; targets: ({ model: string; credential: string; breaker: "closed" | "open" | "half-open"; breaker_changes: ({ at: string; to: "open" | "closed" })[]; rate_limits: number; withheld?: "open" | "cooling" | "parked" | undefined; withheld_for_ms?: number | undefined; first_token_ms?: number | undefined; tokens_per_second?: number | undefined })[] })[] }
}
  'GET /reconciliations': {
query: { limit?: number | undefined }
body: undefined
response: { data: ({ id: string; at: string; provider: string; actor: string; agree: number; differ: number; first_day?: string | undefined; last_day?: string | undefined; bill_usd?: string | undefined; ledger_usd?: string | undefined; difference_usd?: string | undefined; cause?: string | undefined; adjusted?: { request_id: string; lines: number; cost_usd: string } | undefined })[] }
}
  'GET /reconciliations/{id}': {
query: undefined
body: undefined
response: { id: string; at: string; provider: string; actor: string; agree: number; differ: number; first_day?: string | undefined; last_day?: string | undefined; bill_usd?: string | undefined; ledger_usd?: string | undefined; difference_usd?: string | undefined; cause?: string | undefined; adjusted?: { request_id: string; lines: number; cost_usd: string } | undefined; data: ({ day: string; model?: string | undefined; provider: { requests?: number | undefined; input_tokens?: number | undefined; cache_read_tokens?: number | undefined; output_tokens?: number | undefined; cost_usd?: string | undefined }; ledger: { requests?: number | undefined; input_tokens?: number | undefined; cache_read_tokens?: number | undefined; output_tokens?: number | undefined; cost_usd?: string | undefined }; differing: (string)[]; causes: (string)[] })[] }
}
  'GET /requests': {
query: { from?: string | undefined; to?: string | undefined; route?: string | undefined; model?: string | undefined; provider?: string | undefined; key?: string | undefined; team?: string | undefined; user?: string | undefined; session?: string | undefined; status?: string | undefined; code?: string | undefined; tag?: string | undefined; dialect?: string | undefined; cache?: string | undefined; contract?: string | undefined; cost_gt?: string | undefined; ms_gt?: number | undefined; q?: string | undefined; sort?: "-time" | "time" | "-cost" | "cost" | "-duration" | "duration" | undefined; limit?: number | undefined; cursor?: string | undefined }
body: undefined
response: { data: ({ id: string; created_at: string; dialect: string; operation: string; requested_model: string; route?: string | undefined; revision?: string | undefined; provider?: string | undefined; model?: string | undefined; key_id: string; key_name: string; team?: string | undefined; user?: string | undefined; user_claimed?: true | undefined; session?: string | undefined; tags: (string)[]; stream: boolean; status: number; code?: string | undefined; message?: string | undefined; duration_ms: number; first_token_ms?: number | undefined; overhead_ms?: number | undefined; usage?: { input_tokens: number; output_tokens: number; cache_read_tokens?: number | undefined; cache_write_tokens?: number | undefined; cache_write_1h_tokens?: number | undefined; reasoning_tokens?: number | undefined; input_audio_tokens?: number | undefined; output_audio_tokens?: number | undefined; input_image_tokens?: number | undefined; output_image_tokens?: number | undefined; input_video_tokens?: number | undefined; tool_use_input_tokens?: number | undefined; web_searches?: number | undefined; service_tier?: string | undefined; native?: { [name: string]: unknown } | undefined } | undefined; cost_usd?: string | undefined; dropped: (string)[]; finish?: string | undefined; contract?: string | undefined; replay_of?: string | undefined; cache?: { outcome: "hit" | "semantic-hit" | "shared" | "miss" | "off"; saved_usd?: string | undefined; similarity?: number | undefined } | undefined; experiment?: { name: string; arm: string; unit: string } | undefined; guardrails?: ({ rule: string; stage: "input" | "output"; action: "block" | "redact" | "flag" | "allow"; found: { [name: string]: number } })[] | undefined; client_gone: boolean; client_address?: string | undefined; attempt_count: number })[]; next_cursor?: string | undefined }
}
  'GET /requests/export': {
query: { from?: string | undefined; to?: string | undefined; route?: string | undefined; model?: string | undefined; provider?: string | undefined; key?: string | undefined; team?: string | undefined; user?: string | undefined; session?: string | undefined; status?: string | undefined; code?: string | undefined; tag?: string | undefined; dialect?: string | undefined; cache?: string | undefined; contract?: string | undefined; cost_gt?: string | undefined; ms_gt?: number | undefined; q?: string | undefined; format?: "csv" | "jsonl" | undefined }
body: undefined
response: undefined
}
  'GET /requests/figures': {
query: { range?: "15m" | "1h" | "24h" | "7d" | "30d" | "mtd" | undefined; cmp?: "prev" | "off" | undefined; from?: string | undefined; to?: string | undefined; route?: string | undefined; model?: string | undefined; provider?: string | undefined; key?: string | undefined; team?: string | undefined; user?: string | undefined; session?: string | undefined; status?: string | undefined; code?: string | undefined; tag?: string | undefined; dialect?: string | undefined; cache?: string | undefined; contract?: string | undefined; cost_gt?: string | undefined; ms_gt?: number | undefined; q?: string | undefined }
body: undefined
response: { from: string; step_ms: number; row_starts_ms: (number)[]; steps: ({ requests: number; errors: number; duration_ms?: { p50: number; p95: number; p99: number } | undefined; first_token_ms?: { p50: number; p95: number; p99: number } | undefined; cache_hits: number; cache_misses: number; cache_saved_usd: string; duration_rows: (number)[] })[]; now: { requests: number; errors: number; duration_ms?: { p50: number; p95: number; p99: number } | undefined; first_token_ms?: { p50: number; p95: number; p99: number } | undefined; cache_hits: number; cache_misses: number; cache_saved_usd: string }; before?: { requests: number; errors: number; duration_ms?: { p50: number; p95: number; p99: number } | undefined; first_token_ms?: { p50: number; p95: number; p99: number } | undefined; cache_hits: number; cache_misses: number; cache_saved_usd: string } | undefined; before_steps?: ({ requests: number; errors: number; duration_ms?: { p50: number; p95: number; p99: number } | undefined; first_token_ms?: { p50: number; p95: number; p99: number } | undefined; cache_hits: number; cache_misses: number; cache_saved_usd: string })[] | undefined }
}
  'GET /requests/summary': {
query: { from?: string | undefined; to?: string | undefined; route?: string | undefined; model?: string | undefined; provider?: string | undefined; key?: string | undefined; team?: string | undefined; user?: string | undefined; session?: string | undefined; status?: string | undefined; code?: string | undefined; tag?: string | undefined; dialect?: string | undefined; cache?: string | undefined; contract?: string | undefined; cost_gt?: string | undefined; ms_gt?: number | undefined; q?: string | undefined; by?: "provider" | "target" | undefined; step_ms?: number | undefined }
body: undefined
response: { steps: ({ requests: number; errors: number })[]; requests: number; errors: number; cost_usd: string; costs_unknown: number; duration_ms?: { p50: number; p95: number; p99: number } | undefined; at: string; from: string; step_ms: number; groups?: ({ steps: ({ requests: number; errors: number })[]; requests: number; errors: number; cost_usd: string; costs_unknown: number; duration_ms?: { p50: number; p95: number; p99: number } | undefined; provider: string; model?: string | undefined })[] | undefined }
}
  'GET /requests/{id}': {
query: undefined
body: undefined
response: { id: string; created_at: string; dialect: string; operation: string; requested_model: string; route?: string | undefined; revision?: string | undefined; provider?: string | undefined; model?: string | undefined; key_id: string; key_name: string; team?: string | undefined; user?: string | undefined; user_claimed?: true | undefined; session?: string | undefined; tags: (string)[]; stream: boolean; status: number; code?: string | undefined; message?: string | undefined; duration_ms: number; first_token_ms?: number | undefined; overhead_ms?: number | undefined; usage?: { input_tokens: number; output_tokens: number; cache_read_tokens?: number | undefined; cache_write_tokens?: number | undefined; cache_write_1h_tokens?: number | undefined; reasoning_tokens?: number | undefined; input_audio_tokens?: number | undefined; output_audio_tokens?: number | undefined; input_image_tokens?: number | undefined; output_image_tokens?: number | undefined; input_video_tokens?: number | undefined; tool_use_input_tokens?: number | undefined; web_searches?: number | undefined; service_tier?: string | undefined; native?: { [name: string]: unknown } | undefined } | undefined; cost_usd?: string | undefined; dropped: (string)[]; finish?: string | undefined; contract?: string | undefined; replay_of?: string | undefined; cache?: { outcome: "hit" | "semantic-hit" | "shared" | "miss" | "off"; saved_usd?: string | undefined; similarity?: number | undefined } | undefined; experiment?: { name: string; arm: string; unit: string } | undefined; guardrails?: ({ rule: string; stage: "input" | "output"; action: "block" | "redact" | "flag" | "allow"; found: { [name: string]: number } })[] | undefined; client_gone: boolean; client_address?: string | undefined; attempt_count: number; decision?: { strategy: string; reason: string; candidates: ({ target: string; score?: number | undefined; skipped_because?: string | undefined })[] } | undefined; attempts: ({ n: number; provider: string; model: string; credential?: string | undefined; started_ms: number; headers_ms?: number | undefined; first_token_ms?: number | undefined; ended_ms: number; status?: number | undefined; code?: string | undefined; message?: string | undefined; usage?: { input_tokens: number; output_tokens: number; cache_read_tokens?: number | undefined; cache_write_tokens?: number | undefined; cache_write_1h_tokens?: number | undefined; reasoning_tokens?: number | undefined; input_audio_tokens?: number | undefined; output_audio_tokens?: number | undefined; input_image_tokens?: number | undefined; output_image_tokens?: number | undefined; input_video_tokens?: number | undefined; tool_use_input_tokens?: number | undefined; web_searches?: number | undefined; service_tier?: string | undefined; native?: { [name: string]: unknown } | undefined } | undefined; upstream_request_id?: string | undefined; dropped: (string)[]; contract?: string | undefined; empty?: true | undefined; continues?: true | undefined; skipped_because?: string | undefined })[] }
}
  'GET /requests/{id}/neighbours': {
query: { from?: string | undefined; to?: string | undefined; route?: string | undefined; model?: string | undefined; provider?: string | undefined; key?: string | undefined; team?: string | undefined; user?: string | undefined; session?: string | undefined; status?: string | undefined; code?: string | undefined; tag?: string | undefined; dialect?: string | undefined; cache?: string | undefined; contract?: string | undefined; cost_gt?: string | undefined; ms_gt?: number | undefined; q?: string | undefined }
body: undefined
response: { newer?: string | undefined; older?: string | undefined }
}
  'GET /requests/{id}/payload': {
query: undefined
body: undefined
response: { id: string; created_at: string; dialect: string; requested_model: string; route?: string | undefined; provider?: string | undefined; model?: string | undefined; key_id: string; key_name: string; user?: string | undefined; session?: string | undefined; tags: (string)[]; status: number; request?: { [name: string]: unknown } | undefined; answer?: { [name: string]: unknown } | undefined; answer_text?: string | undefined }
}
  'GET /routes': {
query: undefined
body: undefined
response: { data: ({ live: number; changed_at: string; canary?: { revision: number; shares: (number)[]; step_ms: number; started_at: string } | undefined; hold?: { actor: string; reason: string; until?: string | undefined } | undefined; name: string; revision_count: number; last: number; protected: boolean; differs_from_file: boolean })[] }
}
  'GET /routes/{route}': {
query: undefined
body: undefined
response: { live: number; changed_at: string; canary?: { revision: number; shares: (number)[]; step_ms: number; started_at: string } | undefined; hold?: { actor: string; reason: string; until?: string | undefined } | undefined; name: string; revision_count: number; last: number; protected: boolean; differs_from_file: boolean; revisions: ({ number: number; source: "file" | "api"; created_at: string; created_by: string; settings: unknown; gate?: { verdict: "pass" | "fail" | "inconclusive"; run_id: string; hash: string; at: string } | undefined })[]; moves: ({ at: string; kind: string; from?: number | undefined; to: number; actor: string; reason?: string | undefined; gate_hash?: string | undefined })[]; file_differences: ({ path: string; from?: unknown; to?: unknown })[] }
}
  'GET /routes/{route}/check': {
query: { settings: string }
body: undefined
response: { faults: ({ path: string; message: string; mend: string })[] }
}
  'GET /secrets': {
query: undefined
body: undefined
response: { data: ({ name: string; version: number; key_version: number; updated_at: string })[] }
}
  'GET /sessions': {
query: { from?: string | undefined; to?: string | undefined; session?: string | undefined; key?: string | undefined; model?: string | undefined; route?: string | undefined; team?: string | undefined; limit?: number | undefined; cursor?: string | undefined }
body: undefined
response: { data: ({ id: string; user?: string | undefined; user_name?: string | undefined; turns: number; last_prompt_tokens?: number | undefined; growth_tokens?: number | undefined; cache_share?: number | undefined; charged_usd: string; last_at?: string | undefined })[]; next_cursor?: string | undefined }
}
  'GET /sessions/{id}': {
query: undefined
body: undefined
response: { id: string; user?: string | undefined; key_id: string; key_name: string; charged_usd: string; turns: ({ request_id: string; attempt: number; kind: string; at: string; provider: string; model: string; input_tokens: number; output_tokens: number; cache_read_tokens?: number | undefined; charged_usd: string; code?: string | undefined; input_estimate?: { system: number; history: number; tools: number; retrieved: number; new_turn: number } | undefined })[] }
}
  'GET /settings': {
query: undefined
body: undefined
response: { version: string; file?: string | undefined; settings: { [name: string]: unknown }; written: (string)[] }
}
  'GET /shadow': {
query: undefined
body: undefined
response: { data: ({ route: string; data: ({ target: string; comparisons: number; primary: { failed: number; mean_ms?: number | undefined; mean_cost_usd?: string | undefined; mean_output_tokens?: number | undefined }; shadow: { failed: number; mean_ms?: number | undefined; mean_cost_usd?: string | undefined; mean_output_tokens?: number | undefined }; likeness?: number | undefined; preference?: { mean: number; lower: number; upper: number; judged: number } | undefined; swayed: number; spent_usd: string })[] })[] }
}
  'GET /shadow/{route}': {
query: undefined
body: undefined
response: { route: string; data: ({ target: string; comparisons: number; primary: { failed: number; mean_ms?: number | undefined; mean_cost_usd?: string | undefined; mean_output_tokens?: number | undefined }; shadow: { failed: number; mean_ms?: number | undefined; mean_cost_usd?: string | undefined; mean_output_tokens?: number | undefined }; likeness?: number | undefined; preference?: { mean: number; lower: number; upper: number; judged: number } | undefined; swayed: number; spent_usd: string })[] }
}
  'GET /shadow/{route}/comparisons': {
query: { target?: string | undefined; limit?: number | undefined; cursor?: string | undefined }
body: undefined
response: { data: ({ id: string; request_id: string; target: string; created_at: string; primary: { status: "answered" | "failed"; code?: string | undefined; duration_ms: number; first_token_ms?: number | undefined; cost_usd?: string | undefined; output_tokens?: number | undefined; length: number }; shadow: { status: "answered" | "failed"; code?: string | undefined; duration_ms: number; first_token_ms?: number | undefined; cost_usd?: string | undefined; output_tokens?: number | undefined; length: number }; likeness?: number | undefined; preference?: number | undefined; swayed?: boolean | undefined; spent_usd: string })[]; next_cursor?: string | undefined }
}
  'GET /teams': {
query: { limit?: number | undefined; cursor?: string | undefined }
body: undefined
response: { data: ({ id: string; name: string; created_at: string; markup_percent: number; credit_usd?: string | undefined; budgets?: ({ usd: string; period: "hour" | "day" | "week" | "month" | "quarter" | "year" | "total"; window: "calendar" | "rolling"; cap: "hard" | "soft"; alert_at: (number)[]; fallback?: string | undefined })[] | undefined; metadata: { [name: string]: unknown } })[]; next_cursor?: string | undefined }
}
  'GET /teams/{id}': {
query: undefined
body: undefined
response: { id: string; name: string; created_at: string; markup_percent: number; credit_usd?: string | undefined; budgets?: ({ usd: string; period: "hour" | "day" | "week" | "month" | "quarter" | "year" | "total"; window: "calendar" | "rolling"; cap: "hard" | "soft"; alert_at: (number)[]; fallback?: string | undefined })[] | undefined; metadata: { [name: string]: unknown } }
}
  'GET /usage': {
query: { by?: string | undefined; from?: string | undefined; to?: string | undefined; provider?: string | undefined; model?: string | undefined; route?: string | undefined; key?: string | undefined; team?: string | undefined; user?: string | undefined; session?: string | undefined; tag?: string | undefined; max_age?: number | undefined; limit?: number | undefined; cursor?: string | undefined }
body: undefined
response: { data: ({ hour?: string | undefined; day?: string | undefined; provider?: string | undefined; model?: string | undefined; route?: string | undefined; key_id?: string | undefined; key_name?: string | undefined; team?: string | undefined; team_name?: string | undefined; user?: string | undefined; user_name?: string | undefined; session?: string | undefined; tag?: string | undefined; last_at?: string | undefined; requests: number; attempts: number; cached: number; errors: number; estimated: number; unpriced: number; input_tokens: number; output_tokens: number; cache_read_tokens: number; cache_write_tokens: number; reasoning_tokens: number; provider_cost_usd: string; charged_usd: string; saved_usd: string })[]; next_cursor?: string | undefined }
}
  'GET /users': {
query: { limit?: number | undefined; cursor?: string | undefined; team?: string | undefined }
body: undefined
response: { data: ({ id: string; name: string; created_at: string; email?: string | undefined; team?: string | undefined; budgets?: ({ usd: string; period: "hour" | "day" | "week" | "month" | "quarter" | "year" | "total"; window: "calendar" | "rolling"; cap: "hard" | "soft"; alert_at: (number)[]; fallback?: string | undefined })[] | undefined; roles?: ({ role: "owner" | "admin" | "member" | "viewer" | "auditor"; team?: string | undefined })[] | undefined; signs_in_by?: "password" | "oidc" | "nothing-yet" | undefined; metadata: { [name: string]: unknown } })[]; next_cursor?: string | undefined }
}
  'GET /users/{id}': {
query: undefined
body: undefined
response: { id: string; name: string; created_at: string; email?: string | undefined; team?: string | undefined; budgets?: ({ usd: string; period: "hour" | "day" | "week" | "month" | "quarter" | "year" | "total"; window: "calendar" | "rolling"; cap: "hard" | "soft"; alert_at: (number)[]; fallback?: string | undefined })[] | undefined; roles?: ({ role: "owner" | "admin" | "member" | "viewer" | "auditor"; team?: string | undefined })[] | undefined; signs_in_by?: "password" | "oidc" | "nothing-yet" | undefined; metadata: { [name: string]: unknown }; ceiling?: { models?: (string)[] | undefined; clearances?: (string)[] | undefined; allowed_addresses?: (string)[] | undefined; data_region?: string | undefined; max_usd_per_request?: string | undefined; limits?: { rpm?: number | undefined; tpm?: number | undefined; concurrency?: number | undefined; max_wait_ms?: number | undefined } | undefined; budgets?: ({ usd: string; period: "hour" | "day" | "week" | "month" | "quarter" | "year" | "total"; window: "calendar" | "rolling"; cap: "hard" | "soft"; alert_at: (number)[]; fallback?: string | undefined })[] | undefined; tags?: (string)[] | undefined; cache_write?: boolean | undefined } | undefined }
}
  'PATCH /drift/alarms/{id}': {
query: undefined
body: { state: "open" | "acknowledged" | "silenced" | "resolved"; by?: string | undefined; until?: string | undefined }
response: { id: string; set: string; run_id: string; state: "open" | "acknowledged" | "silenced" | "resolved"; title: string; created_at: string; changed_at: string; changed_by?: string | undefined; until?: string | undefined }
}
  'PATCH /keys/{id}': {
query: undefined
body: { name?: string | undefined; expires_at?: string | null | undefined; user?: string | null | undefined; team?: string | null | undefined; models?: (string)[] | null | undefined; clearances?: (string)[] | null | undefined; allowed_addresses?: (string)[] | null | undefined; data_region?: string | null | undefined; max_usd_per_request?: string | null | undefined; limits?: { rpm?: number | undefined; tpm?: number | undefined; concurrency?: number | undefined; max_wait_ms?: number | undefined } | null | undefined; budgets?: ({ usd: string; period: "hour" | "day" | "week" | "month" | "quarter" | "year" | "total"; window?: "calendar" | "rolling" | undefined; cap?: "hard" | "soft" | undefined; alert_at?: (number)[] | undefined; fallback?: string | undefined })[] | null | undefined; tags?: (string)[] | null | undefined; cache_write?: boolean | null | undefined; metadata?: { [name: string]: string | number | boolean | null } | undefined }
response: { id: string; name: string; source: "store" | "configuration"; status: "active" | "expired" | "revoked"; created_at?: string | undefined; expires_at?: string | undefined; revoked_at?: string | undefined; previous_secret_until?: string | undefined; user?: string | undefined; team?: string | undefined; models?: (string)[] | undefined; clearances?: (string)[] | undefined; allowed_addresses?: (string)[] | undefined; data_region?: string | undefined; max_usd_per_request?: string | undefined; limits?: { rpm?: number | undefined; tpm?: number | undefined; concurrency?: number | undefined; max_wait_ms?: number | undefined } | undefined; budgets?: ({ usd: string; period: "hour" | "day" | "week" | "month" | "quarter" | "year" | "total"; window: "calendar" | "rolling"; cap: "hard" | "soft"; alert_at: (number)[]; fallback?: string | undefined })[] | undefined; tags?: (string)[] | undefined; cache_write?: boolean | undefined; metadata?: { [name: string]: unknown } | undefined }
}
  'PATCH /teams/{id}': {
query: undefined
body: { name?: string | undefined; markup_percent?: number | undefined; credit_usd?: string | null | undefined; budgets?: ({ usd: string; period: "hour" | "day" | "week" | "month" | "quarter" | "year" | "total"; window?: "calendar" | "rolling" | undefined; cap?: "hard" | "soft" | undefined; alert_at?: (number)[] | undefined; fallback?: string | undefined })[] | null | undefined; metadata?: { [name: string]: string | number | boolean | null } | undefined }
response: { id: string; name: string; created_at: string; markup_percent: number; credit_usd?: string | undefined; budgets?: ({ usd: string; period: "hour" | "day" | "week" | "month" | "quarter" | "year" | "total"; window: "calendar" | "rolling"; cap: "hard" | "soft"; alert_at: (number)[]; fallback?: string | undefined })[] | undefined; metadata: { [name: string]: unknown } }
}
  'PATCH /users/{id}': {
query: undefined
body: { name?: string | undefined; email?: string | null | undefined; team?: string | null | undefined; budgets?: ({ usd: string; period: "hour" | "day" | "week" | "month" | "quarter" | "year" | "total"; window?: "calendar" | "rolling" | undefined; cap?: "hard" | "soft" | undefined; alert_at?: (number)[] | undefined; fallback?: string | undefined })[] | null | undefined; metadata?: { [name: string]: string | number | boolean | null } | undefined }
response: { id: string; name: string; created_at: string; email?: string | undefined; team?: string | undefined; budgets?: ({ usd: string; period: "hour" | "day" | "week" | "month" | "quarter" | "year" | "total"; window: "calendar" | "rolling"; cap: "hard" | "soft"; alert_at: (number)[]; fallback?: string | undefined })[] | undefined; roles?: ({ role: "owner" | "admin" | "member" | "viewer" | "auditor"; team?: string | undefined })[] | undefined; signs_in_by?: "password" | "oidc" | "nothing-yet" | undefined; metadata: { [name: string]: unknown } }
}
  'POST /alert-channels/{name}/test': {
query: undefined
body: undefined
response: { delivered: boolean; error?: string | undefined }
}
  'POST /alerts/{id}/acknowledge': {
query: undefined
body: undefined
response: { id: string; kind: "budget" | "spend-anomaly" | "provider-failures" | "credential-parked" | "credential-age" | "key-age" | "model-retirement" | "price-change" | "drift" | "experiment" | "ledger" | "disk"; subject: string; severity: "info" | "warning" | "critical"; status: "open" | "resolved"; summary: string; detail: { [name: string]: unknown }; count: number; first_at: string; last_at: string; acknowledged_at?: string | undefined; silenced_until?: string | undefined; resolved_at?: string | undefined }
}
  'POST /alerts/{id}/silence': {
query: undefined
body: { until: string }
response: { id: string; kind: "budget" | "spend-anomaly" | "provider-failures" | "credential-parked" | "credential-age" | "key-age" | "model-retirement" | "price-change" | "drift" | "experiment" | "ledger" | "disk"; subject: string; severity: "info" | "warning" | "critical"; status: "open" | "resolved"; summary: string; detail: { [name: string]: unknown }; count: number; first_at: string; last_at: string; acknowledged_at?: string | undefined; silenced_until?: string | undefined; resolved_at?: string | undefined }
}
  'POST /batch-files': {
query: { key: string }
body: undefined
response: { id: string; bytes: number }
}
  'POST /batch-plan': {
query: { key: string; endpoint: string }
body: undefined
response: { lines: number; faults: ({ code: string; line?: number | undefined; message: string; param?: string | undefined })[]; prompt_usd: string; at_most_usd: string; unpriced: number }
}
  'POST /batches': {
query: undefined
body: { key: string; input_file_id: string; endpoint: string; completion_window?: string | undefined; max_usd?: string | undefined; native?: boolean | undefined; metadata?: { [name: string]: string } | undefined }
response: { id: string; status: "validating" | "failed" | "in_progress" | "finalizing" | "completed" | "expired" | "cancelling" | "cancelled"; paused: boolean; native: boolean; stop?: string | undefined; api: string; endpoint: string; key_id: string; key_name: string; total: number; completed: number; failed: number; input_tokens: number; output_tokens: number; cost_usd: string; max_usd?: string | undefined; metadata: { [name: string]: string }; faults: ({ code: string; line?: number | undefined; message: string; param?: string | undefined })[]; input_file_id: string; output_file_id?: string | undefined; error_file_id?: string | undefined; created_at: string; expires_at: string; started_at?: string | undefined; ended_at?: string | undefined }
}
  'POST /batches/{id}/cancel': {
query: undefined
body: undefined
response: { id: string; status: "validating" | "failed" | "in_progress" | "finalizing" | "completed" | "expired" | "cancelling" | "cancelled"; paused: boolean; native: boolean; stop?: string | undefined; api: string; endpoint: string; key_id: string; key_name: string; total: number; completed: number; failed: number; input_tokens: number; output_tokens: number; cost_usd: string; max_usd?: string | undefined; metadata: { [name: string]: string }; faults: ({ code: string; line?: number | undefined; message: string; param?: string | undefined })[]; input_file_id: string; output_file_id?: string | undefined; error_file_id?: string | undefined; created_at: string; expires_at: string; started_at?: string | undefined; ended_at?: string | undefined }
}
  'POST /batches/{id}/pause': {
query: undefined
body: undefined
response: { id: string; status: "validating" | "failed" | "in_progress" | "finalizing" | "completed" | "expired" | "cancelling" | "cancelled"; paused: boolean; native: boolean; stop?: string | undefined; api: string; endpoint: string; key_id: string; key_name: string; total: number; completed: number; failed: number; input_tokens: number; output_tokens: number; cost_usd: string; max_usd?: string | undefined; metadata: { [name: string]: string }; faults: ({ code: string; line?: number | undefined; message: string; param?: string | undefined })[]; input_file_id: string; output_file_id?: string | undefined; error_file_id?: string | undefined; created_at: string; expires_at: string; started_at?: string | undefined; ended_at?: string | undefined }
}
  'POST /batches/{id}/resume': {
query: undefined
body: undefined
response: { id: string; status: "validating" | "failed" | "in_progress" | "finalizing" | "completed" | "expired" | "cancelling" | "cancelled"; paused: boolean; native: boolean; stop?: string | undefined; api: string; endpoint: string; key_id: string; key_name: string; total: number; completed: number; failed: number; input_tokens: number; output_tokens: number; cost_usd: string; max_usd?: string | undefined; metadata: { [name: string]: string }; faults: ({ code: string; line?: number | undefined; message: string; param?: string | undefined })[]; input_file_id: string; output_file_id?: string | undefined; error_file_id?: string | undefined; created_at: string; expires_at: string; started_at?: string | undefined; ended_at?: string | undefined }
}
  'POST /budgets': {
query: undefined
body: { scope: "organisation" | "team" | "key" | "user" | "session" | "tag" | "model" | "provider" | "route"; subject?: string | undefined; usd: string; period: "hour" | "day" | "week" | "month" | "quarter" | "year" | "total"; window?: "calendar" | "rolling" | undefined; cap?: "hard" | "soft" | undefined; alert_at?: (number)[] | undefined; fallback?: string | undefined }
response: { id: string; origin: "declared" | "stored" | "own" | "credit"; scope: "organisation" | "team" | "key" | "user" | "session" | "tag" | "model" | "provider" | "route"; subject?: string | undefined; usd: string; period: "hour" | "day" | "week" | "month" | "quarter" | "year" | "total"; window: "calendar" | "rolling"; cap: "hard" | "soft"; alert_at: (number)[]; fallback?: string | undefined; period_ends_at?: string | undefined; states: ({ subject: string; spent_usd: string; reserved_usd: string; remaining_usd: string })[] }
}
  'POST /drift/golden-sets': {
query: undefined
body: { route: string; name?: string | undefined; target?: string | undefined; prompts?: number | undefined; samples?: number | undefined; schedule?: string | undefined; from?: string | undefined; to?: string | undefined; user?: string | undefined; session?: string | undefined; tag?: string | undefined; look_at?: number | undefined }
response: { name: string; version: number; file: string; text: string; prompts: number; questions: number; looked_at: number; skipped: { [name: string]: number } }
}
  'POST /drift/runs': {
query: undefined
body: { file?: string | undefined; files?: { [name: string]: string } | undefined; set?: string | undefined; baseline?: boolean | undefined; times?: number | undefined }
response: { data: ({ id: string; set: string; version: number; target: string; kind: "baseline" | "watch" | "confirm" | "missed"; baseline?: number | undefined; started_at: string; ended_at?: string | undefined; verdict?: "ok" | "drift" | "warning" | "no-data" | undefined; expected_rows: number; valid_rows: number; cost_usd: string; reasons: ({ code: string; note: boolean; text: string })[]; reported?: { models: (string)[]; builds: (string)[]; before: { models: (string)[]; builds: (string)[] } } | undefined; metrics: ({ metric: string; value: number; baseline: number; effect: number; lower: number; upper: number; p: number; adjusted_p: number; alarm: boolean; direction: "up" | "down"; harmful: boolean; run_effect: number })[]; measured: ({ metric: string; value: number; baseline: number; effect: number; lower: number; upper: number; p: number; adjusted_p?: number | undefined; changed: boolean })[]; omnibus?: { distance: number; p_permutation: number; p_run: number; adjusted_p: number; alarm: boolean; usual?: { distance: number; lower: number; upper: number } | undefined } | undefined; trends: ({ metric: string; z: number; up: number; down: number; alarm?: "up" | "down" | undefined })[]; baseline_runs: number; lag1: number; confirmed?: { metric: string; direction: "up" | "down" } | undefined })[] }
}
  'POST /drift/{set}/accept': {
query: undefined
body: { by?: string | undefined; reason: string; last_runs?: number | undefined }
response: { number: number; runs: number; wanted_runs: number; created_at: string; accepted_by?: string | undefined; reason?: string | undefined }
}
  'POST /evals': {
query: undefined
body: { entry: string; files?: { [name: string]: string } | undefined; candidate?: string | undefined; baseline?: string | undefined; seed?: string | undefined; repeat?: number | undefined; concurrency?: number | undefined; max_usd?: string | undefined; allow_js?: boolean | undefined; allow_cached?: boolean | undefined; filter?: { pattern?: string | undefined; metadata?: string | undefined; range?: string | undefined; sample?: number | undefined; first_n?: number | undefined; ids?: (string)[] | undefined } | undefined }
response: { id: string; name: string; suite_hash: string; status: "running" | "finished" | "stopped" | "failed" | "interrupted"; created_at: string; ended_at?: string | undefined; verdict?: "pass" | "fail" | "inconclusive" | undefined; reason?: string | undefined; arms?: ({ label: string; baseline: boolean })[] | undefined; cases?: number | undefined; cost_usd?: string | undefined; difference?: { estimate: number; lower?: number | undefined; upper?: number | undefined; bound?: number | undefined } | undefined; progress?: { done: number; total: number; errors: number; cost_usd: string } | undefined }
}
  'POST /evals/datasets': {
query: undefined
body: { route?: string | undefined; requests?: (string)[] | undefined; name?: string | undefined; candidate?: string | undefined; from?: string | undefined; to?: string | undefined; user?: string | undefined; session?: string | undefined; tag?: string | undefined; label?: string | undefined; min_score?: number | undefined; max_score?: number | undefined; reference?: "none" | "factuality" | "similar" | "equals" | undefined; limit?: number | undefined }
response: { suite: { [name: string]: unknown }; cases: number; skipped: { [name: string]: number } }
}
  'POST /evals/plan': {
query: undefined
body: { entry: string; files?: { [name: string]: string } | undefined; candidate?: string | undefined; baseline?: string | undefined; seed?: string | undefined; repeat?: number | undefined; concurrency?: number | undefined; max_usd?: string | undefined; allow_js?: boolean | undefined; allow_cached?: boolean | undefined; filter?: { pattern?: string | undefined; metadata?: string | undefined; range?: string | undefined; sample?: number | undefined; first_n?: number | undefined; ids?: (string)[] | undefined } | undefined }
response: { name: string; cases: number; clusters: number; repeats: { least: number; most: number }; arms: ({ label: string; target: string; calls: number; cost_usd?: string | undefined })[]; judges: ({ label: string; target: string; calls: number; cost_usd?: string | undefined })[]; gate?: { margin: number; alpha: number } | undefined; odds?: ({ population: string; loss: number; pass: number; fail: number })[] | undefined }
}
  'POST /evals/{id}/resume': {
query: undefined
body: { retry_errors?: boolean | undefined }
response: { id: string; name: string; suite_hash: string; status: "running" | "finished" | "stopped" | "failed" | "interrupted"; created_at: string; ended_at?: string | undefined; verdict?: "pass" | "fail" | "inconclusive" | undefined; reason?: string | undefined; arms?: ({ label: string; baseline: boolean })[] | undefined; cases?: number | undefined; cost_usd?: string | undefined; difference?: { estimate: number; lower?: number | undefined; upper?: number | undefined; bound?: number | undefined } | undefined; progress?: { done: number; total: number; errors: number; cost_usd: string } | undefined }
}
  'POST /evals/{id}/stop': {
query: undefined
body: undefined
response: { id: string; name: string; suite_hash: string; status: "running" | "finished" | "stopped" | "failed" | "interrupted"; created_at: string; ended_at?: string | undefined; verdict?: "pass" | "fail" | "inconclusive" | undefined; reason?: string | undefined; arms?: ({ label: string; baseline: boolean })[] | undefined; cases?: number | undefined; cost_usd?: string | undefined; difference?: { estimate: number; lower?: number | undefined; upper?: number | undefined; bound?: number | undefined } | undefined; progress?: { done: number; total: number; errors: number; cost_usd: string } | undefined }
}
  'POST /experiments/{route}/promote': {
query: undefined
body: { arm?: string | undefined; reason?: string | undefined }
response: { route: string; name: string; state: "running" | "ended"; started_at: string; ended_at?: string | undefined; reason?: string | undefined; winner?: string | undefined; revision?: string | undefined; in_force: boolean; metric: "feedback" | "judge" | "errors" | "contract_failures" | "cost" | "latency" | "first_token"; alpha: number; min_units: number; fault?: string | undefined; arms: ({ name: string; share: number; units: number; outcomes: number; differences: ({ metric: "feedback" | "judge" | "errors" | "contract_failures" | "cost" | "latency" | "first_token"; role: "decides" | "guards" | "shown"; control: number | string; arm: number | string; difference: number | string; lower: number | string; upper: number | string; units: number; verdict: "better" | "worse" | "open"; limit?: number | string | undefined; guardrail_crossed: boolean })[] })[]; sample_ratio: ({ of: "units" | "outcomes"; p: number; bayes_factor: number; mismatch: boolean })[]; waits_for_gate: boolean }
}
  'POST /experiments/{route}/stop': {
query: undefined
body: { reason: string }
response: { route: string; name: string; state: "running" | "ended"; started_at: string; ended_at?: string | undefined; reason?: string | undefined; winner?: string | undefined; revision?: string | undefined; in_force: boolean; metric: "feedback" | "judge" | "errors" | "contract_failures" | "cost" | "latency" | "first_token"; alpha: number; min_units: number; fault?: string | undefined; arms: ({ name: string; share: number; units: number; outcomes: number; differences: ({ metric: "feedback" | "judge" | "errors" | "contract_failures" | "cost" | "latency" | "first_token"; role: "decides" | "guards" | "shown"; control: number | string; arm: number | string; difference: number | string; lower: number | string; upper: number | string; units: number; verdict: "better" | "worse" | "open"; limit?: number | string | undefined; guardrail_crossed: boolean })[] })[]; sample_ratio: ({ of: "units" | "outcomes"; p: number; bayes_factor: number; mismatch: boolean })[] }
}
  'POST /forget': {
query: undefined
body: { user: string }
response: { keys: number; payloads: number; records: number; responses: number; repeatable_answers: number; feedback: number; experiment_units: number; batches: number; files: number; open_batches: number; cache_entries: number; stays: (string)[] }
}
  'POST /keys': {
query: undefined
body: { name: string; expires_at?: string | undefined; user?: string | undefined; team?: string | undefined; models?: (string)[] | undefined; clearances?: (string)[] | undefined; allowed_addresses?: (string)[] | undefined; data_region?: string | undefined; max_usd_per_request?: string | undefined; limits?: { rpm?: number | undefined; tpm?: number | undefined; concurrency?: number | undefined; max_wait_ms?: number | undefined } | undefined; budgets?: ({ usd: string; period: "hour" | "day" | "week" | "month" | "quarter" | "year" | "total"; window?: "calendar" | "rolling" | undefined; cap?: "hard" | "soft" | undefined; alert_at?: (number)[] | undefined; fallback?: string | undefined })[] | undefined; tags?: (string)[] | undefined; cache_write?: boolean | undefined; metadata?: { [name: string]: string | number | boolean | null } | undefined }
response: { id: string; name: string; source: "store" | "configuration"; status: "active" | "expired" | "revoked"; created_at?: string | undefined; expires_at?: string | undefined; revoked_at?: string | undefined; previous_secret_until?: string | undefined; user?: string | undefined; team?: string | undefined; models?: (string)[] | undefined; clearances?: (string)[] | undefined; allowed_addresses?: (string)[] | undefined; data_region?: string | undefined; max_usd_per_request?: string | undefined; limits?: { rpm?: number | undefined; tpm?: number | undefined; concurrency?: number | undefined; max_wait_ms?: number | undefined } | undefined; budgets?: ({ usd: string; period: "hour" | "day" | "week" | "month" | "quarter" | "year" | "total"; window: "calendar" | "rolling"; cap: "hard" | "soft"; alert_at: (number)[]; fallback?: string | undefined })[] | undefined; tags?: (string)[] | undefined; cache_write?: boolean | undefined; metadata?: { [name: string]: unknown } | undefined; secret: string }
}
  'POST /keys/{id}/browser': {
query: undefined
body: { models: (string)[]; origins: (string)[]; ttl_seconds?: number | undefined; user?: string | undefined; max_usd_per_request?: string | undefined }
response: { secret: string; expires_at: string }
}
  'POST /keys/{id}/rotate': {
query: undefined
body: { overlap_seconds?: number | undefined }
response: { id: string; name: string; source: "store" | "configuration"; status: "active" | "expired" | "revoked"; created_at?: string | undefined; expires_at?: string | undefined; revoked_at?: string | undefined; previous_secret_until?: string | undefined; user?: string | undefined; team?: string | undefined; models?: (string)[] | undefined; clearances?: (string)[] | undefined; allowed_addresses?: (string)[] | undefined; data_region?: string | undefined; max_usd_per_request?: string | undefined; limits?: { rpm?: number | undefined; tpm?: number | undefined; concurrency?: number | undefined; max_wait_ms?: number | undefined } | undefined; budgets?: ({ usd: string; period: "hour" | "day" | "week" | "month" | "quarter" | "year" | "total"; window: "calendar" | "rolling"; cap: "hard" | "soft"; alert_at: (number)[]; fallback?: string | undefined })[] | undefined; tags?: (string)[] | undefined; cache_write?: boolean | undefined; metadata?: { [name: string]: unknown } | undefined; secret: string }
}
  'POST /ledger/reconcile': {
query: undefined
body: { provider: string; exports: (string)[]; adjust?: { reason: string } | undefined }
response: { agree: number; differ: number; data: ({ day: string; model?: string | undefined; provider: { requests?: number | undefined; input_tokens?: number | undefined; cache_read_tokens?: number | undefined; output_tokens?: number | undefined; cost_usd?: string | undefined }; ledger: { requests?: number | undefined; input_tokens?: number | undefined; cache_read_tokens?: number | undefined; output_tokens?: number | undefined; cost_usd?: string | undefined }; differing: (string)[]; causes: (string)[] })[]; adjusted?: { request_id: string; lines: number; cost_usd: string } | undefined; id: string }
}
  'POST /providers/{name}/disable': {
query: undefined
body: undefined
response: { name: string; title: string; address: string; disabled?: { at: string; by: string } | undefined; only_target_of: (string)[]; credentials: ({ alias: string; weight: number })[]; targets: ({ model: string; credential: string; breaker: "closed" | "open" | "half-open"; breaker_changes: ({ at: string; to: "open" | "closed" })[]; rate_limits: number; withheld?: "open" | "cooling" | "parked" | undefined; withheld_for_ms?: number | undefined; first_token_ms?: number | undefined; tokens_per_second?: number | undefined })[] }
}
  'POST /providers/{name}/enable': {
query: undefined
body: undefined
response: { name: string; title: string; address: string; disabled?: { at: string; by: string } | undefined; only_target_of: (string)[]; credentials: ({ alias: string; weight: number })[]; targets: ({ model: string; credential: string; breaker: "closed" | "open" | "half-open"; breaker_changes: ({ at: string; to: "open" | "closed" })[]; rate_limits: number; withheld?: "open" | "cooling" | "parked" | undefined; withheld_for_ms?: number | undefined; first_token_ms?: number | undefined; tokens_per_second?: number | undefined })[] }
}
  'POST /providers/{name}/test': {
query: undefined
body: { model?: string | undefined }
response: { ok: boolean; model: string; answer?: string | undefined; error?: { code: string; message: string } | undefined; duration_ms: number; cost_usd?: string | undefined; request_id: string }
}
  'POST /routes/{route}/hold': {
query: undefined
body: { reason: string; until?: string | undefined }
response: { live: number; changed_at: string; canary?: { revision: number; shares: (number)[]; step_ms: number; started_at: string } | undefined; hold?: { actor: string; reason: string; until?: string | undefined } | undefined; name: string; revision_count: number; last: number; protected: boolean; differs_from_file: boolean }
}
  'POST /routes/{route}/promote': {
query: undefined
body: { to: number; canary?: boolean | undefined; override?: boolean | undefined; reason?: string | undefined; live?: number | undefined }
response: { live: number; changed_at: string; canary?: { revision: number; shares: (number)[]; step_ms: number; started_at: string } | undefined; hold?: { actor: string; reason: string; until?: string | undefined } | undefined; name: string; revision_count: number; last: number; protected: boolean; differs_from_file: boolean }
}
  'POST /routes/{route}/revisions': {
query: undefined
body: { settings: { [name: string]: unknown }; live?: number | undefined }
response: { number: number; source: "file" | "api"; created_at: string; created_by: string; settings: unknown }
}
  'POST /routes/{route}/rollback': {
query: undefined
body: { to?: number | undefined; reason?: string | undefined; live?: number | undefined }
response: { live: number; changed_at: string; canary?: { revision: number; shares: (number)[]; step_ms: number; started_at: string } | undefined; hold?: { actor: string; reason: string; until?: string | undefined } | undefined; name: string; revision_count: number; last: number; protected: boolean; differs_from_file: boolean }
}
  'POST /secrets': {
query: undefined
body: { name: string; value: string }
response: { name: string; version: number; key_version: number; updated_at: string }
}
  'POST /secrets/checks': {
query: undefined
body: { references: ({ path: string; reference: string; state: "ok" | "fault" })[] }
response: undefined
}
  'POST /secrets/rotate': {
query: undefined
body: undefined
response: { key_version: number; secrets: number; rewrapped: number }
}
  'POST /teams': {
query: undefined
body: { name: string; markup_percent?: number | undefined; credit_usd?: string | undefined; budgets?: ({ usd: string; period: "hour" | "day" | "week" | "month" | "quarter" | "year" | "total"; window?: "calendar" | "rolling" | undefined; cap?: "hard" | "soft" | undefined; alert_at?: (number)[] | undefined; fallback?: string | undefined })[] | undefined; metadata?: { [name: string]: string | number | boolean | null } | undefined }
response: { id: string; name: string; created_at: string; markup_percent: number; credit_usd?: string | undefined; budgets?: ({ usd: string; period: "hour" | "day" | "week" | "month" | "quarter" | "year" | "total"; window: "calendar" | "rolling"; cap: "hard" | "soft"; alert_at: (number)[]; fallback?: string | undefined })[] | undefined; metadata: { [name: string]: unknown } }
}
  'POST /users': {
query: undefined
body: { name: string; email?: string | undefined; team?: string | undefined; budgets?: ({ usd: string; period: "hour" | "day" | "week" | "month" | "quarter" | "year" | "total"; window?: "calendar" | "rolling" | undefined; cap?: "hard" | "soft" | undefined; alert_at?: (number)[] | undefined; fallback?: string | undefined })[] | undefined; metadata?: { [name: string]: string | number | boolean | null } | undefined }
response: { id: string; name: string; created_at: string; email?: string | undefined; team?: string | undefined; budgets?: ({ usd: string; period: "hour" | "day" | "week" | "month" | "quarter" | "year" | "total"; window: "calendar" | "rolling"; cap: "hard" | "soft"; alert_at: (number)[]; fallback?: string | undefined })[] | undefined; roles?: ({ role: "owner" | "admin" | "member" | "viewer" | "auditor"; team?: string | undefined })[] | undefined; signs_in_by?: "password" | "oidc" | "nothing-yet" | undefined; metadata: { [name: string]: unknown } }
}
  'POST /users/{id}/invitation': {
query: undefined
body: undefined
response: { path: string; url?: string | undefined }
}
  'PUT /budgets/{id}': {
query: undefined
body: { scope: "organisation" | "team" | "key" | "user" | "session" | "tag" | "model" | "provider" | "route"; subject?: string | undefined; usd: string; period: "hour" | "day" | "week" | "month" | "quarter" | "year" | "total"; window?: "calendar" | "rolling" | undefined; cap?: "hard" | "soft" | undefined; alert_at?: (number)[] | undefined; fallback?: string | undefined }
response: { id: string; origin: "declared" | "stored" | "own" | "credit"; scope: "organisation" | "team" | "key" | "user" | "session" | "tag" | "model" | "provider" | "route"; subject?: string | undefined; usd: string; period: "hour" | "day" | "week" | "month" | "quarter" | "year" | "total"; window: "calendar" | "rolling"; cap: "hard" | "soft"; alert_at: (number)[]; fallback?: string | undefined; period_ends_at?: string | undefined; states: ({ subject: string; spent_usd: string; reserved_usd: string; remaining_usd: string })[] }
}
  'PUT /cache/pairs/{id}': {
query: undefined
body: { agrees: boolean }
response: { destination: string; threshold: number; raised: number; compared: number; false_hits: number; false_hit_rate?: number | undefined; false_hit_interval: (unknown)[]; curve: ({ threshold: number; compared: number; false_hits: number; interval: (unknown)[] })[] }
}
  'PUT /cache/threshold': {
query: undefined
body: { destination: string; threshold: number }
response: { destination: string; threshold: number; raised: number; compared: number; false_hits: number; false_hit_rate?: number | undefined; false_hit_interval: (unknown)[]; curve: ({ threshold: number; compared: number; false_hits: number; interval: (unknown)[] })[] }
}
  'PUT /drift/golden-sets/{name}': {
query: undefined
body: { file: string; files: { [name: string]: string } }
response: { name: string; version: number; prompts: number }
}
  'PUT /drift/{set}/schedule': {
query: undefined
body: { schedule: string | null; timezone?: string | undefined; quiet?: ({ from: string; to: string })[] | undefined; jitter_seconds?: number | undefined }
response: { schedule: string | null; timezone?: string | undefined; quiet?: ({ from: string; to: string })[] | undefined; jitter_seconds?: number | undefined }
}
  'PUT /me/password': {
query: undefined
body: { present: string; password: string }
response: undefined
}
  'PUT /users/{id}/account': {
query: undefined
body: { roles: ({ role: "owner" | "admin" | "member" | "viewer" | "auditor"; team?: string | undefined })[]; ceiling?: { models?: (string)[] | undefined; clearances?: (string)[] | undefined; allowed_addresses?: (string)[] | undefined; data_region?: string | undefined; max_usd_per_request?: string | undefined; limits?: { rpm?: number | undefined; tpm?: number | undefined; concurrency?: number | undefined; max_wait_ms?: number | undefined } | undefined; budgets?: ({ usd: string; period: "hour" | "day" | "week" | "month" | "quarter" | "year" | "total"; window?: "calendar" | "rolling" | undefined; cap?: "hard" | "soft" | undefined; alert_at?: (number)[] | undefined; fallback?: string | undefined })[] | undefined; tags?: (string)[] | undefined; cache_write?: boolean | undefined } | undefined }
response: { id: string; name: string; created_at: string; email?: string | undefined; team?: string | undefined; budgets?: ({ usd: string; period: "hour" | "day" | "week" | "month" | "quarter" | "year" | "total"; window: "calendar" | "rolling"; cap: "hard" | "soft"; alert_at: (number)[]; fallback?: string | undefined })[] | undefined; roles?: ({ role: "owner" | "admin" | "member" | "viewer" | "auditor"; team?: string | undefined })[] | undefined; signs_in_by?: "password" | "oidc" | "nothing-yet" | undefined; metadata: { [name: string]: unknown }; ceiling?: { models?: (string)[] | undefined; clearances?: (string)[] | undefined; allowed_addresses?: (string)[] | undefined; data_region?: string | undefined; max_usd_per_request?: string | undefined; limits?: { rpm?: number | undefined; tpm?: number | undefined; concurrency?: number | undefined; max_wait_ms?: number | undefined } | undefined; budgets?: ({ usd: string; period: "hour" | "day" | "week" | "month" | "quarter" | "year" | "total"; window: "calendar" | "rolling"; cap: "hard" | "soft"; alert_at: (number)[]; fallback?: string | undefined })[] | undefined; tags?: (string)[] | undefined; cache_write?: boolean | undefined } | undefined }
}
}
