// Words of reports about a period: 附件2, the indicators, the ranking, and of the lists behind their figures.
export const period = {
  reports: ['报表', 'Reports'],
  tab: { annex: ['附件1 普查统计', 'Annex 1: census'], annex2: ['附件2 专项整治', 'Annex 2: treatment'], indicators: ['评价指标', 'Indicators'], ranking: ['排名', 'Ranking'] },
  of: { annex2: ['附件2 专项整治情况统计表', 'Annex 2: treatment of covers'], indicators: ['评价指标', 'Indicators'], ranking: ['单位和街镇排名', 'Ranking of units and streets'] },
  lead: {
    annex2: ['每个数字都能点开看是哪些记录；本期与累计分开。存档以后可以手工填报、下载、核对和结账。', 'Every figure opens its records; the period and everything so far stand apart. A kept report can be filled in, downloaded, compared and closed.'],
    indicators: ['每项指标都写明算式，分子、分母都能点开。存档以后可以下载、核对和结账。', 'Every indicator shows its formula, and both sides open their records. A kept report can be downloaded, compared and closed.'],
  },
  title: ['报告期', 'Period'], sort: ['报告期', 'Period'], which: ['哪一期', 'Which'], sorts: { month: ['月', 'Month'], quarter: ['季', 'Quarter'], year: ['年', 'Year'], custom: ['自定起止', 'Chosen days'] },
  month: ['{y} 年 {m} 月', '{y}-{m}'], quarter: ['{y} 年第 {q} 季度', '{y} Q{q}'], year: ['{y} 年', '{y}'], days: ['起止（含止日）', 'First and last day'], first: ['起日', 'First day'], last: ['止日', 'Last day'],
  by: { unit: ['责任单位', 'Responsible unit'], street: ['街镇', 'Street or town'], community: ['社区', 'Community'], kind: ['井盖类型', 'Kind'], district: ['区', 'District'] },
  area: ['区域', 'Area'], whole: ['全区', 'Whole district'],
  span: ['口径', 'Span'], spans: { period: ['本期', 'This period'], cumulative: ['累计', 'Cumulative'] },
  spanHint: { period: ['只计报告期内发现、受理的，按期末的状态', 'Only what was found or received within the period, as it stood at its end'], cumulative: ['自有记录起到期末', 'From the first record to the end of the period'] },
  notOver: ['报告期尚未结束，数字截至 {at}', 'The period is not over; figures up to {at}'],
  keep: ['存档', 'Keep'], keptNow: ['已存档', 'Kept'], keptHint: ['选好报告期和分组，点“存档”', 'Choose a period and a grouping, then keep it'], live: ['看现在的数', 'As of now'], download: ['下载 {f}', 'Download {f}'],
  state: ['结账', 'Closing'], open: ['未结账', 'Open'], closed: ['已结账', 'Closed'], close: ['结账', 'Close the period'],
  closeHint: ['每种报表每期只能结账一次，须是全区、不含演示数据、期末以后生成的报表。结账以后不能再填报，记录以后的变动只在核对时列出。', 'A period is closed once for each kind of report, by a report of the whole district, without demo data, drawn after its end. Nothing can be filled in afterwards; later changes of the records show when it is compared.'],
  closedBy: ['本期已由 {who} 于 {at} 结账，不能再改。结账摘要：', 'The period was closed by {who}, {at}; nothing changes any more. Digest of the closing:'],
  differsClosed: ['结账以后记录有变动，{n} 个数字与结账时不同；结账的报表不变：', 'The records changed after the closing: {n} figures differ. The closed report stays as it is:'],
  empty: ['这个范围内没有可统计的记录', 'There is nothing to count here'], emptyDemo: ['演示数据默认不计入；要看可勾选“包含演示数据”。', 'Demo data does not count unless asked for: tick “Include demo data”.'],
  chart: ['发现的问题与其中未整改的', 'Problems found, and those still open'], found: ['发现', 'Found'], fixed: ['已整改', 'Fixed'], left: ['未整改', 'Still open'],
  fill: ['手工填报', 'Fill in'], fillOf: ['填报 {row} {column}：{n}', 'Fill in {row} {column}: {n}'], fillHint: ['资金、执法等栏没有记录可取，点单元格手工填写；空白就是没填，不是 0。', 'No record gives money, enforcement and the like: click a cell to fill it in. Blank means not filled in, not 0.'], fillLater: ['资金、执法等栏存档以后手工填写。', 'Money, enforcement and the like are filled in once the report is kept.'], fillClosed: ['已结账，不能再填报。', 'Closed: nothing can be filled in any more.'],
  fillAs: { integer: ['不小于 0 的整数；清空即为没填', 'A whole number, 0 or more; empty it to take it back'], decimal: ['不小于 0、至多两位小数；清空即为没填', '0 or more, at most two decimals; empty it to take it back'], text: ['1–500 字；清空即为没填', '1 to 500 characters; empty it to take it back'] },
  filled: ['手工填报的内容', 'Filled in by hand'], filledBy: ['上次由 {who} 于 {at} 填写', 'Last filled in by {who}, {at}'], value: ['内容', 'Value'], who: ['填报人', 'By'], when: ['时间', 'When'],
  hazards: {
    title: ['隐患', 'Hazards'], count: ['共 {n} 条', '{n} hazards'], empty: ['没有符合条件的隐患', 'No hazard matches'],
    state: { open: ['未销号', 'Open'], treated: ['待核查', 'To be checked'], closed: ['已销号', 'Closed'], withdrawn: ['已撤销', 'Withdrawn'] },
    column: { level: ['等级', 'Level'], hazard: ['隐患', 'Hazard'], state: ['状态', 'State'], road: ['位置', 'Where'], unit: ['整改单位', 'Unit'], found: ['发现', 'Found'], planned: ['计划期限', 'Planned by'], treatment: ['处置措施', 'Treatment'], closed: ['销号', 'Closed'] },
  },
  figure: {
    title: ['报表数字背后的记录：', 'The records behind a figure:'], clear: ['取消条件', 'Clear'], start: ['有记录', 'the first record'],
    filed: ['立案 {from} 至 {to}', 'filed {from} to {to}'], received: ['受理 {from} 至 {to}', 'received {from} to {to}'], found: ['发现 {from} 至 {to}', 'found {from} to {to}'], closed: ['办结 {from} 至 {to}', 'closed {from} to {to}'],
    at: ['按 {at} 的状态', 'as of {at}'], not: ['不是“{what}”', 'not “{what}”'], areas: ['{n} 个区域', '{n} areas'], demo_true: ['只看演示数据', 'demo data only'], demo_false: ['不含演示数据', 'without demo data'],
  },
  fact: {
    cancelled: ['已撤销', 'cancelled'], closed: ['已结案', 'closed'], ended: ['已结案或已撤销', 'closed or cancelled'], dispatched: ['已派遣，未撤销', 'dispatched, not cancelled'], handled: ['已处置', 'handled'], to_check: ['已转入核查', 'to be checked'], checked: ['已核查', 'checked'], returned: ['曾被退回', 'returned'], reworked: ['曾返工', 'reworked'], extended: ['曾获延期', 'extended'], exempted: ['超时申诉获准', 'exempted by appeal'],
    late_dispatch: ['派遣超时', 'dispatched late'], late_handle: ['处置超时', 'handled late'], late_check: ['核查超时', 'checked late'], late_close: ['结案超期', 'closed late'],
    open: ['未销号', 'not cleared'], fixed: ['已整改销号', 'fixed and cleared'], withdrawn: ['已撤销', 'withdrawn'], planned: ['有计划完成时限', 'with a planned date'], in_plan: ['已列入计划', 'in a plan'],
    effective: ['有效：已立案或并案', 'filed or merged'], upheld: ['有效，且案卷未撤销', 'upheld'], unclosed: ['有效，且案卷未办结', 'case still open'], concluded: ['办结', 'concluded'],
  },
  found_as: { damaged: ['破损', 'damaged'], sunk: ['下沉', 'sunken'], loose: ['松动', 'loose'], missing: ['缺失', 'missing'], abandoned: ['废弃', 'abandoned'], other: ['其他问题', 'other'], renewal: ['应更新改造', 'to be renewed'] },
  fixed_by: { repaired: ['维修加固', 'repaired'], refitted: ['补装', 'refitted'], replaced: ['更换', 'replaced'], guarded: ['加装防坠装置', 'fall guard fitted'], filled: ['填埋', 'filled in'], other: ['其他措施', 'other measures'] },
} as const

export const indicators = {
  whose: ['看谁的', 'Of whom'], score: ['得分', 'Score'], outOf: ['满分 100', 'of 100'], nothing: ['报告期内没有可评的案卷', 'There was nothing to judge'], scaled: ['可评权重 {n}，其余项折算为 100 分', 'judged on {n} of 100 points, scaled up'],
  item: ['评分项', 'Item'], scoring: ['计分', 'Scoring'], scorings: { share: ['指标 × 权重', 'indicator × weight'], complement: ['（1－指标）× 权重', '(1 − indicator) × weight'] }, part: ['分子', 'Numerator'], whole: ['分母', 'Denominator'], weight: ['权重', 'Weight'], points: ['得分', 'Points'], unjudged: ['没有可评对象', 'nothing to judge'],
  method: ['评分办法第 {v} 版：{source}', 'Score version {v}: {source}'],
  exempted: ['超时申诉获准的案卷，超时类指标两边都不计，案卷上的时限记录不变：', 'Cases exempted by a granted appeal count on neither side of the timeout indicators; their clocks stay as they were:'], exemptedName: ['豁免数', 'Exempted'],
  compare: ['横向比较', 'Side by side'], which: ['比较哪一项', 'Which indicator'], rank: ['名次', 'Rank'],
  cases: ['案卷', 'Cases'], covers: ['井盖和隐患', 'Covers and hazards'], ofCases: ['案卷指标：{row}', 'Indicators of cases: {row}'], ofCovers: ['井盖和隐患指标：{row}', 'Indicators of covers and hazards: {row}'], target: ['目标 {n}%', 'target {n}%'], name: ['指标', 'Indicator'], formula: ['算式', 'Formula'], value: ['值', 'Value'], lacking: ['没有可取的记录，不计算', 'No record gives it; not computed'],
  foot: ['按 {n} 行统计；上报按受理日期、案卷按立案日期、隐患按发现日期归入报告期，井盖按期末的台账；“—”表示分母为 0。', '{n} rows. Findings belong to the period in which they were received, cases in which they were filed, hazards in which they were found; covers as the registry stood at its end. “—” means that the denominator is 0.'],
} as const

export const ranking = {
  lead: ['按报告期内的得分排名；同分同名次。点名称看各项指标和案卷。', 'By the score of the period; equal scores share a place. A name opens its indicators and cases.'],
  of: ['排名：{by}', 'Ranking: {by}'], of100: ['满 {n} 分', 'of {n}'], nobody: ['没有单位或街镇负责，不排名', 'Nobody answers for it: not ranked'], nothing: ['没有可评的案卷，不排名：', 'Nothing to judge, not ranked: '],
} as const
