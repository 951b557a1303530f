// What the parts of reports show that no demo district has: changed figures, sums that do not fit, exempted cases.
import { mount } from '@vue/test-utils'
import { expect, it } from 'vitest'
import { createMemoryHistory, createRouter } from 'vue-router'
import Checks from '../src/annex/Checks.vue'
import Compared from '../src/annex/Compared.vue'
import IndicatorsView from '../src/annex/IndicatorsView.vue'
import type { AnnexCheck, Comparison, Definition, IndicatorRow, Indicators } from '../src/api/reports'
import { i18n } from '../src/i18n'

const router = createRouter({ history: createMemoryHistory(), routes: [{ path: '/:rest(.*)*', component: { template: '<p />' } }] })
const global = { plugins: [i18n, router], stubs: { Bars: true } }

it('names the figures that changed since a report was kept, in which span, and opens what counts now', () => {
  const changes = [{ row: 'unit:psgs', label: '排水公司', span: 'cumulative', figure: 'found_sunk', figure_zh: '发现下沉', figure_en: 'found sunken', before: 1, now: 2, query: '/api/v1/hazards?found_as=sunk' }]
  const compared = { equal: false, intact: false, closed: true, changes } as unknown as Comparison
  const shown = mount(Compared, { props: { compared }, global })
  const row = shown.get('tbody tr')
  expect(row.findAll('td').map((c) => c.text())).toEqual(['排水公司', '累计', '发现下沉', '1', '2'])
  expect(row.get('a').attributes('href')).toBe('/hazards?found_as=sunk')
  expect(shown.text()).toContain('结账的报表不变')
  expect(shown.text()).toContain('记录可能被改动过')
})

it('says which sums do not fit', () => {
  const checks: AnnexCheck[] = [{ row: '合计', message_zh: '本期：合计 未整改＋已整改 8 ≠ 发现 9', message_en: 'x' }]
  const shown = mount(Checks, { props: { checks }, global })
  expect(shown.text()).toContain('1 项不平衡')
  expect(shown.get('li').text()).toBe(checks[0]!.message_zh)
})

it('marks exempted cases, opens them, and says of a closed period without records nothing about demo data', async () => {
  const row = (key: string, exempted: number): IndicatorRow => ({
    key, label: key, counts: { exempted, handled: 3, to_handle: 4 }, queries: { exempted: '/api/v1/cases?facts=exempted', handled: '/api/v1/cases?facts=handled', to_handle: '/api/v1/cases?facts=dispatched' },
    indicators: { handle: { numerator: 3, denominator: 4, percent: 75 } }, score: { items: { handle: 22.5 }, total: 75, judged: 30, rank: 1 },
  })
  const handle: Definition = { key: 'handle', zh: '处置率', en: 'Handled', formula: '处置数 ÷ 应处置数', lacks: null, lacks_en: null, of_covers: false, target: 80, counts: { numerator: 'handled', numerator_zh: '处置数', numerator_en: 'handled', denominator: 'to_handle', denominator_zh: '应处置数', denominator_en: 'cases to handle' } }
  const census: Definition = { ...handle, key: 'census', zh: '普查完成率', lacks: '没有应普查数', counts: null, of_covers: true, target: null }
  const report = { rows: [row('unit:a', 0)], total: row('total', 2), indicators: [handle, census], include_demo: false, uid: 'x', score: { pack: { version: 1, source: 's' }, items: [{ key: 'handle', name: '日常处置率', name_en: 'Handled', weight: 30, indicator: 'handle', scoring: 'share' }] } } as unknown as Indicators
  await router.push('/indicators')
  const shown = mount(IndicatorsView, { props: { report }, global })
  expect(shown.get('.notice').get('a').attributes('href')).toBe('/cases?facts=exempted')
  expect(shown.text()).toContain('可评权重 30')
  expect(shown.get('.tag.hazard').text()).toBe('目标 80%')
  expect(shown.findAll('tr').find((r) => r.text().startsWith('普查完成率'))!.text()).toContain('没有应普查数')
  // Of the unit nothing is exempted.
  await router.push('/indicators?row=unit:a')
  expect(shown.find('.notice').exists()).toBe(false)
  const empty = mount(IndicatorsView, { props: { report: { ...report, rows: [] } }, global })
  expect(empty.text()).not.toContain('演示')
})
