// Rectification plans, the problems they are made of, and the renewal of covers.
import { call, type Page } from './http'
import type { Proof } from './cases'
import type { components } from './schema'

type S = components['schemas']
export type PlanItem = S['PlanItem']
export type PlanFile = S['PlanFile']
export type PlanMove = S['OpenPlanMove']
export type HazardItem = S['HazardItem']
export type DerivedItem = S['DerivedItem']
export type DerivedPage = S['DerivedPage']
export type Candidate = S['RenewalCandidate']
export type RenewalItem = S['RenewalItem']
export type WhatIf = S['WhatIf']
export type Extension = S['Extension']
/** A problem to be put into a plan: an open hazard, or what the ledger shows of a cover or well. */
export interface ItemAsk { hazard?: string; code?: string; cover?: string; well?: string; planned_on?: string; person?: string; money_cents?: number }
export type Ask = Record<string, unknown>

const query = (of: Record<string, string | undefined>) => {
  const q = new URLSearchParams()
  for (const [k, v] of Object.entries(of)) if (v) q.set(k, v)
  return q.toString()
}
export const listPlans = (filter: Record<string, string | undefined>) => call<Page<PlanItem>>('GET', `/api/v1/plans?${query({ limit: '100', ...filter })}`)
export const getPlan = (uid: string) => call<PlanFile>('GET', `/api/v1/plans/${uid}`)
export const createPlan = (ask: Ask) => call<PlanItem>('POST', '/api/v1/plans', ask)
export const movePlan = (uid: string, ask: Ask) => call<PlanItem>('POST', `/api/v1/plans/${uid}/moves`, ask)
export const changeItems = (uid: string, ask: { version: number; put?: ItemAsk[]; remove?: string[] }) => call<PlanItem>('POST', `/api/v1/plans/${uid}/items`, ask)
export const planCovers = (uid: string, cursor?: string) => call<Page<RenewalItem>>('GET', `/api/v1/plans/${uid}/covers?${query({ limit: '100', cursor })}`)
export const listDerived = (filter: Record<string, string | undefined>) => call<DerivedPage>('GET', `/api/v1/derived-hazards?${query({ limit: '100', ...filter })}`)
export const openHazards = (cursor?: string) => call<Page<HazardItem>>('GET', `/api/v1/hazards?${query({ limit: '500', state: 'open', cursor })}`)
/** A page of the hazards of a filter (a query string without cursor). */
export const listHazards = (filter: string, limit: number, cursor?: string) => call<Page<HazardItem>>('GET', `/api/v1/hazards?${query({ ...Object.fromEntries(new URLSearchParams(filter)), limit: String(limit), cursor })}`)
export const treatHazard = (uid: string, ask: Ask) => call<unknown>('POST', `/api/v1/hazards/${uid}/treatment`, ask)
export const checkHazard = (uid: string, ask: Ask) => call<unknown>('POST', `/api/v1/hazards/${uid}/check`, ask)
export const askTime = (uid: string, ask: Ask) => call<unknown>('POST', `/api/v1/hazards/${uid}/extensions`, ask)
export const decideTime = (uid: string, ask: Ask) => call<unknown>('POST', `/api/v1/plan-extensions/${uid}/decision`, ask)
export const listCandidates = (filter: Record<string, string | undefined>) => call<S['CandidatePage']>('GET', `/api/v1/renewal-candidates?${query({ limit: '100', ...filter })}`)
export const whatIf = (ask: Ask) => call<WhatIf>('POST', '/api/v1/renewal-what-if', ask)
export const createRenewal = (plan: Ask, ask: Ask) => call<PlanItem>('POST', '/api/v1/renewal-plans', { plan, what_if: ask })

/** Adds a photo that proves something of one hazard of a plan. */
export function addPhoto(uid: string, file: File, purpose: 'after' | 'check', item: string): Promise<Proof> {
  const form = new FormData()
  form.set('purpose', purpose)
  form.set('item', item)
  form.set('file', file)
  return call<Proof>('POST', `/api/v1/plans/${uid}/files`, form)
}
