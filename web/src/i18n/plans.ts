// Words of rectification plans and the renewal of covers.
export const plans = {
  title: ['整改计划', 'Plans'], count: ['共 {n} 个', '{n} plans'], none: ['没有符合条件的计划', 'No plan matches'], noneHint: ['换一个条件，或新建计划', 'Change the filter, or make a plan'], back: ['← 全部计划', '← All plans'],
  new: ['新建整改计划', 'New plan'], create: ['存为草稿（{n} 项）', 'Keep as a draft ({n})'], renewal: ['更新改造', 'Renewal'],
  kind: { label: ['计划类型', 'Kind'], rectification: ['限期整改计划', 'Rectification plan'], renewal: ['更新改造计划', 'Renewal plan'] },
  state: { label: ['状态', 'State'], draft: ['草稿', 'Draft'], submitted: ['待审批', 'Submitted'], approved: ['实施中', 'Under way'], done: ['已完成', 'Done'], withdrawn: ['已撤回', 'Withdrawn'] },
  move: { submit: ['报批', 'Submit'], approve: ['批准', 'Approve'], return: ['退回修改', 'Return'], withdraw: ['撤回', 'Withdraw'] },
  field: { title: ['名称', 'Title'], person: ['责任人', 'Person in charge'], phone: ['联系电话', 'Telephone'], starts_on: ['开始', 'Begins'], due_on: ['完成期限', 'Due'], money: ['资金（元）', 'Money (yuan)'], unit: ['制定单位', 'Unit'], note: ['备注', 'Note'] },
  ownUnit: ['本单位', 'My own'], moneyHint: ['金额写作 12000 或 12000.50', 'An amount such as 12000 or 12000.50'], dates: ['起止', 'Dates'], itemsMoney: ['其中各项合计 {n}', 'items add up to {n}'], approved: ['批准', 'Approved'],
  progress: ['进度', 'Progress'], doneOf: ['完成 {done}/{all}', '{done} of {all} done'], treatedOf: ['待核查 {n}', '{n} to be checked'], overdueOf: ['逾期 {n}', '{n} overdue'], overdue: ['有逾期', 'Overdue'], next: ['最近到期 {day}', 'next on {day}'],
  problems: ['问题清单', 'Problems'], derived: ['台账查出', 'Found in the registry'], openHazards: ['未立案隐患', 'Open hazards without a case'], picked: ['已选 {n} 项', '{n} chosen'], noProblems: ['没有可选的问题', 'No problem to choose'], all: ['全选', 'All'],
  hazard: ['隐患', 'Hazard'], level: ['等级', 'Level'], where: ['位置', 'Where'], why: ['依据', 'Why'], well: ['查看井', 'Open the well'],
  items: ['计划内容', 'What is in it'], noItems: ['还没有内容', 'Nothing in it yet'], addItems: ['从问题清单添加', 'Add from the problems'], addPicked: ['添加 {n} 项', 'Add {n}'], planned: ['整改期限', 'To be cleared by'], editItem: ['修改', 'Edit'], remove: ['移出', 'Take out'],
  itemState: { closed: ['已销号', 'Closed'], treated: ['待核查', 'To be checked'], late: ['已逾期', 'Overdue'], open: ['待整改', 'To be done'] },
  treat: ['已整改', 'Treated'], check: ['核查', 'Check'], checkResult: ['核查结论', 'Result'], pass: ['合格，销号', 'Cleared: close it'], redo: ['不合格，退回重做', 'Not cleared: do it again'], missing: ['还缺', 'Still missing'],
  extensions: ['延期申请', 'Requests for more time'], until: ['延至 {day}', 'until {day}'], covers: ['更换的井盖', 'Covers to be replaced'], yearOf: ['{year} 年：{n} 个，已换 {done}，{money} 元', '{year}: {n} covers, {done} done, {money} yuan'],
} as const

export const renewal = {
  title: ['更新改造', 'Renewal'], count: ['共 {n} 个待更换，按评分规则第 {v} 版', '{n} candidates by version {v} of the score'], candidates: ['更换次序', 'Which first'], none: ['没有需要更换的井盖', 'No cover has a cause to be replaced'],
  area: ['全部区域', 'All areas'], planned: ['已列入计划', 'In a plan'], notPlanned: ['未列入计划', 'In no plan'],
  score: ['评分', 'Score'], parts: ['评分由来', 'What it is made of'], cover: ['井盖', 'Cover'], kind: ['类型', 'Kind'], year: ['年份', 'Year'], done: ['已更换', 'Replaced'], todo: ['待更换', 'To be replaced'],
  budget: ['按年度资金测算', 'What a budget would replace'], perYear: ['每年资金（元）', 'Money of each year (yuan)'], cost: ['每个井盖更换费用（元）', 'Cost of one cover (yuan)'], years: ['年数', 'Years'], look: ['测算', 'Work it out'],
  before: ['现在 {n} 个待更换，评分合计 {score}', '{n} candidates now, their scores add up to {score}'], replaced: ['更换', 'Replaced'], spent: ['用去（元）', 'Spent (yuan)'], remaining: ['剩余个数', 'Left'], remainingScore: ['剩余评分合计', 'Scores left'],
  makePlan: ['据此编制计划', 'Make a plan of it'], create: ['存为计划草稿', 'Keep as a draft'],
} as const
