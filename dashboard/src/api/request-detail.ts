/** One request whole, as its page and the page's parts have it. */

import type { Reply } from './client.ts'

export type RequestDetail = Reply<'GET /requests/{id}'>
