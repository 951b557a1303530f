// The pages. A page that needs a right says so, and tells who can give it instead of failing.
import { createRouter, createWebHistory, type RouteRecordRaw } from 'vue-router'
import type { Permission } from './api/session'

declare module 'vue-router' {
  interface RouteMeta {
    right?: Permission
    /** Key of its title. */
    title?: string
  }
}

/** A report about a period: as the records are now, and as it was kept. */
const periodic = (kind: 'annex2' | 'indicators'): RouteRecordRaw[] =>
  ['', '/:uid'].map((kept) => ({ path: `/${kind}${kept}`, component: () => import('./annex/PeriodPage.vue'), props: (route) => ({ ...route.params, kind }), meta: { right: 'report.run', title: `period.of.${kind}` } }))

const routes: RouteRecordRaw[] = [
  { path: '/', component: () => import('./shell/Start.vue') },
  { path: '/start', component: () => import('./start/StartPage.vue'), meta: { right: 'registry.read', title: 'nav.start' } },
  { path: '/covers', component: () => import('./covers/Covers.vue'), meta: { right: 'registry.read', title: 'nav.covers' } },
  { path: '/map', component: () => import('./map/MapPage.vue'), meta: { right: 'registry.read', title: 'nav.map' } },
  { path: '/wells/new', component: () => import('./well/NewWell.vue'), meta: { right: 'registry.write', title: 'well.new' } },
  { path: '/wells/:uid', component: () => import('./well/WellPage.vue'), props: true, meta: { right: 'registry.read', title: 'well.title' } },
  { path: '/findings', component: () => import('./cases/Findings.vue'), meta: { right: 'case.read', title: 'nav.findings' } },
  { path: '/findings/:uid', component: () => import('./cases/FindingPage.vue'), props: true, meta: { right: 'case.read', title: 'cases.findings.one' } },
  { path: '/cases', component: () => import('./cases/CaseList.vue'), meta: { right: 'case.read', title: 'nav.cases' } },
  { path: '/public-list', component: () => import('./cases/PublicList.vue'), meta: { right: 'case.read', title: 'cases.public.title' } },
  { path: '/cases/:uid', component: () => import('./cases/CasePage.vue'), props: true, meta: { right: 'case.read', title: 'cases.one' } },
  { path: '/plans', component: () => import('./plans/PlanList.vue'), meta: { right: 'case.read', title: 'nav.plans' } },
  { path: '/plans/new', component: () => import('./plans/NewPlan.vue'), meta: { right: 'case.handle', title: 'plans.new' } },
  { path: '/plans/:uid', component: () => import('./plans/PlanPage.vue'), props: true, meta: { right: 'case.read', title: 'nav.plans' } },
  { path: '/renewal', component: () => import('./plans/Renewal.vue'), meta: { right: 'case.read', title: 'plans.renewal' } },
  { path: '/ownership', component: () => import('./covers/Ownership.vue'), meta: { right: 'registry.read', title: 'nav.ownership' } },
  { path: '/import', component: () => import('./import/Imports.vue'), meta: { right: 'registry.import', title: 'nav.import' } },
  { path: '/import/:uid', component: () => import('./import/ImportPage.vue'), props: true, meta: { right: 'registry.import', title: 'nav.import' } },
  { path: '/annex', component: () => import('./annex/AnnexList.vue'), meta: { right: 'report.run', title: 'annex.title' } },
  { path: '/annex/:uid', component: () => import('./annex/AnnexPage.vue'), props: true, meta: { right: 'report.run', title: 'annex.title' } },
  ...periodic('annex2'),
  ...periodic('indicators'),
  { path: '/ranking', component: () => import('./annex/Ranking.vue'), meta: { right: 'report.run', title: 'period.of.ranking' } },
  { path: '/hazards', component: () => import('./cases/HazardList.vue'), meta: { right: 'case.read', title: 'period.hazards.title' } },
  { path: '/admin/:section?', component: () => import('./admin/Admin.vue'), props: true, meta: { title: 'nav.admin' } },
  { path: '/account', component: () => import('./shell/Account.vue'), meta: { title: 'nav.account' } },
  { path: '/:rest(.*)*', component: () => import('./shell/NoPage.vue'), meta: { title: 'state.missing' } },
]

export const router = createRouter({ history: createWebHistory(), routes })
