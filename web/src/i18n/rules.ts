// Words of rule packs, the calendar and the outbox.
export const rules = {
  title: ['规则包', 'Rule packs'],
  kind: ['种类', 'Kind'], pack: ['规则包', 'Pack'], versions: ['版本', 'Versions'], inForce: ['现行', 'In force'],
  back: ['← 全部规则', '← All rules'],
  nth: ['第 {n} 版', 'Version {n}'], from: ['{day} 起', 'from {day}'],
  source: ['依据', 'Source'], sourceHint: ['文号或会议纪要', 'Number of a document'], note: ['说明', 'Note'], day: ['生效日期', 'In force from'],
  against: ['与另一版对比', 'Compare with'], differs: ['{n} 处不同', '{n} differences'], same: ['两版内容相同', 'Both versions are equal'], where: ['位置', 'Place'], absent: ['没有', 'Absent'],
  content: ['内容', 'Content'], edit: ['修改', 'Edit'], text: ['内容（JSON）', 'Content (JSON)'],
  editLead: ['保存后成为第 {n} 版，原来各版不变。', 'This becomes version {n}; the versions before stay as they are.'],
  notJson: ['不是完整的 JSON：{why}', 'Not complete JSON: {why}'],
  keep: ['存为新版本', 'Keep as a new version'], kept: ['已存为第 {n} 版', 'Kept as version {n}'],
  current: ['别人刚存的第 {n} 版', 'Version {n}, kept by somebody meanwhile'], takeTheirs: ['改用这一版的内容', 'Go on with its content'], keepMine: ['保留我的内容，放在第 {n} 版之上', 'Keep mine, on top of version {n}'],
  hazards: ['隐患目录', 'Hazards'], levels: ['各等级时限', 'Limits by level'], ladder: ['提醒阶梯', 'Ladder'],
  rung: ['时限用到这里时告知{to}', 'of the limit: tell {to}'],
  to: { handler: ['承办单位', 'the handling unit'], supervisor: ['主管和属地单位', 'the supervising unit'], leader: ['领导小组办公室', 'the leading group'], public: ['超期公示名单', 'the public list'] },
  stage: { dispatch: ['派遣', 'Dispatch'], check: ['核查', 'Check'], close: ['结案', 'Closing'], total: ['总时限', 'Total'] },
  byPlan: ['按计划', 'By plan'],
  limit: ['{n} {unit}', '{n} {unit}'],
  unit: { urgent_hour: ['紧急工作时', 'urgent hours'], work_hour: ['工作时', 'working hours'], work_day: ['工作日', 'working days'], natural_day: ['自然日', 'days'] },
  key: {
    code: ['代码', 'Code'], name: ['名称', 'Name'], name_en: ['英文名称', 'English name'], level: ['等级', 'Level'], warn: ['警示时限', 'Warning limit'], restore: ['处置时限', 'Handling limit'], standard: ['立案标准', 'Filing standard'], closing: ['结案条件', 'Closing condition'],
    date: ['日期', 'Date'], off: ['放假', 'Days off'], working: ['调休上班', 'Working days'], words: ['说法', 'Words'], basis: ['依据', 'Basis'], place: ['设置位置', 'Place'], points: ['分值', 'Points'], segments: ['分段', 'Segments'], width: ['位数', 'Width'], key: ['键', 'Key'],
    damage_case_cm2: ['破损面积立案标准（cm²）', 'Damage that makes a case (cm²)'], height_case_mm: ['高差立案标准（mm）', 'Height that makes a case (mm)'], height_accept_mm: ['高差验收标准（mm）', 'Height accepted (mm)'], blocked_case_share: ['堵塞立案比例', 'Blocked share that makes a case'],
    trusted: ['免核实来源', 'Sources that need no check'], handle_by_plan: ['按计划整改的处置时限', 'Handling limit of planned work'], near_m: ['重复上报距离（m）', 'Duplicate within (m)'], near_days: ['重复上报天数', 'Duplicate within (days)'], photo_near_m: ['照片位置偏差（m）', 'Photo within (m)'],
    extensions_max: ['最多延期次数', 'Extensions at most'], suspensions_max: ['最多挂账次数', 'Suspensions at most'], suspension_days_max: ['挂账最多天数', 'Suspended at most (days)'], quiet_from: ['免打扰开始', 'Quiet from'], quiet_to: ['免打扰结束', 'Quiet until'],
    entries: ['已导入的标准', 'Rows taken in'], wordings: ['已知的立案条件说法', 'Known wordings of conditions'], class: ['小类', 'Small class'], kind: ['井盖类型', 'Kind of cover'], condition: ['立案条件', 'Filing condition'], hazards: ['隐患代码', 'Hazard codes'], limit: ['处置时限', 'Limit'], limit_text: ['时限原文', 'Limit as written'], text: ['说法（# 为数字）', 'Words (# is a number)'], measure: ['量', 'Measure'], scale: ['换算倍数', 'Times'],
    age: ['超年限', 'Over age'], years_over: ['超出年数', 'Years over'], outdated: ['材质落后', 'Outdated material'], load_class: ['承载等级不足', 'Load class short'], classes_short: ['低的级数', 'Classes short'], history: ['隐患历史', 'Hazard history'], history_years: ['隐患历史年数', 'Years of history'], history_codes: ['计入的隐患', 'Hazards counted'], count: ['次数', 'Count'], places: ['设置位置', 'Places'], crowded: ['人员密集', 'Crowded'],
  },
} as const

export const calendar = {
  title: ['工作日历', 'Calendar'], year: ['年份', 'Year'], yearOpen: ['{year}（未公布）', '{year} (not published)'],
  edit: ['修改', 'Edit'], enter: ['录入这一年', 'Enter this year'],
  open: ['{year} 年的放假安排尚未录入：按周一至周五为工作日计算，期限均为暂定。', 'The days off of {year} are not entered: Monday to Friday count as working days, and every deadline is provisional.'],
  off: ['放假', 'Day off'], working: ['调休上班', 'Make-up working day'], short: { off: ['休', 'off'], working: ['班', 'work'] },
  days: ['{n} 天', '{n} days'], month: ['{n} 月', 'Month {n}'],
  day: { d1: ['一', 'Mo'], d2: ['二', 'Tu'], d3: ['三', 'We'], d4: ['四', 'Th'], d5: ['五', 'Fr'], d6: ['六', 'Sa'], d7: ['日', 'Su'] },
  lead: ['点一下日期：放假；周末再点一下：调休上班；再点一下：恢复平常。', 'Press a day: off; a day of the weekend once more: working; once more: as usual.'],
  name: ['新标记日期的节日名称', 'Holiday of the days marked next'], unnamed: ['放假', 'Day off'],
  import: ['粘贴公布的数据', 'Paste published data'], paste: ['公布的数据（JSON）', 'Published data (JSON)'], pasteHint: ['含 holidays 和 workdays 两部分，每天一项', 'With holidays and workdays, one entry per day'], take: ['读入', 'Read it'],
  taken: ['已读入：放假 {off} 天，调休上班 {working} 天，请核对后保存', 'Read: {off} days off, {working} working days. Check them and keep'],
  notPublished: ['没有读到 {year} 年的日期：须含 holidays 和 workdays，日期写作 2027-01-01', 'No days of {year} in it: holidays and workdays are needed, with days such as 2027-01-01'],
  theirs: ['放弃我的修改，查看最新版', 'Drop mine and look at the newest'],
} as const

export const outbox = {
  title: ['外发消息', 'Outgoing messages'], filter: ['按状态', 'By state'], none: ['没有符合的消息', 'No message matches'],
  made: ['生成', 'Made'], what: ['内容', 'Message'], attempts: ['尝试次数', 'Attempts'], error: ['未送达原因', 'Why it did not arrive'], again: ['再发一次', 'Send again'], queued: ['已重新排队', 'Queued again'], next: ['{at} 再试', 'Next at {at}'],
  state: { label: ['状态', 'State'], waiting: ['待发送', 'Waiting'], sent: ['已送达', 'Sent'], failed: ['未送达', 'Failed'] },
  channel: { label: ['方式', 'Channel'], webhook: ['对接接口', 'Webhook'], sms: ['短信', 'SMS'], email: ['邮件', 'E-mail'] },
} as const
