// A filter in words, as its chips and its printed list say it.
import { useI18n } from 'vue-i18n'
import { useAreas, useUnits } from '../directory'
import { name as nameOf } from '../i18n'
import { chips, type Filter, listed, parameter, type Parameter } from './filter'

export function useFilterWords() {
  const { t } = useI18n()
  const units = useUnits(), areas = useAreas()
  function one(p: Parameter, code: string): string {
    if (code === 'none') return t(p.sort === 'unit' ? 'word.nobody' : 'word.none')
    const bare = code.replace(/^=/, '')
    if (p.sort === 'state') return t(`status.${code}`)
    if (p.of) return nameOf(p.of, code)
    if (p.sort === 'unit') return units.value?.find((u) => u.code === bare)?.name ?? bare
    if (p.sort === 'area') return areas.value?.find((a) => a.code === bare)?.name ?? bare
    return code
  }
  /** The value of one condition. */
  function words(filter: Filter, name: string): string {
    const p = parameter(name), value = filter[name] ?? ''
    if (!p) return value
    if (p.sort === 'flag') return t(value === 'true' ? 'word.yes' : 'word.no')
    if (name === 'road' && value === '') return t('covers.noRoad')
    if (name === 'near') return t('covers.metres', { n: value.split(',')[2] ?? '' })
    if (name === 'bbox') return t('covers.inBox')
    if (p.sort === 'text' || p.sort === 'date') return value
    return listed(value).map((c) => one(p, c)).join('、')
  }
  /** The whole filter. */
  const sentence = (filter: Filter): string => [...(filter.q ? [`${t('covers.filter.q')} ${filter.q}`] : []), ...chips(filter).map((c) => `${t(`covers.filter.${c}`)} ${words(filter, c)}`)].join('；')
  return { words, sentence }
}
