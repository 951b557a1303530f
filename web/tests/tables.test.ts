import { expect, it } from 'vitest'
import { rows } from '../src/admin/tree'
import { heads, queryOf } from '../src/annex/table'
import type { AnnexColumn, AnnexRow } from '../src/api/reports'
import type { Preview } from '../src/api/imports'
import { chosen, SHOWN } from '../src/covers/columns'
import { parsed } from '../src/covers/views'
import { edited, lines, tidy } from '../src/import/mapping'

const column = (key: string, group: string | null = null): AnnexColumn => ({ key, zh: key, en: key, group_zh: group, group_en: group, type: 'integer' })

it('merges the headers of annex 1', () => {
  const [upper, lower] = heads([column('seq'), column('a', '类型'), column('b', '类型'), column('c', '状况'), column('d', '类型')])
  expect(upper.map((h) => [h.key, h.columns, h.rows])).toEqual([['seq', 1, 2], ['group:类型', 2, 1], ['group:状况', 1, 1], ['group:类型', 1, 1]])
  expect(lower.map((h) => h.key)).toEqual(['a', 'b', 'c', 'd'])
  expect(heads([column('a')])[0][0]?.rows).toBe(1)
})

it('finds the covers behind a figure, also when column and figure have different names', () => {
  const row = { key: 'r', label: 'r', queries: { kind_water: '/w', by_kind_storm: '/s', total: '/t', kind_gas: null } } as unknown as AnnexRow
  expect(queryOf(row, 'by_kind_water')).toBe('/w')
  expect(queryOf(row, 'by_kind_storm')).toBe('/s')
  expect(queryOf(row, 'total')).toBe('/t')
  expect(queryOf(row, 'by_kind_gas')).toBeUndefined()
})

it('opens a tree to what is looked for and keeps orphans in sight', () => {
  const items = [{ code: '1', name: '江北区' }, { code: '11', name: '华新街', parent: '1' }, { code: '111', name: '桥北社区', parent: '11' }, { code: '9', name: '别处', parent: 'gone' }]
  expect(rows(items, new Set()).map((r) => r.item.code)).toEqual(['1', '9'])
  expect(rows(items, new Set(['1'])).map((r) => [r.item.code, r.depth])).toEqual([['1', 0], ['11', 1], ['9', 0]])
  expect(rows(items, new Set(), '桥北').map((r) => r.item.code)).toEqual(['1', '11', '111'])
})

it('takes nothing for a view that is none', () => {
  expect(parsed(null)).toEqual([])
  expect(parsed('{')).toEqual([])
  expect(parsed('[{"name":"a"},{"name":"b","query":"kind=gas","columns":["code"]}]')).toEqual([{ name: 'b', query: 'kind=gas', columns: ['code'] }])
  expect(chosen(['code', 'of an older version']).map((c) => c.key)).toEqual(['code'])
  expect(chosen(SHOWN)).toHaveLength(SHOWN.length)
})

it('shows the mapping with its reasons, and remembers what was taken away', () => {
  const preview = { mapping: [{ target: 'code', name: '编号', column: '编码', certainty: 'likely', reason: '列名' }], mapping_used: { columns: { kind: ['类型'], code: ['编码'] } } } as unknown as Preview
  expect(lines(preview)).toEqual([{ target: 'code', columns: ['编码'], reason: '列名', certainty: 'likely' }, { target: 'kind', columns: ['类型'], reason: '', certainty: '' }])
  expect(edited(edited(undefined, 'code', []), 'kind', ['a'])).toEqual({ columns: { code: [], kind: ['a'] } })
  expect(tidy({ file: 'f', what: 'covers', crs: '', unit: undefined })).toEqual({ file: 'f', what: 'covers' })
})
