/** Runs and their cases as the pages of evaluation ask for them. */

import { queryOptions } from '@tanstack/react-query'
import { ask, type Item, type Reply } from '../api/client.ts'

export type Run = Item<'GET /evals'>
export type RunDetail = Reply<'GET /evals/{id}'>
export type Cases = Reply<'GET /evals/{id}/cases'>
export type Case = Cases['data'][number]

const runningRefetchMs = 1_000
/** All rows of a run are read for it. */
const casesRefetchMs = 10_000

const isRunning = (run: Pick<Run, 'status'> | undefined): boolean => run?.status === 'running'

export const runsQuery = queryOptions({
  queryKey: ['evals'],
  queryFn: ({ signal }) => ask('GET /evals', { query: { limit: 100 }, signal }),
  refetchInterval: ({ state }) => (state.data?.data.some(isRunning) === true ? runningRefetchMs : false),
})

export const runQuery = (id: string) =>
  queryOptions({
    queryKey: ['evals', id],
    queryFn: ({ signal }) => ask('GET /evals/{id}', { params: { id }, signal }),
    refetchInterval: ({ state }) => (isRunning(state.data) ? runningRefetchMs : false),
  })

/** Of a run that is over, nothing changes any more. */
export const casesQuery = (id: string, run: Pick<Run, 'status' | 'ended_at'> | undefined) =>
  queryOptions({
    queryKey: ['evals', id, 'cases', run?.status, run?.ended_at],
    queryFn: ({ signal }) => ask('GET /evals/{id}/cases', { params: { id }, signal }),
    enabled: run !== undefined,
    staleTime: isRunning(run) ? 0 : Infinity,
    refetchInterval: isRunning(run) ? casesRefetchMs : false,
  })

export const caseQuery = (id: string, name: string) =>
  queryOptions({
    queryKey: ['evals', id, 'case', name],
    queryFn: ({ signal }) => ask('GET /evals/{id}/cases/{case}', { params: { id, case: name }, signal }),
  })
